import { Injectable } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { InjectDataSource } from '../database/inject.js';
import { columnsOf, JoinOf, type Values } from '../database/statement.js';
import type { Roles } from '../door/roles.js';
import type { Viewer } from '../door/viewer.js';
import type { GraphqlContext } from '../graphql/context.js';
import { RequestLoader } from '../graphql/request-loader.js';
import type { Buyer, Buyers } from '../payment/buyers.js';
import { type Balance, findAccount } from '../point-account/accounts.js';
import type { KnownOwners } from '../point-account/known-owners.js';
import { PointAccount } from '../point-account/point-account.entity.js';
import { Unauthenticated } from '../refusal/unauthenticated.js';
import { peopleAmong } from './people-among.js';
import { type People, type Person, personWithoutName } from './people.js';
import { User, UserRole } from './user.entity.js';

/** A person who signed up here, with what they have: nothing, before their first order. */
export type SignedUp = User & Balance;

const personBy = (column: 'id' | 'email') =>
  new JoinOf<{ person: User; account: Pick<PointAccount, 'ownerId' | keyof Balance> | null }>(
    { person: User, account: columnsOf(PointAccount, 'ownerId', 'point', 'heldPoint') },
    ({ table }) => `FROM ${table(User)} AS person
  LEFT JOIN ${table(PointAccount)} AS account ON account.ownerId = person.id
  WHERE person.${column} = :${column}`,
  );
const personById = personBy('id');
const personByEmail = personBy('email');

/** Reads the users of the standalone server, and says of an owner what the rooms of the points cannot know. */
@Injectable()
export class UserService implements People, Buyers, Roles, KnownOwners {
  private readonly loader = new RequestLoader<Pick<Person, 'id'>, Person>(
    ({ id }) => id,
    // One query, since a page has rows of one owner alone.
    (keys) => Promise.all(keys.map(async ({ id }) => (await this.find(id)) ?? this.ownerWithoutName(id))),
  );

  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  async find(id: string): Promise<SignedUp | null> {
    return this.first(personById, { id });
  }

  /** @param email in lower case. */
  async findByEmail(email: string): Promise<SignedUp | null> {
    return this.first(personByEmail, { email });
  }

  async caller({ ownerId }: Viewer): Promise<Person> {
    const person = await this.find(ownerId);
    if (!person) throw new Unauthenticated();
    return person;
  }

  async load(context: GraphqlContext, ownerId: string): Promise<Person> {
    return (await this.loader.load(context, { id: ownerId })) ?? personWithoutName(ownerId, null);
  }

  /** @throws {Unauthenticated} when they have left: their token is good for some minutes more. */
  async findBuyer(context: GraphqlContext, ownerId: string): Promise<Buyer> {
    const person = await this.load(context, ownerId);
    if (person.email === null) throw new Unauthenticated();
    return person;
  }

  /** Read each time, so that a role that was taken away is gone with the next call. */
  async isOperator({ ownerId }: Viewer): Promise<boolean> {
    return (await this.find(ownerId))?.role === UserRole.OPERATOR;
  }

  async among(ownerIds: readonly string[]): Promise<ReadonlySet<string>> {
    return peopleAmong(this.dataSource.manager, ownerIds);
  }

  private async ownerWithoutName(ownerId: string): Promise<Person> {
    return personWithoutName(ownerId, await findAccount(this.dataSource.manager, ownerId));
  }

  private async first(by: typeof personById, values: Values): Promise<SignedUp | null> {
    const found = await by.first(this.dataSource.manager, values);
    if (!found) return null;
    const { person, account } = found;
    return Object.assign(person, { point: account?.point ?? 0, heldPoint: account?.heldPoint ?? 0 });
  }
}
