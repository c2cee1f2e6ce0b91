import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { DataSource } from 'typeorm';
import { PointTransaction } from '../../src/point-transaction/point-transaction.entity.js';
import { addUser, openBooks } from '../support/books.js';
import { type DatabaseEnv, describeOnEachDatabase } from '../support/databases.js';
import { runProgram } from '../support/programs.js';

const PROGRAM = fileURLToPath(new URL('../../dist/programs/import.js', import.meta.url));
/** So that owners are not asked for: nothing is called at this address. */
const HOST_LOGIN = { AUTH_JWKS_URL: 'https://login.shop.example/jwks.json' };
const HEADER = '\uFEFFownerId,points,kind,expiresAt,reference,reason';
const MANY = 5000;
const KILLS = 3;

describeOnEachDatabase('npm run import', (database) => {
  let books: DataSource;
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'point-top-up-import-'));
    books = await openBooks(database.env);
  });
  afterAll(async () => {
    await books.destroy();
    await rm(folder, { recursive: true });
  });

  async function fileOf(name: string, lines: string[]): Promise<string> {
    const path = join(folder, name);
    await writeFile(path, [HEADER, ...lines, ''].join('\r\n'));
    return path;
  }
  const run = (args: string[], env: Record<string, string> = HOST_LOGIN) =>
    runProgram('programs/import.js', { args, env: { ...database.env, ...env } });
  const imported = () => books.manager.countBy(PointTransaction, { status: 'IMPORT' as never });

  test('says what would happen, does it, and finds it done, ending with 0', async () => {
    const file = await fileOf('first.csv', [
      'host|1,1000,PAID,2030-12-31,A-1,이전 적립금',
      'host|1,200,BONUS,,A-2,',
      'host|2,0,PAID,,,',
    ]);

    const foreseen = await run([file, '--dry-run']);
    expect(await imported()).toBe(0);
    const done = await run([file]);
    const again = await run([file]);

    expect(foreseen).toMatchObject({
      exitCode: 0,
      output: expect.stringMatching(/^DRY RUN: nothing was written/m),
    });
    expect(foreseen.output).toMatch(/^would import PAID +1 +1000$/m);
    expect(done).toMatchObject({ exitCode: 0, output: expect.stringMatching(/^IMPORTED; every row fits/m) });
    expect(done.output).toMatch(/^imported BONUS +1 +200$/m);
    expect(done.output).toMatch(/^without points +1$/m);
    expect(again).toMatchObject({ exitCode: 0 });
    expect(again.output).toMatch(/^imported before +2 +1200$/m);
    expect(await imported()).toBe(2);
  });

  test('names each line that does not fit and why, also in a report, and ends with 1', async () => {
    const report = join(folder, 'refused.csv');
    const file = await fileOf('second.csv', [
      'host|1,1500,PAID,2030-12-31,A-1,이전 적립금',
      'host|3,"1,000",PAID,,A-3,=1+1',
      'host|4,10,PAID,,A-4,',
    ]);

    const { exitCode, output } = await run([file, '--report', report]);

    expect(exitCode).toBe(1);
    expect(output).toMatch(/^ +2 {2}host\|1 .*it was imported with other values/m);
    expect(output).toMatch(/^ +3 {2}host\|3 .*points는.*\/ points must be a whole number/m);
    expect(output).toMatch(/^IMPORTED; 2 rows do not fit\./m);
    const lines = (await readFile(report, 'utf8')).trimEnd().split('\r\n');
    expect(lines[0]).toBe('\uFEFFline,why,ownerId,points,kind,expiresAt,reference,reason');
    expect(lines[2]).toMatch(/^3,".+",host\|3,"1,000",PAID,,A-3,'=1\+1$/);
    expect(lines).toHaveLength(3);
  });

  test('brings points to nobody who did not sign up, where people sign up here', async () => {
    const { id } = await addUser(books);
    const file = await fileOf('people.csv', [`${id},10,PAID,,P-1,`, 'host|9,10,PAID,,P-2,']);

    const { exitCode, output } = await run([file], {});

    expect(exitCode).toBe(1);
    expect(output).toMatch(/^ +3 {2}host\|9 .*nobody signed up with this ownerId/m);
    expect(output).toMatch(/^imported PAID +1 +10$/m);
  });

  test('killed again and again, brings each row once in the end, and verify proves it', async () => {
    const before = await imported();
    const file = await fileOf(
      'many.csv',
      Array.from({ length: MANY }, (_, row) => `many|${row % 9000},${(row % 100) + 1},ADJUST,,M-${row},`),
    );
    const counts = [];
    for (let kill = 1; kill <= KILLS; kill++) {
      await killAtWork(file, database.env, kill);
      counts.push((await imported()) - before);
    }

    const { exitCode, output, errors } = await run([file]);

    expect(counts.at(-1)).toBeGreaterThan(0);
    expect(counts[0]).toBeLessThan(MANY);
    expect(exitCode).toBe(0);
    expect(errors).toMatch(new RegExp(`^\\d+ of ${MANY} rows \\(\\d+ %\\)$`, 'm'));
    const [, there] = /^imported before +(\d+) /m.exec(output) ?? [];
    expect(Number(there)).toBe(counts.at(-1));
    expect((await imported()) - before).toBe(MANY);
    const proof = await runProgram('programs/verify.js', { env: { ...database.env } });
    expect(proof).toMatchObject({ exitCode: 0 });
    // No gateway can be asked about what never was a payment.
    expect(proof.output).toMatch(/^PROVED: every won is accounted for\.$/m);
    const points = (MANY / 100) * 5050 + 1200 + 10 + 10;
    expect(proof.output).toMatch(new RegExp(`^imported +${points}$`, 'm'));
  });

  test.each([
    [[]],
    [['one.csv', 'two.csv']],
    [['first.csv', '--name', 'a name']],
    [['first.csv', '--dryrun']],
    [['nowhere.csv']],
    [['first.csv', '--report', '/nowhere/at/all.csv']],
  ])('ends with 2 for %j', async (args) => {
    const { exitCode, output } = await run(
      args.map((arg) => (/^[a-z]+\.csv$/.test(arg) ? join(folder, arg) : arg)),
    );

    expect(output).toMatch(/^NOT RUN: /);
    expect(exitCode).toBe(2);
  });
});

/** Runs the program until it has told so often how far it is, and kills it while it goes on. */
async function killAtWork(file: string, env: DatabaseEnv, told: number): Promise<void> {
  const child = spawn(process.execPath, [PROGRAM, file], {
    env: { PATH: process.env.PATH, ...env, ...HOST_LOGIN },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const ended = once(child, 'exit');
  for (let count = 0; count < told; count++) await Promise.race([once(child.stderr, 'data'), ended]);
  child.kill('SIGKILL');
  await ended;
}
