import { Args, Context, Int, Mutation, Parent, Query, ResolveField, Resolver } from '@nestjs/graphql';
import type { GraphqlContext } from '../graphql/context.js';
import {
  checkPageSize,
  connection,
  keyOfCursor,
  PAGE_SIZE_DEFAULT,
  PAGE_SIZE_MAX,
} from '../graphql/connection.js';
import { CurrentViewer, type Viewer } from '../graphql/viewer.decorator.js';
import { User } from '../user/user.model.js';
import { UserService } from '../user/user.service.js';
import { PointTransaction, PointTransactionConnection } from './point-transaction.model.js';
import { PointTransactionService } from './point-transaction.service.js';

/** A row's number in its user's history is its place for ever, which times are not: two rows can share a millisecond. */
const SEQUENCE = /^\d{1,10}$/;

@Resolver(() => PointTransaction)
export class PointTransactionResolver {
  constructor(
    private readonly transactions: PointTransactionService,
    private readonly users: UserService,
  ) {}

  @Mutation(() => PointTransaction, {
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
  ): Promise<PointTransaction> {
    return PointTransaction.of(await this.transactions.create(viewer.userId, impUid, amount ?? undefined));
  }

  @Query(() => PointTransactionConnection, { description: 'The caller’s own transactions, newest first.' })
  async pointTransactions(
    @Args('first', {
      type: () => Int,
      defaultValue: PAGE_SIZE_DEFAULT,
      description: `1 to ${PAGE_SIZE_MAX}.`,
    })
    first: number,
    @Args('after', { type: () => String, nullable: true, description: '`endCursor` of the page before.' })
    after: string | null | undefined,
    @CurrentViewer() viewer: Viewer,
  ): Promise<PointTransactionConnection> {
    checkPageSize(first);
    const before = typeof after === 'string' ? Number(keyOfCursor(after, SEQUENCE)) : undefined;
    const rows = await this.transactions.page(viewer.userId, first + 1, before);
    return connection(
      rows.map((row) => PointTransaction.of(row)),
      first,
      (node) => node.sequence,
    );
  }

  @ResolveField(() => User, { description: 'Whose points, with the balance of this moment.' })
  async user(@Parent() transaction: PointTransaction, @Context() context: GraphqlContext): Promise<User> {
    return User.of(await this.users.load(context, transaction.userId));
  }
}
