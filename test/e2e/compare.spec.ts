import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { addDays, koreanDayOf } from '../../src/calendar/korean-time.js';
import { openDay, type PaymentOfDay } from '../support/comparison-day.js';
import { describeOnEachDatabase } from '../support/databases.js';
import { type GatewayAndRooms, openGatewayAndRooms } from '../support/gateway-and-rooms.js';
import { runProgram } from '../support/programs.js';
import { simulatorSettings } from '../support/server.js';

const TODAY = koreanDayOf(new Date());
const [DAY, DAY_BEFORE, HEALED_DAY] = [addDays(TODAY, -10), addDays(TODAY, -11), addDays(TODAY, -20)];

describeOnEachDatabase('npm run compare', (database) => {
  let house: GatewayAndRooms;
  let made: PaymentOfDay[];
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'point-top-up-csv-'));
    house = await openGatewayAndRooms(database.env);
    const { books } = house.rooms;
    await openDay(books, house.simulator, { day: DAY_BEFORE, payments: 20, seed: 1 });
    await openDay(books, house.simulator, {
      day: HEALED_DAY,
      payments: 20,
      seed: 3,
      differences: { CANCEL_PG_ONLY: 1 },
    });
    const differences = { LOCAL_ONLY: 2, PG_ONLY_OURS: 1, DATE_SHIFT: 1 };
    made = await openDay(books, house.simulator, { day: DAY, payments: 40, seed: 2, differences });
  });
  afterAll(async () => {
    await house.close();
    await rm(folder, { recursive: true });
  });

  const run = (...args: string[]) =>
    runProgram('programs/compare.js', {
      args,
      env: { ...database.env, ...simulatorSettings(house.gateway.url), LANG: 'en' },
    });

  test('ends with 2 and says that nothing was compared while the gateway does not answer', async () => {
    house.gateway.misbehave((_request, response) => {
      response.writeHead(503).end();
      return true;
    });
    const { exitCode, output } = await run('--day', DAY_BEFORE);
    house.gateway.behave();

    expect(output).toMatch(/^NOT COMPARED: /m);
    expect(output).not.toContain('SAME');
    expect(exitCode).toBe(2);
  });

  test('ends with 0 for a day that is the same here and there', async () => {
    const { exitCode, output } = await run('--day', DAY_BEFORE);

    expect(output).toMatch(new RegExp(`^${DAY_BEFORE} +iamport +SAME +20 +20 `, 'm'));
    expect(output).toMatch(/^SAME: /m);
    expect(exitCode).toBe(0);
  });

  test('ends with 1 where it healed something, and with 0 when that is all done', async () => {
    expect(await run('--day', HEALED_DAY)).toMatchObject({
      exitCode: 1,
      output: expect.stringMatching(/HEALED +CANCEL_PG_ONLY +imp_/),
    });
    expect(await run('--day', HEALED_DAY)).toMatchObject({ exitCode: 0 });
  });

  test('lists each difference of each day, also in a CSV file, and ends with 1', async () => {
    const file = join(folder, 'differences.csv');
    const { exitCode, output } = await run('--from', DAY_BEFORE, '--to', DAY, '--csv', file);

    expect(exitCode).toBe(1);
    expect(output.match(new RegExp(`^${DAY_BEFORE}.*SAME`, 'gm'))).toHaveLength(1);
    expect(output.match(new RegExp(`^${DAY}.*DIFFERENT`, 'gm'))).toHaveLength(1);
    const [heading, ...lines] = (await readFile(file, 'utf8')).trimEnd().split('\r\n');
    expect(heading).toMatch(/^\uFEFFday,gateway,kind,state,/);
    const planted = made.filter(({ kind }) => kind !== 'MATCHED');
    expect(lines).toHaveLength(planted.length);
    for (const { kind, imp_uid } of planted) {
      expect(output).toMatch(new RegExp(`${kind} +${imp_uid}`));
      expect(lines).toContainEqual(
        expect.stringMatching(new RegExp(`^${DAY},iamport,${kind},\\w+,${imp_uid},`)),
      );
    }
  });

  test.each([
    [[]],
    [['--day', '2026-02-30']],
    [['--day', addDays(TODAY, 1)]],
    [['--day', addDays(TODAY, -90)]],
    [['--from', DAY, '--to', DAY_BEFORE]],
    [['--day', DAY, '--from', DAY]],
    [['--days', DAY]],
    [['--day', DAY, '--csv', '/nowhere/at/all.csv']],
  ])('ends with 2 for %j, in both languages where it can', async (args) => {
    const { exitCode, output } = await run(...args);

    expect(output).toMatch(/^NOT RUN: /);
    expect(exitCode).toBe(2);
  });
});
