import { Args, ID, Query, Resolver } from '@nestjs/graphql';
import type { DataSource } from 'typeorm';
import { InjectDataSource } from '../database/inject.js';
import { Services } from '../door/access.decorator.js';
import { BehindOurDoor } from '../door/door.guard.js';
import { Owners } from '../door/owners.js';
import { type Caller, CurrentCaller } from '../door/viewer.decorator.js';
import { findAccount } from '../point-account/accounts.js';
import { PointAccountModel } from './account.model.js';

@BehindOurDoor()
@Resolver(() => PointAccountModel)
export class AccountResolver {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly owners: Owners,
  ) {}

  @Services('read')
  @Query(() => PointAccountModel, {
    description:
      'The points of the caller; operators, and services with the scope `read`, name whose. Refused with FORBIDDEN or BAD_USER_INPUT.',
  })
  async pointAccount(
    @CurrentCaller() caller: Caller,
    @Args('ownerId', {
      type: () => ID,
      nullable: true,
      description: 'For operators and services: whose; left out it is the caller.',
    })
    named: string | null | undefined,
  ): Promise<PointAccountModel> {
    const ownerId = await this.owners.ownerFor(caller, named);
    return PointAccountModel.of(ownerId, await findAccount(this.dataSource.manager, ownerId));
  }
}
