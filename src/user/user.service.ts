import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { type DataSource, In } from 'typeorm';
import { RequestLoader } from '../graphql/request-loader.js';
import type { Roles } from '../door/operators.guard.js';
import { User, UserRole } from './user.entity.js';

/** Reads users. Their points are written by the ledger alone. */
@Injectable()
export class UserService implements Roles {
  private readonly loader = new RequestLoader<Pick<User, 'id'>, User>(
    ({ id }) => id,
    (keys) => this.dataSource.manager.findBy(User, { id: In(keys.map(({ id }) => id)) }),
  );

  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  async find(id: string): Promise<User | null> {
    return this.dataSource.manager.findOneBy(User, { id });
  }

  /** Read each time, so that a role that was taken away is gone with the next call. */
  async isOperator(ownerId: string): Promise<boolean> {
    return (await this.find(ownerId))?.role === UserRole.OPERATOR;
  }

  /**
   * The same as `find`, but a list whose rows all ask for their user causes one query.
   *
   * @param request whatever lives as long as one GraphQL request.
   */
  async load(request: object, id: string): Promise<User> {
    const user = await this.loader.load(request, { id });
    if (!user) throw new Error('a row names a user that does not exist');
    return user;
  }
}
