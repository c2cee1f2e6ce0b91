import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { DataSource } from 'typeorm';
import { addUser, connect, databaseSettings, openBooks } from '../support/books.js';
import { describeOnEachDatabase } from '../support/databases.js';
import { runProgram } from '../support/programs.js';
import { freePort } from '../support/free-port.mjs';
import { migrate, simulatorSettings } from '../support/server.js';
import { productionSettings } from '../support/top-up-service.js';

/** The start of the server asks nobody there. */
const NO_GATEWAY = 'http://127.0.0.1:9';
const PROGRAMS = ['npm start', 'npm run start:prod', 'npm run migrate', 'npm run verify', 'npm run operator'];

/** What one of our programs says when it cannot use the database: a line, and nothing else. */
async function lineOf(program: string, database: Record<string, string | undefined>): Promise<string> {
  const env = { ...simulatorSettings(NO_GATEWAY), LOG_LEVEL: 'silent', ...database };
  const server = { ...env, PORT: await freePort() };
  const runs: Record<string, () => ReturnType<typeof runProgram>> = {
    'npm start': () => runProgram('bundle/main.js', { env: server }),
    'npm run start:prod': () =>
      runProgram('bundle/main.js', {
        env: {
          ...productionSettings(database.DATABASE_URL ?? `sqlite:${database.DATA_DIR}/point.db`),
          PORT: server.PORT,
        },
      }),
    'npm run migrate': () => runProgram('programs/migrate.js', { env }),
    'npm run verify': () => runProgram('programs/verify.js', { env }),
    'npm run operator': () =>
      runProgram('programs/operator.js', { env, args: ['grant', 'someone@example.com'] }),
  };
  const { exitCode, output, errors } = await runs[program]!();
  expect(exitCode).toBe(program === 'npm run verify' ? 2 : 1);
  const line = `${output}${errors}`.trimEnd();
  expect(line.split('\n')).toHaveLength(1);
  return line.replace(/^NOT RUN: /, '');
}

describeOnEachDatabase('a database that is not for this program', (database) => {
  let books: DataSource;

  const statement = (sql: string) => books.query(sql);
  /** All of it, as it was made and as it is filled. */
  async function contents(): Promise<unknown> {
    if (database.name === 'SQLite') {
      return (await readFile(join(database.env.DATA_DIR, 'point.db'))).toString('base64');
    }
    const tables = (await statement('SHOW FULL TABLES')).map((row: object) => Object.values(row)[0]);
    return Promise.all(
      tables.map(async (table: string) => [
        await statement(`SHOW CREATE TABLE \`${table}\``),
        await statement(`SELECT * FROM \`${table}\``),
      ]),
    );
  }
  beforeAll(async () => {
    books = await connect(databaseSettings(database.env), { enableWAL: false });
  });
  afterEach(() => books.dropDatabase());
  afterAll(() => books.destroy());

  async function expectForeign(program: string, names: string): Promise<void> {
    const before = await contents();

    const line = await lineOf(program, { ...database.env });

    expect(line).toContain(`테이블이 있어(${names}) 아무것도 바꾸지 않았습니다.`);
    expect(line).toContain(
      ` / the database holds tables that this program did not make (${names}), and nothing was changed: `,
    );
    expect(line).toContain('CREATE DATABASE points');
    expect(await contents()).toEqual(before);
  }

  test.each(PROGRAMS)('because another one has its users there, is named as such by %s', async (program) => {
    await statement('CREATE TABLE user (id int PRIMARY KEY, login varchar(20))');
    await statement(`INSERT INTO user VALUES (1, 'kim')`);

    await expectForeign(program, 'user');
  });

  test.each<[title: string, names: string, statements: string[]]>([
    [
      'a session store',
      'session',
      ['CREATE TABLE session (sid varchar(40) PRIMARY KEY)', 'CREATE TABLE cart (id int)'],
    ],
    [
      'users and sessions of another TypeORM project',
      'session, user',
      [
        'CREATE TABLE user (id int PRIMARY KEY)',
        'CREATE TABLE session (id int PRIMARY KEY)',
        'CREATE TABLE migrations (id int PRIMARY KEY, timestamp bigint, name varchar(255))',
        `INSERT INTO migrations VALUES (1, 1600000000000, 'Init1600000000000')`,
      ],
    ],
    [
      'points of another program',
      'point_account, point_migration',
      [
        'CREATE TABLE point_account (id int PRIMARY KEY)',
        'CREATE TABLE point_migration (id int PRIMARY KEY, migration varchar(255), batch int)',
      ],
    ],
    [
      'a view of one of our names',
      'point_cancellation',
      ['CREATE VIEW point_cancellation AS SELECT 1 AS one'],
    ],
  ])('because it holds %s, is left as it is', async (_title, names, statements) => {
    for (const sql of statements) await statement(sql);

    await expectForeign('npm run migrate', names);
  });

  test('may hold tables of other names, also the migrations of another program', async () => {
    await statement('CREATE TABLE cart (id int PRIMARY KEY)');
    await statement('CREATE TABLE migrations (id int PRIMARY KEY, timestamp bigint, name varchar(255))');
    await statement(`INSERT INTO migrations VALUES (1, 1600000000000, 'Init1600000000000')`);

    expect(await migrate({ env: { ...database.env } })).toMatchObject({ exitCode: 0 });
  });

  test.each(PROGRAMS)(
    'any more, because a development version made it, is named as such by %s, and left as it is',
    async (program) => {
      for (const sql of [
        'CREATE TABLE user (id varchar(26) PRIMARY KEY, point int)',
        'CREATE TABLE payment_order (merchantUid varchar(40) PRIMARY KEY)',
        'CREATE TABLE migrations (id int PRIMARY KEY, timestamp bigint, name varchar(255))',
        `INSERT INTO migrations VALUES (1, 1763700000000, 'OursFromHere1763700000000')`,
      ]) {
        await statement(sql);
      }
      const before = await contents();

      const line = await lineOf(program, { ...database.env });

      expect(line).toContain('이 프로그램의 이전 개발 버전이 만든 것이라');
      expect(line).toContain(' / the database was made by an earlier development version of this program, ');
      expect(line).toMatch(
        database.name === 'SQLite'
          ? /delete the file \S+point\.db/
          : /drop the database \w+ and create it anew/,
      );
      expect(await contents()).toEqual(before);
    },
  );

  test.each(PROGRAMS)(
    'because a newer version was here, is named as such by %s, and left as it is',
    async (program) => {
      expect(await migrate({ env: { ...database.env } })).toMatchObject({ exitCode: 0 });
      await statement(
        `INSERT INTO point_migration (timestamp, name) VALUES (4000000000000, 'Lots4000000000000')`,
      );
      const before = await contents();

      const line = await lineOf(program, { ...database.env });

      expect(line).toContain(
        '데이터베이스 스키마가 이 프로그램보다 새것이라(모르는 마이그레이션: Lots4000000000000)',
      );
      expect(line).toContain(
        ' / the database schema is newer than this program (it does not know Lots4000000000000), and nothing was changed: ',
      );
      expect(await contents()).toEqual(before);
    },
  );

  test.each(['npm run start:prod', 'npm run verify', 'npm run operator'])(
    'yet, because nobody migrated it, is named as such by %s, and left as it is',
    async (program) => {
      const before = await contents();

      expect(await lineOf(program, { ...database.env })).toContain(
        ' / the database schema is older than this program: run `npm run migrate` first (the module in your own app: `npx point-top-up migrate`).',
      );
      expect(await contents()).toEqual(before);
    },
  );
});

describe('an SQLite file', () => {
  let folder: string;
  let file: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'point-top-up-unusable-'));
    file = join(folder, 'point.db');
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  /** As `migrate` leaves it, with some bytes of `from` to `to` written over. */
  async function damage(from: number, to: number): Promise<void> {
    await migrate({ env: { DATA_DIR: folder } });
    const bytes = await readFile(file);
    await writeFile(file, bytes.fill(0xff, from, to));
  }

  const FAULTS: [title: string, make: () => Promise<unknown>, ko: string, en: string][] = [
    [
      'that is a text',
      () => writeFile(file, 'These are the points.\n'),
      '은(는) SQLite 데이터베이스가 아니어서 그대로 두었습니다.',
      'is no SQLite database and was left as it is:',
    ],
    [
      'whose first page is damaged',
      () => damage(100, 4096),
      '이(가) 손상되어(database disk image is malformed) 그대로 두었습니다.',
      'is damaged (database disk image is malformed) and was left as it is:',
    ],
    [
      'that was cut off',
      async () => {
        await migrate({ env: { DATA_DIR: folder } });
        await writeFile(file, (await readFile(file)).subarray(0, 5000));
      },
      '이(가) 손상되어(',
      'is damaged (',
    ],
    [
      'that is a folder',
      () => mkdir(file),
      '을(를) 열 수 없습니다. 이 사용자가 읽고 쓸 수 있는 파일이어야 합니다.',
      'cannot be opened: it has to be a file that this user may read and write.',
    ],
    [
      'that is a link to itself',
      () => symlink(file, file),
      '을(를) 열 수 없습니다.',
      'cannot be opened: it has to be a file',
    ],
  ];

  describe.each(FAULTS)('%s', (_title, make, ko, en) => {
    test.each(PROGRAMS)('is named as such by %s, and left as it is', async (program) => {
      await make();
      const before = await readFile(file).catch(({ code }: NodeJS.ErrnoException) => code);

      const line = await lineOf(program, { DATA_DIR: folder });

      expect(line).toContain(`${file} ${ko}`);
      expect(line).toContain(` / ${file} ${en}`);
      expect(await readFile(file).catch(({ code }: NodeJS.ErrnoException) => code)).toEqual(before);
    });
  });

  test('whose rows alone are damaged is named as such by npm run verify', async () => {
    const books = await openBooks({ DATA_DIR: folder });
    await addUser(books);
    const [{ page }] = await books.query(
      `SELECT rootpage AS page FROM sqlite_master WHERE name = 'point_account'`,
    );
    const [{ page_size: size }] = await books.query('PRAGMA page_size');
    await books.query('PRAGMA wal_checkpoint(TRUNCATE)');
    await books.destroy();
    const bytes = await readFile(file);
    await writeFile(file, bytes.fill(0xff, (page - 1) * size, page * size));

    expect(await lineOf('npm run verify', { DATA_DIR: folder })).toContain(` / ${file} is damaged (`);
  });
});
