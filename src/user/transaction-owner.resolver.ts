import { Inject } from '@nestjs/common';
import { Context, Parent, ResolveField, Resolver } from '@nestjs/graphql';
import { BehindOurDoor } from '../door/door.guard.js';
import type { GraphqlContext } from '../graphql/context.js';
import { PointTransactionModel } from '../point-transaction/point-transaction.model.js';
import { PEOPLE, type People } from './people.js';
import { UserModel } from './user.model.js';

/** Adds to a transaction whose it is; it lives here because the points know an owner's id alone. */
@BehindOurDoor()
@Resolver(() => PointTransactionModel)
export class TransactionOwnerResolver {
  constructor(@Inject(PEOPLE) private readonly people: People) {}

  @ResolveField(() => UserModel, { description: 'Whose points, with the balance of this moment.' })
  async user(
    @Parent() { ownerId, knownAccount }: PointTransactionModel,
    @Context() context: GraphqlContext,
  ): Promise<UserModel> {
    const read = async () => this.people.load(context, ownerId);
    return knownAccount ? UserModel.withBalance(knownAccount, read) : UserModel.of(await read());
  }
}
