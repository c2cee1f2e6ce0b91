import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import DataLoader from 'dataloader';
import { type DataSource, In } from 'typeorm';
import { Forbidden } from '../refusal/forbidden.js';
import { User, UserRole } from './user.entity.js';

/** Reads users. Their points are written by the ledger alone. */
@Injectable()
export class UserService {
  private readonly loaders = new WeakMap<object, DataLoader<string, User | null>>();

  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  async find(id: string): Promise<User | null> {
    return this.dataSource.manager.findOneBy(User, { id });
  }

  /** @throws {Forbidden} */
  async requireOperator(id: string): Promise<void> {
    const user = await this.find(id);
    if (user?.role !== UserRole.OPERATOR) throw new Forbidden();
  }

  /**
   * The same as `find`, but a list whose rows all ask for their user causes one query.
   *
   * @param request whatever lives as long as one GraphQL request.
   */
  async load(request: object, id: string): Promise<User> {
    let loader = this.loaders.get(request);
    if (!loader) {
      // Nothing is kept: a later mutation of the same document shows the balance that it left.
      loader = new DataLoader(async (ids) => this.findAll(ids), { cache: false });
      this.loaders.set(request, loader);
    }
    const user = await loader.load(id);
    if (!user) throw new Error('a row names a user that does not exist');
    return user;
  }

  private async findAll(ids: readonly string[]): Promise<(User | null)[]> {
    const users = await this.dataSource.manager.findBy(User, { id: In([...new Set(ids)]) });
    const byId = new Map(users.map((user) => [user.id, user]));
    return ids.map((id) => byId.get(id) ?? null);
  }
}
