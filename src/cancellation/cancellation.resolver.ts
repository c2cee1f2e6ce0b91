import { Args, Context, ID, Int, Mutation, Parent, Query, ResolveField, Resolver } from '@nestjs/graphql';
import type { DataSource } from 'typeorm';
import { InjectDataSource } from '../database/inject.js';
import { BehindOurDoor } from '../door/door.guard.js';
import { ARGS_OF_PAGE, type PageArgs, readPage } from '../graphql/connection.js';
import { listOf } from '../graphql/list-of.js';
import type { GraphqlContext } from '../graphql/context.js';
import { Operators } from '../door/access.decorator.js';
import { Owners } from '../door/owners.js';
import { RateLimit } from '../door/rate-limit.decorator.js';
import { RequestLoader } from '../graphql/request-loader.js';
import { CurrentViewer, type Viewer } from '../door/viewer.decorator.js';
import { PointTransactionModel } from '../point-transaction/point-transaction.model.js';
import { findByReferences } from '../point-transaction/transactions.js';
import {
  CancellationModel,
  CancellationConnection,
  GiveBack,
  GiveBackConnection,
  RefundAccountInput,
  QuotedRefund,
  RefundAccountModel,
  RefundBank,
  RefundQuote,
} from './cancellation.model.js';
import { type CancellationOfPayment, CancellationService } from './cancellation.service.js';

/** More than a payment company has. */
const REFUND_BANKS_MAX = 50;
const CANCELLATION_ID = /^[0-9A-Z]{26}$/;
const OF_WHOM = {
  type: () => ID,
  nullable: true,
  description: 'For operators: whose. Left out: the caller’s own.',
} as const;

/** Names the CANCEL row of a cancellation that is DONE. */
interface Posted {
  reference: string;
}

@BehindOurDoor()
@Resolver(() => CancellationModel)
export class CancellationResolver {
  private readonly cancels = new RequestLoader<Posted, Posted & { transaction: PointTransactionModel }>(
    ({ reference }) => reference,
    async (posted) => {
      const references = posted.map(({ reference }) => reference);
      const rows = await findByReferences(this.dataSource.manager, references);
      return rows.map(({ entry, payment }) => ({
        reference: entry.reference,
        transaction: PointTransactionModel.of(entry, payment),
      }));
    },
  );

  constructor(
    private readonly service: CancellationService,
    private readonly owners: Owners,
    @InjectDataSource() private readonly dataSource: DataSource,
  ) {}

  @RateLimit({ perUser: 30 })
  @Mutation(() => CancellationModel, {
    description:
      'Cancels a payment of the caller, wholly or in part; the points go and the money goes back. PENDING is no error: the payment ' +
      'company has not answered yet, the points are held, and it ends by itself (ask `cancellations`). Operators do it for another ' +
      'owner by `ownerId`, with a `reason`: the same rules hold but for those that the shop makes for its shoppers, and ' +
      '`actor` says who it was. Refused with FORBIDDEN, BAD_USER_INPUT, ' +
      'PAYMENT_NOT_FOUND, CANCEL_AMOUNT_EXCEEDED, INSUFFICIENT_POINT, CANCEL_IN_PROGRESS, IDEMPOTENCY_KEY_REUSED, ' +
      'CANCEL_BY_SHOP_ONLY, CANCEL_NOT_POSSIBLE, REFUND_QUOTE_CHANGED or CANCEL_REFUSED.',
  })
  async cancelPointTransaction(
    @Args('impUid', { description: 'The payment.' }) impUid: string,
    @Args('amount', {
      type: () => Int,
      nullable: true,
      description: 'Whole won; leave it out to cancel all that is left.',
    })
    amount: number | null | undefined,
    @Args('reason', {
      type: () => String,
      nullable: true,
      description: 'At most 100 characters; the payer reads it. With another’s `ownerId` it is required.',
    })
    reason: string | null | undefined,
    @Args('idempotencyKey', {
      type: () => String,
      nullable: true,
      description:
        'At most 64 printable ASCII characters, no blank at either end. The same key with the same arguments gives the first call’s cancellation.',
    })
    idempotencyKey: string | null | undefined,
    @Args('refundAccount', {
      type: () => RefundAccountInput,
      nullable: true,
      description:
        'Where the money goes, where the payment company needs to be told (`refundQuote.refundAccount`). Elsewhere it is left aside.',
    })
    refundAccount: Readonly<RefundAccountInput> | null | undefined,
    @Args('quoted', {
      type: () => QuotedRefund,
      nullable: true,
      description:
        'What `refundQuote.plan` said and the shopper agreed to: just that is carried out, or REFUND_QUOTE_CHANGED.',
    })
    quoted: Readonly<QuotedRefund> | null | undefined,
    @Args('ownerId', OF_WHOM) named: string | null | undefined,
    @CurrentViewer() viewer: Viewer,
  ): Promise<CancellationModel> {
    const { ownerId, actor } = await this.askedFor(viewer, named);
    const cancellation = await this.service.cancel(ownerId, {
      impUid,
      actor,
      amount: amount ?? undefined,
      reason: reason?.trim() || undefined,
      idempotencyKey: idempotencyKey ?? undefined,
      refundAccount: refundAccount ?? undefined,
      quoted: quoted ?? undefined,
    });
    return this.shown(cancellation);
  }

  @Query(() => RefundQuote, {
    description:
      'What could be cancelled of a payment of the caller now, what goes for it and why, until when, and what is against it; with another’s ' +
      '`ownerId` what an operator could. Refused with FORBIDDEN, BAD_USER_INPUT or PAYMENT_NOT_FOUND.',
  })
  async refundQuote(
    @Args('impUid', { description: 'The payment.' }) impUid: string,
    @Args('amount', {
      type: () => Int,
      nullable: true,
      description:
        'Whole won of a part, whose `plan` is asked for; leave it out for the most that can go back.',
    })
    amount: number | null | undefined,
    @Args('ownerId', OF_WHOM) named: string | null | undefined,
    @CurrentViewer() viewer: Viewer,
  ): Promise<RefundQuote> {
    const { ownerId, actor } = await this.askedFor(viewer, named);
    return this.service.quote(ownerId, impUid, amount ?? undefined, actor);
  }

  @Query(() => [RefundBank], {
    complexity: listOf(REFUND_BANKS_MAX),
    description:
      'The banks to which the payment company of one of the caller’s payments refunds; none where it refunds to no bank. Refused ' +
      'with FORBIDDEN, BAD_USER_INPUT or PAYMENT_NOT_FOUND.',
  })
  async refundBanks(
    @Args('impUid', { description: 'The payment.' }) impUid: string,
    @Args('ownerId', OF_WHOM) named: string | null | undefined,
    @CurrentViewer() viewer: Viewer,
  ): Promise<RefundBank[]> {
    const { ownerId } = await this.askedFor(viewer, named);
    return (await this.service.refundBanks(ownerId, impUid)).slice(0, REFUND_BANKS_MAX);
  }

  @Operators()
  @Query(() => RefundAccountModel, {
    nullable: true,
    description:
      'For operators: the account of a cancellation; null where none was named or it is deleted already. Refused with FORBIDDEN.',
  })
  async refundAccount(
    @Args('cancellationId', { type: () => ID, description: '`id` of a cancellation.' })
    cancellationId: string,
  ): Promise<RefundAccountModel | null> {
    if (!CANCELLATION_ID.test(cancellationId)) return null;
    return (await this.service.refundAccountOf(cancellationId)) ?? null;
  }

  @Query(() => CancellationConnection, {
    description:
      'The cancellations of the caller, or for operators those of `ownerId`, newest first. Refused with FORBIDDEN or BAD_USER_INPUT.',
  })
  async cancellations(
    @Args(ARGS_OF_PAGE) page: Readonly<PageArgs>,
    @Args('ownerId', OF_WHOM) named: string | null | undefined,
    @CurrentViewer() viewer: Viewer,
  ): Promise<CancellationConnection> {
    const { ownerId } = await this.askedFor(viewer, named);
    const read = async (count: number, before: string | undefined) =>
      (await this.service.page(ownerId, count, before)).map((row) => this.shown(row));
    return readPage(page, CANCELLATION_ID, read, ({ id }) => id);
  }

  @Operators()
  @Query(() => GiveBackConnection, {
    description:
      'For operators: money that could not be credited and went or goes back, newest first. Refused with FORBIDDEN.',
  })
  async giveBacks(@Args(ARGS_OF_PAGE) page: Readonly<PageArgs>): Promise<GiveBackConnection> {
    const read = async (count: number, before: string | undefined) =>
      (await this.service.giveBacks(count, before)).map((row) => GiveBack.of(row));
    return readPage(page, CANCELLATION_ID, read, ({ id }) => id);
  }

  /**
   * Whose payment is meant, and who asks in their place: an operator of another's. Of their own payments operators are shoppers.
   *
   * @throws {Forbidden}
   */
  private async askedFor(
    viewer: Viewer,
    named: string | null | undefined,
  ): Promise<{ ownerId: string; actor: string | undefined }> {
    const ownerId = await this.owners.ownerFor({ viewer }, named);
    return { ownerId, actor: ownerId === viewer.ownerId ? undefined : viewer.ownerId };
  }

  private shown(row: CancellationOfPayment): CancellationModel {
    return CancellationModel.of(row, this.service.reasonOfRefusal(row));
  }

  @ResolveField(() => PointTransactionModel, {
    nullable: true,
    description: 'The CANCEL row, once it is DONE.',
  })
  async pointTransaction(
    @Parent() { reference, knownTransaction }: CancellationModel,
    @Context() context: GraphqlContext,
  ): Promise<PointTransactionModel | null> {
    if (knownTransaction) return knownTransaction;
    if (reference === null) return null;
    return (await this.cancels.load(context, { reference }))?.transaction ?? null;
  }
}
