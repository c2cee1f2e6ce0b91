import { Context, Parent, ResolveField, Resolver } from '@nestjs/graphql';
import type { GraphqlContext } from '../graphql/context.js';
import { PointTransactionModel } from '../point-transaction/point-transaction.model.js';
import { UserModel } from './user.model.js';
import { UserService } from './user.service.js';

/** Adds to a transaction whose it is; it lives here because the points know an owner's id alone. */
@Resolver(() => PointTransactionModel)
export class TransactionOwnerResolver {
  constructor(private readonly users: UserService) {}

  @ResolveField(() => UserModel, { description: 'Whose points, with the balance of this moment.' })
  async user(
    @Parent() { ownerId, knownAccount }: PointTransactionModel,
    @Context() context: GraphqlContext,
  ): Promise<UserModel> {
    const read = async () => this.users.load(context, ownerId);
    return knownAccount ? UserModel.withBalance(knownAccount, read) : UserModel.of(await read());
  }
}
