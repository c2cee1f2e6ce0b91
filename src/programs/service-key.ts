import 'reflect-metadata';
import { parseArgs } from 'node:util';
import type { DataSource } from 'typeorm';
import { readDatabaseSettings } from '../config/settings.js';
import { StartError } from '../config/start-error.js';
import { withDatabase } from '../database/connect.js';
import { isServiceScope, SERVICE_SCOPES, type ServiceScope } from '../door/service-scope.js';
import { ServiceKey, SERVICE_KEY_NAME_MAX_LENGTH } from '../service-key/service-key.entity.js';
import {
  countServiceKeys,
  createServiceKey,
  listServiceKeys,
  revokeServiceKey,
  scopesOf,
  SERVICE_KEYS_MAX,
} from '../service-key/service-keys.js';
import { here } from './place.js';

const NAME = new RegExp(`^[\\p{L}\\p{N}][\\p{L}\\p{N} ._-]{0,${SERVICE_KEY_NAME_MAX_LENGTH - 1}}$`, 'u');

/** The program behind `npm run service-key`: makes, lists and revokes the keys of other programs. */
async function main(): Promise<void> {
  const work = readArguments();
  const environment = here().environment();
  const { database } = readDatabaseSettings(environment);
  await withDatabase(database, 'callers-wait', { entities: [ServiceKey] }, async (dataSource) => {
    await here().requireSchema(dataSource);
    await work(dataSource);
  });
}

function readArguments(): (dataSource: DataSource) => Promise<void> {
  const { values, positionals } = parse();
  const [action, id] = positionals;
  if (action === 'list' && id === undefined) return list;
  if (action === 'revoke' && id !== undefined) return (dataSource) => revoke(dataSource, id);
  const scopes = values.scopes?.split(',').map((scope) => scope.trim()) ?? [];
  if (action !== 'create' || !values.name || !NAME.test(values.name) || scopes.length === 0) throw usage();
  if (!scopes.every(isServiceScope)) throw usage();
  const wanted = { name: values.name, scopes };
  return (dataSource) => create(dataSource, wanted);
}

function parse() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: { name: { type: 'string' }, scopes: { type: 'string' } },
    });
  } catch {
    throw usage();
  }
}

async function create(
  dataSource: DataSource,
  wanted: { name: string; scopes: ServiceScope[] },
): Promise<void> {
  if ((await countServiceKeys(dataSource)) >= SERVICE_KEYS_MAX) {
    throw new StartError({
      ko: `서비스 키가 이미 ${SERVICE_KEYS_MAX}개입니다. 쓰지 않는 키를 폐기하세요`,
      en: `there are ${SERVICE_KEYS_MAX} service keys already: revoke those that nobody uses`,
    });
  }
  const { key } = await createServiceKey(dataSource, wanted);
  // The key alone, so that a script can keep it; what it is, for the person beside it.
  process.stdout.write(`${key}\n`);
  process.stderr.write(
    '지금 한 번만 보입니다. 비밀 저장소에 보관하고 Authorization: Bearer 로 보내세요.\n' +
      'Shown this once: keep it with your secrets and send it as Authorization: Bearer.\n',
  );
}

async function list(dataSource: DataSource): Promise<void> {
  for (const row of await listServiceKeys(dataSource)) {
    const lastUsed = `last used ${row.lastUsedAt?.toISOString() ?? 'never'}`;
    const revoked = row.revokedAt === null ? [] : [`revoked ${row.revokedAt.toISOString()}`];
    const columns = [
      row.id,
      row.name,
      scopesOf(row).join(','),
      `made ${row.createdAt.toISOString()}`,
      lastUsed,
    ];
    process.stdout.write(`${[...columns, ...revoked].join('  ')}\n`);
  }
}

async function revoke(dataSource: DataSource, id: string): Promise<void> {
  const row = await revokeServiceKey(dataSource, id);
  if (!row) {
    throw new StartError({
      ko: `${id} 라는 서비스 키가 없습니다. ${here().command('service-key', 'list')} 가 보여줍니다`,
      en: `there is no service key ${id}: ${here().command('service-key', 'list')} shows them`,
    });
  }
  process.stdout.write(`${row.name} (${row.id}) is revoked\n`);
}

function usage(): StartError {
  const use = here().command(
    'service-key',
    `create --name shop --scopes ${SERVICE_SCOPES.join(',')} | list | revoke <id>`,
  );
  return new StartError({ ko: `사용법: ${use}`, en: `usage: ${use}` });
}

try {
  await main();
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = 1;
}
