import { Inject, Injectable } from '@nestjs/common';
import type { Logger } from 'pino';
import { type DataSource, IsNull } from 'typeorm';
import { InjectDataSource } from '../database/inject.js';
import { newId } from '../database/new-id.js';
import { RowsOf, Statement } from '../database/statement.js';
import { isServiceScope, SERVICE_SCOPES, type ServiceScope } from '../door/service-scope.js';
import type { Service } from '../door/viewer.js';
import { LOGGER } from '../logging/logger.js';
import { hashOf, isSecretOf, newSecret, readServiceKey, serviceKeyText } from './key-text.js';
import { ServiceKey } from './service-key.entity.js';

/** So exactly is it remembered when a key was last used: a write per request would cost more than it tells. */
const LAST_USE_STEP_MS = 60 * 60 * 1000;
/** That are not revoked. Far more than an installation has services. */
export const SERVICE_KEYS_MAX = 100;
/** The newest ones, revoked or not. */
export const SERVICE_KEYS_LISTED_MAX = 200;

const keyById = new RowsOf(ServiceKey, () => 'WHERE id = :id');
const rememberUse = new Statement(
  ({ table }) =>
    `UPDATE ${table(ServiceKey)} SET lastUsedAt = :now WHERE id = :id AND (lastUsedAt IS NULL OR lastUsedAt < :before)`,
);

/** Says which service a key belongs to. */
@Injectable()
export class ServiceKeys {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** Read each time, so that a key that was revoked is gone with the next call. @returns undefined for no valid key. */
  async serviceOf(shownKey: string): Promise<Service | undefined> {
    const shown = readServiceKey(shownKey);
    if (!shown) return undefined;
    const row = await keyById.first(this.dataSource.manager, { id: shown.id });
    if (!row || row.revokedAt !== null || !isSecretOf(row.secretHash, shown.secret)) return undefined;
    await this.rememberUse(row);
    return { keyId: row.id, name: row.name, scopes: scopesOf(row) };
  }

  private async rememberUse({ id, lastUsedAt }: ServiceKey): Promise<void> {
    const now = new Date();
    const before = new Date(now.getTime() - LAST_USE_STEP_MS);
    if (lastUsedAt !== null && lastUsedAt >= before) return;
    try {
      await rememberUse.run(this.dataSource.manager, { id, now, before });
    } catch (error) {
      // Nobody is refused because of a note for people.
      this.logger.warn({ err: error, serviceKeyId: id }, 'the use of a service key was not remembered');
    }
  }
}

/** @returns the key as its service has to send it. Nobody can read it again: only its hash is stored. */
export async function createServiceKey(
  { manager }: Pick<DataSource, 'manager'>,
  { name, scopes }: { name: string; scopes: readonly ServiceScope[] },
): Promise<{ id: string; key: string }> {
  const [id, secret] = [newId(), newSecret()];
  await manager.insert(ServiceKey, {
    id,
    name,
    secretHash: hashOf(secret),
    scopes: SERVICE_SCOPES.filter((scope) => scopes.includes(scope)).join(','),
    createdAt: new Date(),
    lastUsedAt: null,
    revokedAt: null,
  });
  return { id, key: serviceKeyText({ id, secret }) };
}

/** Newest first. */
export async function listServiceKeys({ manager }: Pick<DataSource, 'manager'>): Promise<ServiceKey[]> {
  return manager.find(ServiceKey, { order: { id: 'DESC' }, take: SERVICE_KEYS_LISTED_MAX });
}

/** How many can be used. */
export async function countServiceKeys({ manager }: Pick<DataSource, 'manager'>): Promise<number> {
  return manager.countBy(ServiceKey, { revokedAt: IsNull() });
}

/** Safe to repeat: the first time counts. @returns undefined where there is no such key. */
export async function revokeServiceKey(
  { manager }: Pick<DataSource, 'manager'>,
  id: string,
): Promise<ServiceKey | undefined> {
  await manager.update(ServiceKey, { id, revokedAt: IsNull() }, { revokedAt: new Date() });
  return (await keyById.first(manager, { id })) ?? undefined;
}

export function scopesOf({ scopes }: Pick<ServiceKey, 'scopes'>): ServiceScope[] {
  return scopes.split(',').filter(isServiceScope);
}
