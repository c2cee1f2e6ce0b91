import { Args, Int, Mutation, Query, Resolver } from '@nestjs/graphql';
import { BehindOurDoor } from '../door/door.guard.js';
import { ARGS_OF_PAGE, type PageArgs, readPage } from '../graphql/connection.js';
import { Services } from '../door/access.decorator.js';
import { OWNER_OR_CALLER, Owners } from '../door/owners.js';
import { type Caller, CurrentCaller, CurrentViewer, type Viewer } from '../door/viewer.decorator.js';
import { PointTransactionModel, PointTransactionConnection } from './point-transaction.model.js';
import { PointTransactionService } from './point-transaction.service.js';

/** A row's number in its owner's history is its place for ever, which times are not: two rows can share a millisecond. */
const SEQUENCE = /^\d{1,10}$/;

@BehindOurDoor()
@Resolver(() => PointTransactionModel)
export class PointTransactionResolver {
  constructor(
    private readonly transactions: PointTransactionService,
    private readonly owners: Owners,
  ) {}

  @Mutation(() => PointTransactionModel, {
    description:
      'Step 2 of a top-up: asks iamport what was really paid and credits it. Call it with the `imp_uid` of the payment window or of ' +
      'the redirect, as often as you like: the same payment always gives the same transaction. Refused with BAD_USER_INPUT, ' +
      'PAYMENT_NOT_FOUND, PAYMENT_NOT_PAID, PAYMENT_MISMATCH or GATEWAY_UNAVAILABLE.',
  })
  async createPointTransaction(
    @Args('impUid', { description: '`imp_uid` as the payment window or the redirect gave it.' })
    impUid: string,
    @Args('amount', {
      type: () => Int,
      nullable: true,
      description:
        'What the caller believes to have paid. It is only compared; leave it out if the window did not tell.',
    })
    amount: number | null | undefined,
    @CurrentViewer() viewer: Viewer,
  ): Promise<PointTransactionModel> {
    const { credit, payment, account } = await this.transactions.create(
      viewer.ownerId,
      impUid,
      amount ?? undefined,
    );
    return PointTransactionModel.of(credit, payment, account);
  }

  @Services('read')
  @Query(() => PointTransactionConnection, {
    description:
      'The transactions of one owner, newest first: the caller’s own, or for operators and services with the scope `read` those of `ownerId`. ' +
      'Refused with FORBIDDEN or BAD_USER_INPUT.',
  })
  async pointTransactions(
    @Args(ARGS_OF_PAGE) page: Readonly<PageArgs>,
    @Args('ownerId', OWNER_OR_CALLER) named: string | null | undefined,
    @CurrentCaller() caller: Caller,
  ): Promise<PointTransactionConnection> {
    const ownerId = await this.owners.ownerFor(caller, named);
    const read = async (count: number, before: string | undefined) => {
      const rows = await this.transactions.page(
        ownerId,
        count,
        before === undefined ? undefined : Number(before),
      );
      return rows.map(({ entry, payment }) => PointTransactionModel.of(entry, payment));
    };
    return readPage(page, SEQUENCE, read, ({ sequence }) => sequence);
  }
}
