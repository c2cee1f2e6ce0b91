import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import Database from 'libsql';
import { DatabaseUnusable } from '../../src/database/database-unusable.js';
import { claimExclusiveUse } from '../../src/database/exclusive-use.js';
import { openBooks } from '../support/books.js';
import { type RunningProgram, simulatorSettings, startServer, startServerInVain } from '../support/server.js';

/** The gateway is not asked for anything at a start. */
const NO_GATEWAY = simulatorSettings('http://127.0.0.1:9');

describe('the embedded database', () => {
  let folder: string;
  let file: string;
  const running: RunningProgram[] = [];

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'point-top-up-exclusive-'));
    file = join(folder, 'point.db');
  });
  afterEach(async () => {
    for (const server of running.splice(0)) await server.kill();
    await rm(folder, { recursive: true, force: true });
  });

  const start = async () => {
    const server = await startServer({ env: { DATA_DIR: folder, ...NO_GATEWAY } });
    running.push(server);
    return server;
  };
  test('lets in no second server, which says in one line what to do, but whoever only reads', async () => {
    await start();

    const second = await startServerInVain({ env: { DATA_DIR: folder, ...NO_GATEWAY } });
    const reader = new Database(file);
    const [row] = reader.prepare('SELECT COUNT(*) AS users FROM user').all();
    reader.close();

    expect(second.exitCode).toBe(1);
    expect(second.output.trim()).toBe(
      `${file} 은(는) 다른 프로세스가 쓰고 있습니다. 다른 서버를 끝내거나 DATA_DIR 에 다른 폴더를 지정하세요. / ` +
        `${file} is in use by another process: end the other server, or set DATA_DIR to another folder.`,
    );
    expect(row).toEqual({ users: 0 });
  });

  test('is free again after its server was killed, and after one that ended in order', async () => {
    const first = await start();
    expect(() => claimExclusiveUse(file)).toThrow(/is in use by another process/);
    await first.kill();

    const second = await start();
    expect((await fetch(`${second.url}/health/ready`)).status).toBe(200);
    await second.stop();

    claimExclusiveUse(file).end();
  });

  test('is refused twice within one process too', () => {
    const use = claimExclusiveUse(file);

    expect(() => claimExclusiveUse(file)).toThrow(DatabaseUnusable);

    use.end();
    claimExclusiveUse(file).end();
  });

  test('does not hold its owner back from the database itself', async () => {
    const use = claimExclusiveUse(file);

    const dataSource = await openBooks({ DATA_DIR: folder });
    await dataSource.destroy();
    use.end();

    expect(await readdir(folder)).toContain('point.db');
  });

  test('in a folder that cannot be written is refused with the way to mend it', () => {
    const elsewhere = join(folder, 'missing', 'point.db');

    expect(() => claimExclusiveUse(elsewhere)).toThrow(DatabaseUnusable);
    expect(() => claimExclusiveUse(elsewhere)).toThrow(
      /cannot be written .* set DATA_DIR to another folder\.$/,
    );
  });
});
