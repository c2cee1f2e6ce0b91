import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { DataSource } from 'typeorm';
import { readSettings } from '../../src/config/settings.js';
import type { KnownOwners } from '../../src/point-account/known-owners.js';
import { PointAccount } from '../../src/point-account/point-account.entity.js';
import {
  type ImportTotals,
  type ImportWish,
  PointImport,
  type RefusedRow,
} from '../../src/point-import/point-import.js';
import { Lot, LotKind } from '../../src/point-transaction/lot.entity.js';
import { PointTransaction } from '../../src/point-transaction/point-transaction.entity.js';
import { SpendingService } from '../../src/spending/spending.service.js';
import { peopleAmong } from '../../src/user/people-among.js';
import { proveBooks } from '../../src/verification/books.js';
import {
  addOrder,
  addUser,
  applierOf,
  faultsInBooks,
  GATEWAY_ENV,
  newImpUid,
  openBooks,
  readAccount,
} from '../support/books.js';
import { describeOnEachDatabase } from '../support/databases.js';
import { watchStatements } from '../support/statements.js';

const HEADER = 'ownerId,points,kind,expiresAt,reference';
const EVERYBODY: KnownOwners = { among: async (ownerIds: readonly string[]) => new Set(ownerIds) };
const settings = readSettings({ ...GATEWAY_ENV });

describeOnEachDatabase('an import', (database) => {
  let books: DataSource;
  let folder: string;
  let files = 0;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'point-top-up-import-'));
    books = await openBooks(database.env);
  });
  afterAll(async () => {
    await proveBooks(books, () => undefined);
    await books.destroy();
    await rm(folder, { recursive: true });
  });

  /** Each test has a table of its own. */
  const newName = () => `table-${++files}`;

  async function run(
    lines: string[],
    wish: Partial<ImportWish> = {},
    knownOwners = EVERYBODY,
  ): Promise<{ totals: ImportTotals; refused: RefusedRow[] }> {
    const path = join(folder, `${++files}.csv`);
    await writeFile(path, [HEADER, ...lines].join('\n'));
    const refused: RefusedRow[] = [];
    const totals = await new PointImport(books, settings, knownOwners).run(
      { path, name: newName(), isDryRun: false, ...wish },
      { onRefused: (row) => void refused.push(row), onProgress: () => undefined },
    );
    return { totals, refused };
  }

  const rowsOf = (ownerId: string) => books.manager.find(PointTransaction, { where: { ownerId } });
  const importedRows = ({ imported }: ImportTotals) =>
    Object.values(imported).reduce((sum, { rows }) => sum + rows, 0);

  test('makes each row a lot of its kind, with its end or the usual one', async () => {
    const { totals, refused } = await run([
      'host|1,1000,PAID,2028-12-31,A-1',
      'host|1,200,BONUS,,A-2',
      'host|1,30,ADJUST,2027-06-30,A-3',
      'host|2,5,PAID,,',
      'host|3,0,PAID,,',
    ]);

    expect(refused).toEqual([]);
    expect(totals).toEqual({
      rows: 5,
      imported: {
        PAID: { rows: 2, points: 1005 },
        BONUS: { rows: 1, points: 200 },
        ADJUST: { rows: 1, points: 30 },
      },
      there: { rows: 0, points: 0 },
      empty: 1,
      refused: 0,
    });
    const { balance, rows } = await readAccount(books, 'host|1');
    expect(balance.point).toBe(1230);
    expect(rows.map(({ status, amount, purpose }) => [status, amount, purpose])).toEqual([
      ['IMPORT', 1000, 'A-1'],
      ['IMPORT', 200, 'A-2'],
      ['IMPORT', 30, 'A-3'],
    ]);
    const lots = await books.manager.find(Lot, { where: { ownerId: 'host|1' }, order: { id: 'ASC' } });
    expect(lots.map(({ kind, remaining, paymentId }) => [kind, remaining, paymentId])).toEqual(
      expect.arrayContaining([
        ['PAID', 1000, null],
        ['BONUS', 200, null],
        ['ADJUST', 30, null],
      ]),
    );
    const endOf = (kind: LotKind) => lots.find((lot) => lot.kind === kind)?.expiresAt.getTime() ?? 0;
    expect(endOf(LotKind.PAID)).toBe(Date.parse('2028-12-31T15:00:00Z'));
    expect(Math.abs(endOf(LotKind.BONUS) - Date.now() - settings.pointValidity.bonusMs)).toBeLessThan(60_000);
    expect(await faultsInBooks(books, 'host|1')).toEqual([]);
  });

  test('of the same table imports what is new, nothing twice, and tells what changed', async () => {
    const name = newName();
    await run(['again|1,100,PAID,,', 'again|2,100,PAID,,', 'again|3,100,PAID,,R'], { name });

    const { totals, refused } = await run(
      ['again|1,100,PAID,,', 'again|2,101,PAID,,', 'again|4,100,PAID,,R', 'again|5,7,PAID,,'],
      { name },
    );

    expect(totals).toMatchObject({ there: { rows: 1, points: 100 }, refused: 2 });
    expect(totals.imported.PAID).toEqual({ rows: 1, points: 7 });
    expect(refused.map(({ line, why }) => [line, why.en])).toEqual([
      [3, expect.stringMatching(/other values.*: again\|2, 100, PAID/)],
      [4, expect.stringMatching(/other values.*: again\|3, 100, PAID/)],
    ]);
    for (const number of [1, 2, 3, 5]) expect(await rowsOf(`again|${number}`)).toHaveLength(1);
    expect(await rowsOf('again|4')).toEqual([]);
  });

  test('of another table brings the same rows once more', async () => {
    await run(['tables|1,100,PAID,,1']);
    await run(['tables|1,100,PAID,,1']);

    expect(await rowsOf('tables|1')).toHaveLength(2);
  });

  test('imports none of the lines that are the same row', async () => {
    const { totals, refused } = await run([
      'same|1,100,PAID,,',
      'same|2,100,PAID,,X',
      'same|1,200,PAID,,',
      'same|3,100,PAID,,X',
      'same|1,100,BONUS,,',
    ]);

    expect(importedRows(totals)).toBe(1);
    expect(refused.map(({ line, why }) => [line, why.en])).toEqual([
      [2, expect.stringMatching(/^lines 2 and 4 are of the same owner and kind/)],
      [3, expect.stringMatching(/^lines 3 and 5 have the same reference/)],
      [4, expect.stringMatching(/^lines 2 and 4/)],
      [5, expect.stringMatching(/^lines 3 and 5/)],
    ]);
    expect((await readAccount(books, 'same|1')).balance.point).toBe(100);
  });

  test('holds nobody above the limit, over all rows of an owner, also in a dry run', async () => {
    const lines = [
      'much|1,1999999,PAID,,1',
      'much|1,2,PAID,,2',
      'much|1,1,PAID,,3',
      'much|2,2000001,PAID,,4',
    ];
    const name = newName();

    const foreseen = await run(lines, { name, isDryRun: true });
    expect(await books.manager.existsBy(PointAccount, { ownerId: 'much|1' })).toBe(false);
    const { totals, refused } = await run(lines, { name });

    expect(refused.map(({ line, cells, why }) => [line, cells.ownerId, why.en])).toEqual([
      [3, 'much|1', expect.stringMatching(/would be 2000001, above POINT_MAX_BALANCE/)],
      [5, 'much|2', expect.stringMatching(/would be 2000001/)],
    ]);
    expect(foreseen).toEqual({ totals, refused });
    expect((await readAccount(books, 'much|1')).balance.point).toBe(2_000_000);
  });

  test('with our own log-in brings points to those who signed up, and opens no account for others', async () => {
    const { id } = await addUser(books);
    const ours = { among: (ids: readonly string[]) => peopleAmong(books.manager, ids) };

    const { totals, refused } = await run([`${id},100,PAID,,`, 'nobody,100,PAID,,'], {}, ours);

    expect(importedRows(totals)).toBe(1);
    expect(refused).toEqual([
      { line: 3, cells: expect.objectContaining({ ownerId: 'nobody' }), why: expect.anything() },
    ]);
    expect(await books.manager.existsBy(PointAccount, { ownerId: 'nobody' })).toBe(false);
  });

  test('fills a debt first, and its points are spent in the order of their end and kind', async () => {
    const { id } = await addUser(books);
    const impUid = newImpUid();
    const order = await addOrder(books, id, 1000);
    const spending = new SpendingService(books, settings);
    const spend = (amount: number, idempotencyKey: string) =>
      spending.spend({ ownerId: id, amount, reason: '주문', idempotencyKey });
    await applierOf(books)(order, impUid);
    await spend(1000, 'all');
    await applierOf(books)(order, impUid, {
      cancelledAmount: 1000,
      cancellations: [{ key: 'console', amount: 1000, reason: '', cancelledAt: new Date() }],
    });

    await run([`${id},1500,PAID,2028-01-31,1`, `${id},300,BONUS,2028-01-31,2`]);
    await spend(400, 'some');

    expect((await readAccount(books, id)).balance.point).toBe(400);
    const lots = await books.manager.findBy(Lot, { ownerId: id });
    expect(lots.filter(({ remaining }) => remaining > 0)).toMatchObject([{ kind: 'PAID', remaining: 400 }]);
  });

  test('that runs three times at once, in other orders, brings each row once', async () => {
    const name = newName();
    const lines = Array.from(
      { length: 1200 },
      (_, row) => `once|${row % 700},${row + 1},PAID,2029-01-31,${row}`,
    );
    const tables = [lines, lines.toReversed(), [...lines.slice(600), ...lines.slice(0, 600)]];

    const runs = await Promise.all(tables.map((table) => run(table, { name })));

    expect(runs.flatMap(({ refused }) => refused)).toEqual([]);
    expect(runs.reduce((sum, { totals }) => sum + importedRows(totals), 0)).toBe(1200);
    expect(runs.reduce((sum, { totals }) => sum + totals.there.rows, 0)).toBe(2400);
    const [sum] = await books.manager.query(
      `SELECT COUNT(*) AS count, SUM(amount) AS points FROM point_transaction WHERE ownerId LIKE 'once|%'`,
    );
    expect([Number(sum.count), Number(sum.points)]).toEqual([1200, (1200 * 1201) / 2]);
  });

  // On SQLite each of them has the whole database to itself.
  if (database.name === 'MariaDB') {
    test('waits for its turn while its owner gets and spends points, and nothing is done twice', async () => {
      const ownerId = 'busy|1';
      const spending = new SpendingService(books, settings);
      const wish = { ownerId, amount: 10, reason: '이벤트' };
      await spending.grant({ ...wish, idempotencyKey: 'first' });
      const during = watchStatements(books);
      const grants = async () => {
        for (let key = 0; key < 20; key++) await spending.grant({ ...wish, idempotencyKey: `${key}` });
      };
      const others = Array.from({ length: 5 }, (_, turn) => async () => {
        for (let key = 0; key < 20; key++)
          await spending.spend({ ...wish, amount: 1, idempotencyKey: `${turn}-${key}` });
      });

      const statements = await during(() =>
        Promise.all([
          grants(),
          ...others.map((work) => work()),
          ...Array.from({ length: 5 }, (_, part) =>
            run(Array.from({ length: 5 }, (__, row) => `${ownerId},7,PAID,,${part}-${row}`)),
          ),
        ]),
      );

      expect(statements.filter((text) => text === 'SET')).toHaveLength(2 * (20 + 100 + 5));
      expect((await readAccount(books, ownerId)).balance.point).toBe(10 + 20 * 10 - 100 + 25 * 7);
      expect(await faultsInBooks(books, ownerId)).toEqual([]);
    });
  }

  test('of two tables at once in which a row is of different owners imports one of them', async () => {
    const name = newName();
    const tableOf = (owner: string) =>
      Array.from({ length: 20 }, (_, row) => `${owner}|${row},10,PAID,,${row}`);

    const runs = await Promise.all([run(tableOf('left'), { name }), run(tableOf('right'), { name })]);

    expect(runs.reduce((sum, { totals }) => sum + importedRows(totals), 0)).toBe(20);
    expect(runs.reduce((sum, { totals }) => sum + totals.refused, 0)).toBe(20);
  });

  test.each([
    ['an unclosed quote', `${HEADER}\nlate|1,1,PAID,,\n"late|2,1,PAID,,\n`, /no CSV near line 3/],
    ['nothing', '', /is empty/],
    ['no header', 'late|1,1,PAID,,\n', /is not known/],
    [
      'EUC-KR',
      Buffer.from([...Buffer.from(`${HEADER},reason\nlate|1,1,PAID,,,`), 0xc6, 0xf7]),
      /not in UTF-8/,
    ],
    ['UTF-16', Buffer.from(`\uFEFF${HEADER}\nlate|1,1,PAID,,`, 'utf16le'), /not in UTF-8/],
  ])('of a file with %s is refused whole', async (_, content, fault) => {
    const path = join(folder, 'unreadable.csv');
    await writeFile(path, content);
    const wish = { path, name: newName(), isDryRun: false };
    const listener = { onRefused: () => undefined, onProgress: () => undefined };

    await expect(new PointImport(books, settings, EVERYBODY).run(wish, listener)).rejects.toThrow(fault);

    expect(await rowsOf('late|1')).toEqual([]);
  });
});
