import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';
import { converterOf } from '../database/driver/values.js';
import { Statement, type Values } from '../database/statement.js';
import type { Roles } from '../door/operators.guard.js';
import { RequestLoader } from '../graphql/request-loader.js';
import type { Buyer, Buyers } from '../payment/buyers.js';
import type { Balance } from '../point-account/accounts.js';
import { PointAccount } from '../point-account/point-account.entity.js';
import { Unauthenticated } from '../refusal/unauthenticated.js';
import { User, UserRole } from './user.entity.js';

/** A user with what they have: nothing, before their first order. */
export type Person = User & Balance;

const personBy = (column: 'id' | 'email') =>
  new Statement(
    ({ table, columns }) => `SELECT ${columns(User, 'person')},
    COALESCE(account.point, 0) AS point, COALESCE(account.heldPoint, 0) AS heldPoint
  FROM ${table(User)} AS person
  LEFT JOIN ${table(PointAccount)} AS account ON account.ownerId = person.id
  WHERE person.${column} = :${column}`,
  );
const personById = personBy('id');
const personByEmail = personBy('email');

/** Reads the users of the standalone server, and says of an owner what the rooms of the points cannot know. */
@Injectable()
export class UserService implements Buyers, Roles {
  private readonly loader = new RequestLoader<Pick<User, 'id'>, Person>(
    ({ id }) => id,
    // One query, since a caller sees rows of their own alone.
    async (keys) => {
      const found = await Promise.all(keys.map(async ({ id }) => this.find(id)));
      return found.filter((person) => person !== null);
    },
  );

  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  async find(id: string): Promise<Person | null> {
    return this.first(personById, { id });
  }

  /** @param email in lower case. */
  async findByEmail(email: string): Promise<Person | null> {
    return this.first(personByEmail, { email });
  }

  /**
   * The same as `find`, but a list whose rows all ask for their user causes one query.
   *
   * @param request whatever lives as long as one GraphQL request.
   * @throws {Unauthenticated} when there is no such user any more.
   */
  async load(request: object, id: string): Promise<Person> {
    const person = await this.loader.load(request, { id });
    if (!person) throw new Unauthenticated();
    return person;
  }

  async findBuyer(request: object, ownerId: string): Promise<Buyer> {
    return this.load(request, ownerId);
  }

  /** Read each time, so that a role that was taken away is gone with the next call. */
  async isOperator(ownerId: string): Promise<boolean> {
    return (await this.find(ownerId))?.role === UserRole.OPERATOR;
  }

  private async first(statement: Statement, values: Values): Promise<Person | null> {
    const { records } = await statement.send(this.dataSource.manager, values);
    const [raw] = records as Person[];
    return raw ? (converterOf(this.dataSource, User)(raw) as Person) : null;
  }
}
