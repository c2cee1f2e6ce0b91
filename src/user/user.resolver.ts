import { Inject } from '@nestjs/common';
import { Context, Parent, Query, ResolveField, Resolver } from '@nestjs/graphql';
import type { DataSource } from 'typeorm';
import { InjectDataSource } from '../database/inject.js';
import { BehindOurDoor } from '../door/door.guard.js';
import { CurrentViewer, type Viewer } from '../door/viewer.decorator.js';
import type { GraphqlContext } from '../graphql/context.js';
import { listOf } from '../graphql/list-of.js';
import { RequestLoader } from '../graphql/request-loader.js';
import { EXPIRING_DAYS, type ExpiringPoints, expiringPointsOf } from '../point-transaction/expiring.js';
import { PEOPLE, type People } from './people.js';
import { PointExpiryModel, UserModel } from './user.model.js';

@BehindOurDoor()
@Resolver(() => UserModel)
export class UserResolver {
  /** A page of transactions asks for their one owner's at each row. */
  private readonly expiring = new RequestLoader<{ id: string }, { id: string; points: ExpiringPoints[] }>(
    ({ id }) => id,
    (keys) =>
      Promise.all(
        keys.map(async ({ id }) => ({ id, points: await expiringPointsOf(this.dataSource.manager, id) })),
      ),
  );

  constructor(
    @Inject(PEOPLE) private readonly people: People,
    @InjectDataSource() private readonly dataSource: DataSource,
  ) {}

  @Query(() => UserModel, { description: 'The logged-in user with the balance of this moment.' })
  async me(@CurrentViewer() viewer: Viewer): Promise<UserModel> {
    return UserModel.of(await this.people.caller(viewer));
  }

  @ResolveField(() => [PointExpiryModel], {
    description: `What is lost within ${EXPIRING_DAYS} days if it is not spent: a row for each day, the first one first.`,
    // With today's.
    complexity: listOf(EXPIRING_DAYS + 1),
  })
  async expiringPoints(
    @Parent() { id }: UserModel,
    @Context() context: GraphqlContext,
  ): Promise<ExpiringPoints[]> {
    return (await this.expiring.load(context, { id }))?.points ?? [];
  }
}
