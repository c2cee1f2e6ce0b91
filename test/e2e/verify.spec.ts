import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import Database from 'libsql';
import { addOrder, newImpUid, openBooks, applierOf } from '../support/books.js';
import { cancelPayment, QUICK_RECOVERY, topUp } from '../support/cancel-operations.js';
import { gatewayView, type GatewayView } from '../support/gateway-view.js';
import { describeOnEachDatabase } from '../support/databases.js';
import { answerJson, type Fault, startFaultyGateway } from '../support/faulty-gateway.js';
import { runProgram } from '../support/programs.js';
import { simulatorSettings } from '../support/server.js';
import { startTopUpService, type TopUpService } from '../support/top-up-service.js';

const PROVED = 'PROVED: every won is accounted for.';
/** What no comparison with the gateway has looked at: all of it, since it happened just now. */
const PROVED_ALONE =
  /^PROVED as far as it was compared with the gateway: 0 of \d+ transactions of payments\./m;
const MANY_ROWS = 200_000;
const ROWS_OF_OWNER = 1_000;
const SMALL_HEAP_MB = 80;

/** As src/programs/verify.ts has it. */
const LISTED_MAX = 100;

const figure = (output: string, name: string) => new RegExp(`^${name} +(-?\\d+)$`, 'm').exec(output)?.[1];
const figureOfText = (output: string, name: string) => new RegExp(`^  ${name} +(.+)$`, 'm').exec(output)?.[1];

describeOnEachDatabase('npm run verify', (database) => {
  let service: TopUpService;
  let view: GatewayView;
  let impUid: string;
  let ownerId: string;

  beforeAll(async () => {
    service = await startTopUpService({ database: database.env, env: QUICK_RECOVERY });
    view = gatewayView(service.simulatorUrl);
    for (const change of ['update', 'delete']) {
      await service.books.query(`DROP TRIGGER tr_point_transaction_no_${change}`);
    }
  });

  beforeEach(async () => {
    const { client, account } = await service.user();
    ownerId = account.id;
    impUid = await topUp(client, service.simulator);
    await cancelPayment(client, { impUid, amount: 1_000 });
  });

  afterAll(() => service.stop());

  const verify = (args: string[] = [], env: Record<string, string> = {}) =>
    runProgram('programs/verify.js', {
      args,
      env: { ...database.env, ...simulatorSettings(service.simulatorUrl), ...env },
    });

  test('proves right books while the server is running, with figures, and ends with 0', async () => {
    const { exitCode, output } = await verify();

    expect(output).toMatch(PROVED_ALONE);
    expect(exitCode).toBe(0);
    expect(figure(output, 'transactions')).toMatch(/^[1-9]/);
    expect(figure(output, 'points')).toMatch(/^[1-9]\d*000$/);
    expect(output).not.toContain('at the gateway');
  });

  test('proves nothing when an option is misspelt: it would be less than was asked for', async () => {
    const { exitCode, output } = await verify(['--gatewya']);

    expect(output).toMatch(/^NOT RUN: .*'--gatewya'/);
    expect(exitCode).toBe(2);
  });

  test('names the row that was altered in SQL and ends with 1', async () => {
    await service.books.query('UPDATE point_account SET point = point + 5 WHERE ownerId = ?', [ownerId]);

    const { exitCode, output } = await verify();

    expect(exitCode).toBe(1);
    expect(output).toContain('WRONG: a balance is not the sum of its transactions');
    expect(output).toContain(ownerId);
    expect(figure(output, '  point')).toBe('9005');
    expect(figure(output, '  expected')).toBe('9000');
    expect(output).not.toContain('PROVED');
    await service.books.query('UPDATE point_account SET point = point - 5 WHERE ownerId = ?', [ownerId]);
  });

  test('with --gateway compares payment by payment', async () => {
    const { exitCode, output } = await verify(['--gateway']);

    expect(output).toContain(PROVED);
    expect(exitCode).toBe(0);
    expect(figure(output, 'at the gateway')).toBe(figure(output, 'payments'));
  });

  test('with --gateway finds a payment that was cancelled only there, and is content once it is booked', async () => {
    await view.cancelOutside(impUid, 500);

    const { exitCode, output } = await verify(['--gateway']);

    expect(exitCode).toBe(1);
    expect(output).toContain('WRONG: the gateway cancelled another sum than is posted');
    expect(output).toContain(impUid);
    expect(figure(output, '  gatewayCancelledAmount')).toBe('1500');
    expect((await verify()).exitCode).toBe(0);

    const response = await fetch(`${service.url}/webhooks/iamport`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ imp_uid: impUid }),
    });
    expect(response.status).toBe(200);
    // The webhook is worked on while verification looks a second time.
    expect(await verify(['--gateway'])).toMatchObject({ exitCode: 0 });
  });

  /** As if the books had never known a payment by another name. */
  async function nameOtherwise(from: string, to: string): Promise<void> {
    await service.books.query('UPDATE point_payment SET gatewayPaymentId = ? WHERE gatewayPaymentId = ?', [
      to,
      from,
    ]);
    await service.books.query('UPDATE point_transaction SET reference = REPLACE(reference, ?, ?)', [
      from,
      to,
    ]);
  }

  test('with --gateway finds points without money, and books that hide a payment’s cancellation', async () => {
    await nameOtherwise(impUid, 'imp_111111111111');

    const { exitCode, output } = await verify(['--gateway']);

    expect(exitCode).toBe(1);
    expect(output).toContain('WRONG: points without money');
    expect(output).toContain('imp_111111111111');
    await nameOtherwise('imp_111111111111', impUid);
  });

  /** A gateway that tells something else about some payments, and answers 503 for those of which it is to tell nothing. */
  async function verifyAgainst(told: Record<string, Record<string, unknown> | undefined>) {
    const gateway = await startFaultyGateway(service.simulatorUrl);
    const fault: Fault = (request, response, forward) => {
      const asked = Object.keys(told).find((known) => request.url?.startsWith(`/payments/${known}`));
      if (asked === undefined) return false;
      const lie = async () => {
        const { body } = await forward();
        const answer = JSON.parse(body) as { response: object };
        answerJson(response, told[asked] ? 200 : 503, {
          ...answer,
          response: { ...answer.response, ...told[asked] },
        });
      };
      lie().catch((error: unknown) => response.destroy(error as Error));
      return true;
    };
    gateway.misbehave(fault);
    try {
      return await verify(['--gateway'], simulatorSettings(gateway.url));
    } finally {
      await gateway.stop();
    }
  }

  test('with --gateway names every payment that differs, and goes on after one that cannot be read', async () => {
    const { client } = await service.user();
    const another = async () => topUp(client, service.simulator);
    const lies: [rule: string, told: Record<string, unknown>][] = [
      ['points without money: the gateway has no money', { status: 'failed' }],
      ['the gateway has this payment for another order', { merchant_uid: 'pt-of-somebody-else' }],
      ['the gateway does not call this a test payment', { sandbox: false }],
      ['the gateway does not call this a test payment', { sandbox: null }],
      ['the gateway has another currency', { currency: 'USD' }],
      ['the gateway has another amount', { amount: 9_999 }],
      ['the gateway cancelled another sum', { cancel_amount: 1 }],
    ];
    const told: Record<string, Record<string, unknown> | undefined> = {};
    const rules: [impUid: string, rule: string][] = [];
    for (const [rule, lie] of lies) {
      const payment = await another();
      told[payment] = lie;
      rules.push([payment, rule]);
    }
    const unread = await another();
    told[unread] = undefined;

    const { exitCode, output } = await verifyAgainst(told);

    expect(exitCode).toBe(1);
    const named = output.split(/^(?=WRONG: )/m).slice(1);
    for (const [payment, rule] of rules) {
      const ofPayment = named.filter((text) => figureOfText(text, 'gatewayPaymentId') === payment);
      expect(ofPayment).toEqual([expect.stringContaining(`WRONG: ${rule}`)]);
    }
    expect(output).toMatch(new RegExp(`^NOT COMPARED: ${unread} `, 'm'));
    expect(figure(output, 'differences')).toBe(String(lies.length));
    expect(figure(output, 'not compared')).toBe('1');
    expect(figure(output, 'at the gateway')).toBe(String(Number(figure(output, 'payments')) - 1));
    expect(output).not.toContain(PROVED);
  });

  test('with --gateway is not proved and ends with 2 when one payment cannot be read', async () => {
    const { exitCode, output } = await verifyAgainst({ [impUid]: undefined });

    expect(exitCode).toBe(2);
    expect(output).toContain('NOT PROVED: the gateway did not answer');
    expect(figure(output, 'at the gateway')).toBe(String(Number(figure(output, 'payments')) - 1));
    expect(output).not.toContain(PROVED);
  });

  test('proves nothing and ends with 2 when the gateway or the database is away', async () => {
    const noGateway = await verify(['--gateway'], simulatorSettings('http://127.0.0.1:9'));
    expect(noGateway.exitCode).toBe(2);
    expect(noGateway.output).toContain('NOT PROVED');
    expect(noGateway.output).not.toContain(PROVED);

    const noDatabase = await verify([], { DATABASE_URL: 'mariadb://nobody:nothing@127.0.0.1:9/none' });
    expect(noDatabase.exitCode).toBe(2);
    expect(noDatabase.output).toContain('NOT RUN');
    expect(noDatabase.output).not.toContain(PROVED);
  });

  test('lists so many faults and counts the others, and does not ask a gateway that is away for all', async () => {
    const settle = applierOf(service.books);
    for (let made = 0; made < LISTED_MAX; made++) {
      await settle(await addOrder(service.books, ownerId, 1_000), newImpUid());
    }
    await nameOtherwise(impUid, 'no/imp_uid');

    const unknown = await verify(['--gateway']);
    expect(unknown.exitCode).toBe(1);
    expect(figure(unknown.output, 'at the gateway')).toBe(figure(unknown.output, 'payments'));
    expect(unknown.output.match(/^WRONG: points without money/gm)).toHaveLength(LISTED_MAX);
    expect(unknown.output).toMatch(/^differences +101, of which the first 100 are listed$/m);

    const away = await verify(['--gateway'], simulatorSettings('http://127.0.0.1:9'));
    expect(away.output).toContain('NOT PROVED');
    expect(away.output).toContain('the rest was not asked for');
    expect(Number(figure(away.output, 'not compared'))).toBeLessThan(LISTED_MAX);
  });

  test('writes nothing', async () => {
    const tables = [
      'point_account',
      'point_payment',
      'point_transaction',
      'point_payment_order',
      'point_cancellation',
    ];
    const rowsOfAll = () =>
      Promise.all(tables.map((table) => service.books.query(`SELECT * FROM ${table} ORDER BY 1`)));
    // What recovery does in the meantime is not verification's writing.
    await service.server.stop();
    const before = await rowsOfAll();

    await verify(['--gateway']);

    expect(await rowsOfAll()).toEqual(before);
  });
});

describe('npm run verify on many rows', () => {
  let dataDir: string;

  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'point-top-up-many-'));
    await (await openBooks({ DATA_DIR: dataDir })).destroy();
    fill(join(dataDir, 'point.db'));
  });

  afterAll(() => rm(dataDir, { recursive: true, force: true }));

  test(`proves ${MANY_ROWS} rows in a heap of ${SMALL_HEAP_MB} MB`, async () => {
    const { exitCode, output, errors } = await runProgram('programs/verify.js', {
      nodeArgs: [`--max-old-space-size=${SMALL_HEAP_MB}`],
      env: { DATA_DIR: dataDir },
    });

    expect(errors).not.toContain('heap');
    expect(output).toMatch(PROVED_ALONE);
    expect(output).toMatch(/^last comparison never$/m);
    expect(exitCode).toBe(0);
    expect(figure(output, 'transactions')).toBe(String(MANY_ROWS));
    expect(figure(output, 'points')).toBe(String(MANY_ROWS * 1_000));
    // Somebody who waits sees that it moves.
    expect(errors).toMatch(/^\d+ rows$/m);
  });
});

/** Right books of many owners, past the server, which would take an hour. */
function fill(file: string): void {
  const database = new Database(file);
  const now = '2026-11-22 00:00:00.000';
  database.exec('BEGIN');
  const addAccount = database.prepare(
    `INSERT INTO point_account (ownerId, point, transactionCount, createdAt) VALUES (?, ?, ?, ?)`,
  );
  const addOrder = database.prepare(
    `INSERT INTO point_payment_order (merchantUid, ownerId, gateway, amount, state, createdAt, expiresAt, paidAt) VALUES (?, ?, 'iamport', 1000, 'PAID', ?, ?, ?)`,
  );
  const addPayment = database.prepare(
    `INSERT INTO point_payment (id, gateway, gatewayPaymentId, merchantUid, ownerId, creditedOrder, state, amount, cancelledAmount, currency, readAt)
     VALUES (?, 'iamport', ?, ?, ?, ?, 'PAID', 1000, 0, 'KRW', ?)`,
  );
  const addRow = database.prepare(
    `INSERT INTO point_transaction (id, ownerId, reference, paymentId, status, amount, sequence, balanceAfter, createdAt)
     VALUES (?, ?, ?, ?, 'PAYMENT', 1000, ?, ?, ?)`,
  );
  const addLot = database.prepare(
    `INSERT INTO point_lot (id, ownerId, kind, paymentId, initial, remaining, expiresAt, openUntil, nextExpiryAt)
     VALUES (?, ?, 'PAID', ?, 1000, 1000, ?, ?, ?)`,
  );
  const expiresAt = '2031-11-22 00:00:00.000';
  for (let owner = 0; owner < MANY_ROWS / ROWS_OF_OWNER; owner++) {
    const ownerId = `owner${owner}`;
    addAccount.run(ownerId, ROWS_OF_OWNER * 1_000, ROWS_OF_OWNER, now);
    for (let sequence = 1; sequence <= ROWS_OF_OWNER; sequence++) {
      const key = `${owner}x${sequence}`;
      addOrder.run(`pt${key}`, ownerId, now, now, now);
      addPayment.run(`pay${key}`, `imp_${key}`, `pt${key}`, ownerId, `pt${key}`, now);
      addRow.run(`row${key}`, ownerId, `iamport:imp_${key}`, `pay${key}`, sequence, sequence * 1_000, now);
      addLot.run(`row${key}`, ownerId, `pay${key}`, expiresAt, expiresAt, expiresAt);
    }
  }
  database.exec('COMMIT');
  database.close();
}
