import { Inject } from '@nestjs/common';
import {
  Args,
  ArgsType,
  Field,
  GraphQLISODateTime,
  ID,
  Int,
  Mutation,
  Query,
  Resolver,
} from '@nestjs/graphql';
import { SETTINGS, type Settings } from '../config/settings.js';
import { Operators, Services } from '../door/access.decorator.js';
import { BehindOurDoor } from '../door/door.guard.js';
import { OWNER_OR_CALLER, Owners } from '../door/owners.js';
import { RateLimit } from '../door/rate-limit.decorator.js';
import { type Caller, CurrentCaller } from '../door/viewer.decorator.js';
import { actorOf } from '../door/viewer.js';
import { ARGS_OF_PAGE, type PageArgs, readPage } from '../graphql/connection.js';
import { KNOWN_OWNERS, type KnownOwners } from '../point-account/known-owners.js';
import { PointTransactionModel } from '../point-transaction/point-transaction.model.js';
import { HoldService } from './hold.service.js';
import { OwnerNotFound } from './refusals.js';
import { HOLD_MAX_DAYS } from './request.js';
import { HoldConnection, HoldModel } from './spending.model.js';
import { SpendingService } from './spending.service.js';

const KEY =
  'At most 64 printable ASCII characters, no blank at either end. The same key with the same arguments gives the first call’s answer.';
const REASON = 'Why, in 1 to 100 characters. The owner reads it. No personal data.';
const HOLD_ID = /^[0-9A-Z]{26}$/;
/** A shop's server calls for all of its users. */
const FOR_A_SHOP = { perUser: 6000, perAddress: 6000 };

@ArgsType()
class PointArgs {
  @Field(() => ID, { description: 'Whose points: `id` of a user, here or of the shop’s own login.' })
  ownerId!: string;

  @Field(() => Int, { description: 'Whole points, at least 1.' })
  amount!: number;

  @Field({ description: REASON })
  reason!: string;

  @Field(() => String, {
    nullable: true,
    description: 'What for, in at most 64 characters: the number of the shop’s own order.',
  })
  reference!: string | null | undefined;

  @Field({ description: KEY })
  idempotencyKey!: string;
}

@ArgsType()
class HoldArgs extends PointArgs {
  @Field(() => GraphQLISODateTime, {
    description: `When it ends by itself: in the future, at most ${HOLD_MAX_DAYS} days from now.`,
  })
  until!: Date;
}

@BehindOurDoor()
@Resolver()
export class SpendingResolver {
  constructor(
    private readonly spending: SpendingService,
    private readonly holds: HoldService,
    private readonly owners: Owners,
    @Inject(KNOWN_OWNERS) private readonly knownOwners: KnownOwners,
    @Inject(SETTINGS) private readonly settings: Pick<Settings, 'usersMaySpend'>,
  ) {}

  @Services('spend')
  @RateLimit(FOR_A_SHOP)
  @Mutation(() => PointTransactionModel, {
    description:
      'For operators and services with the scope `spend`, and for the owner where the shop says so (USERS_MAY_SPEND): spends points of an owner, all of them or none. Refused with FORBIDDEN, BAD_USER_INPUT, INSUFFICIENT_POINT or ' +
      'IDEMPOTENCY_KEY_REUSED.',
  })
  async spendPoints(
    @Args({ type: () => PointArgs }) args: Readonly<PointArgs>,
    @CurrentCaller() caller: Caller,
  ): Promise<PointTransactionModel> {
    await this.owners.requireFor(caller, args.ownerId, this.settings.usersMaySpend);
    return PointTransactionModel.of(await this.spending.spend(requestOf(args, caller)), null);
  }

  @Operators()
  @Services('spend')
  @RateLimit(FOR_A_SHOP)
  @Mutation(() => PointTransactionModel, {
    description:
      'For operators and services with the scope `spend`: gives points of a spend back, wholly or in part, as often as something is left of it. Refused with FORBIDDEN, ' +
      'BAD_USER_INPUT, SPEND_NOT_FOUND, CANCEL_AMOUNT_EXCEEDED or IDEMPOTENCY_KEY_REUSED.',
  })
  async cancelSpend(
    @Args('spendId', { type: () => ID, description: '`id` of a SPEND.' }) spendId: string,
    @Args('amount', {
      type: () => Int,
      nullable: true,
      description: 'Whole points; leave it out to give back all that is left of the spend.',
    })
    amount: number | null | undefined,
    @Args('reason', { description: REASON }) reason: string,
    @Args('idempotencyKey', { description: KEY }) idempotencyKey: string,
    @CurrentCaller() caller: Caller,
  ): Promise<PointTransactionModel> {
    const request = { spendId, amount: amount ?? undefined, reason, idempotencyKey, actor: actorOf(caller) };
    return PointTransactionModel.of(await this.spending.cancelSpend(request), null);
  }

  @Operators()
  @Services('grant')
  @RateLimit(FOR_A_SHOP)
  @Mutation(() => PointTransactionModel, {
    description:
      'For operators and services with the scope `grant`: gives an owner points that cost nothing and never become money. Refused with FORBIDDEN, BAD_USER_INPUT, ' +
      'OWNER_NOT_FOUND, POINT_LIMIT_EXCEEDED or IDEMPOTENCY_KEY_REUSED.',
  })
  async grantPoints(
    @Args({ type: () => PointArgs }) args: Readonly<PointArgs>,
    @CurrentCaller() caller: Caller,
  ): Promise<PointTransactionModel> {
    if (!(await this.knownOwners.among([args.ownerId])).has(args.ownerId)) throw new OwnerNotFound();
    return PointTransactionModel.of(await this.spending.grant(requestOf(args, caller)), null);
  }

  @Operators()
  @Services('spend')
  @RateLimit(FOR_A_SHOP)
  @Mutation(() => HoldModel, {
    description:
      'For operators and services with the scope `spend`: keeps points of an owner for a spend that may follow, all of them or none. Refused with FORBIDDEN, ' +
      'BAD_USER_INPUT, INSUFFICIENT_POINT or IDEMPOTENCY_KEY_REUSED.',
  })
  async holdPoints(
    @Args({ type: () => HoldArgs }) args: Readonly<HoldArgs>,
    @CurrentCaller() caller: Caller,
  ): Promise<HoldModel> {
    return HoldModel.of(await this.holds.hold({ ...requestOf(args, caller), until: args.until }));
  }

  @Operators()
  @Services('spend')
  @RateLimit(FOR_A_SHOP)
  @Mutation(() => PointTransactionModel, {
    description:
      'For operators and services with the scope `spend`: spends what is held, or a part of it, and gives the rest free. Asked again with the same amount, it gives the ' +
      'same row. Refused with FORBIDDEN, BAD_USER_INPUT, HOLD_NOT_FOUND, HOLD_AMOUNT_EXCEEDED or HOLD_ENDED.',
  })
  async confirmHold(
    @Args('holdId', { type: () => ID, description: '`id` of a hold.' }) holdId: string,
    @Args('amount', {
      type: () => Int,
      nullable: true,
      description: 'Whole points, at most what is held; leave it out to spend all of it.',
    })
    amount: number | null | undefined,
  ): Promise<PointTransactionModel> {
    return PointTransactionModel.of(await this.holds.confirm(holdId, amount ?? undefined), null);
  }

  @Operators()
  @Services('spend')
  @RateLimit(FOR_A_SHOP)
  @Mutation(() => HoldModel, {
    description:
      'For operators and services with the scope `spend`: gives what is held free. Asked again, it changes nothing. Refused with FORBIDDEN, HOLD_NOT_FOUND, or HOLD_ENDED ' +
      'when it was confirmed.',
  })
  async voidHold(
    @Args('holdId', { type: () => ID, description: '`id` of a hold.' }) holdId: string,
  ): Promise<HoldModel> {
    return HoldModel.of(await this.holds.void(holdId));
  }

  @Services('read')
  @Query(() => HoldConnection, {
    description:
      'What is held of one owner at this moment, newest first: of the caller, or for operators and services with the scope `read` of ' +
      '`ownerId`. What ended is not in it. Refused with FORBIDDEN or BAD_USER_INPUT.',
  })
  async pointHolds(
    @Args(ARGS_OF_PAGE) page: Readonly<PageArgs>,
    @Args('ownerId', OWNER_OR_CALLER) named: string | null | undefined,
    @CurrentCaller() caller: Caller,
  ): Promise<HoldConnection> {
    const ownerId = await this.owners.ownerFor(caller, named);
    const read = async (count: number, before: string | undefined) =>
      (await this.holds.openOf(ownerId, count, before)).map((hold) => HoldModel.of(hold));
    return readPage(page, HOLD_ID, read, ({ id }) => id);
  }
}

function requestOf({ ownerId, amount, reason, reference, idempotencyKey }: PointArgs, caller: Caller) {
  const purpose = reference === null || reference === undefined ? {} : { reference };
  const actor = actorOf(caller);
  return { ownerId, amount, reason, ...purpose, idempotencyKey, ...(actor !== ownerId && { actor }) };
}
