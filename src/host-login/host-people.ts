import { Injectable } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { InjectDataSource } from '../database/inject.js';
import type { Roles } from '../door/roles.js';
import type { Viewer } from '../door/viewer.js';
import type { GraphqlContext } from '../graphql/context.js';
import { RequestLoader } from '../graphql/request-loader.js';
import type { Buyer, Buyers } from '../payment/buyers.js';
import { findAccount } from '../point-account/accounts.js';
import type { KnownOwners } from '../point-account/known-owners.js';
import { isOwnerId } from '../point-account/owner-id.js';
import { type Person, personWithoutName, type People } from '../user/people.js';

/** What is known of people whose login is the shop's: their points, and of the caller what their token says. */
@Injectable()
export class HostPeople implements People, Buyers, Roles, KnownOwners {
  private readonly loader = new RequestLoader<Pick<Person, 'id'>, Person>(
    ({ id }) => id,
    // One query, since a page has rows of one owner alone.
    (keys) => Promise.all(keys.map(async ({ id }) => this.find(id))),
  );

  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  async caller({ ownerId, said }: Viewer): Promise<Person> {
    return { ...(await this.find(ownerId)), name: said?.name ?? null, email: said?.email ?? null };
  }

  async load(context: GraphqlContext, ownerId: string): Promise<Person> {
    const { pointsViewer: viewer } = context.req;
    const person = (await this.loader.load(context, { id: ownerId })) ?? personWithoutName(ownerId, null);
    return viewer?.ownerId === ownerId
      ? { ...person, name: viewer.said?.name ?? null, email: viewer.said?.email ?? null }
      : person;
  }

  async findBuyer({ req: { pointsViewer: viewer } }: GraphqlContext, ownerId: string): Promise<Buyer> {
    const said = viewer?.ownerId === ownerId ? viewer.said : undefined;
    return { name: said?.name ?? null, email: said?.email ?? null };
  }

  /** As the token says: whoever is an operator no more is so here when their token ends. */
  async isOperator({ said }: Viewer): Promise<boolean> {
    return said?.isOperator ?? false;
  }

  async among(ownerIds: readonly string[]): Promise<ReadonlySet<string>> {
    return new Set(ownerIds.filter(isOwnerId));
  }

  private async find(ownerId: string): Promise<Person> {
    return personWithoutName(ownerId, await findAccount(this.dataSource.manager, ownerId));
  }
}
