import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { In, IsNull, Not, type DataSource } from 'typeorm';
import { Attention } from '../../src/attention/attention.entity.js';
import { PaymentOrder } from '../../src/payment/payment-order.entity.js';
import { CashReceiptRow } from '../../src/payment/cash-receipt.entity.js';
import { Cancellation, CancellationState } from '../../src/payment/cancellation.entity.js';
import { PointAccount } from '../../src/point-account/point-account.entity.js';
import { WebhookDelivery } from '../../src/webhook/webhook-delivery.entity.js';
import { openBooks } from '../support/books.js';
import type { TestDatabase } from '../support/databases.js';
import type { PaymentWish } from '../support/simulator-control.js';
import { type RunningProgram, simulatorSettings, startServer, startSimulator } from '../support/server.js';
import { addCustomer, type Customer, JWT_SECRET } from './customer.js';
import { findingsOf, verifyWithGateway } from './findings.js';
import { type Gateway, gateway } from './gateway.js';
import type { RowLock } from './row-lock.js';
import { openStatementGate, type StatementGate } from './statement-gate.js';

const SETTLE_TIMEOUT_MS = 25_000;
const LOOK_EVERY_MS = 150;
/** As long as it can be: until the first kill nothing but the operation itself is to happen. */
const ASLEEP = { RECOVERY_INTERVAL_MS: '60000', RECOVERY_GRACE_MS: '300000' };
/**
 * The grace is longer than all scenes together need from one step to the next, also on a busy machine: nothing is sent
 * twice without a kill, and a held call is released before recovery sends the next one.
 */
const AWAKE = { RECOVERY_INTERVAL_MS: '200', RECOVERY_GRACE_MS: '3000' };
/** Every halted operation keeps a connection. */
const POOL_SIZE = 80;
const ORDER_AMOUNT = 10_000;

/** One crash, all of it about one customer and one order of their own. */
export interface Scene {
  customer: Customer;
  merchantUid: string;
  impUid: string;
  gateway: Gateway;
  books: DataSource;
  /** On MariaDB only. */
  gate: StatementGate;
  /** The database past the gate; on MariaDB only. */
  databaseUrl: string;
  /** Of the server that runs now. */
  serverUrl: () => string;
  /** Gateway calls that were held, oldest first. */
  holds: string[];
  locks: RowLock[];
  /** A second payment of the order, where there is one. */
  secondImpUid: string;
}

/**
 * A place at which the server is to stand when it is killed.
 *
 * @returns what ends when it stands there; it is called once the operation has been started.
 */
export type Halt = (scene: Scene) => Promise<() => Promise<void>>;

export interface Crash {
  title: string;
  /** What was paid; by default what the order asks for, nothing for null. */
  paid?: Partial<PaymentWish> | null;
  /** Whether the payment is credited before the crash begins. */
  credited?: boolean;
  /** What happened then, before the crash begins. */
  before?: (scene: Scene) => Promise<unknown>;
  /** What the first server is doing when it is killed. */
  operation: (scene: Scene) => Promise<unknown>;
  /**
   * One for each kill, as many as the other crashes of the drill have. The first server is halted in the operation, the
   * next one in its recovery.
   */
  halts: Halt[];
  /** The check of the order by recovery is due from the first restart on, as a minute later. */
  orderCheckDue?: boolean;
  /** What happens between the last kill and the last start. */
  afterKill?: (scene: Scene) => Promise<unknown>;
  /** What happens after the last start. */
  afterStart?: (scene: Scene) => Promise<unknown>;
  /** What happens when all is settled; then it must settle again. */
  afterRecovery?: (scene: Scene) => Promise<unknown>;
  expected: Outcome;
}

/** What a customer and the gateway see in the end. */
export interface Outcome {
  point: number;
  /** Nothing is held in the end. */
  heldPoint: number;
  /** What the gateway has given back. */
  refunded: number;
  cancellations: string[];
  /** What our row says of the order; only some crashes are about it. */
  order?: string;
  /** What waits for a person. */
  attentions?: string[];
}

export interface DrillReport {
  outcomes: Map<Crash, Required<Outcome>>;
  findings: string[];
  verification: { exitCode: number; output: string };
}

/**
 * Plays many crashes at once, so that a handful of server processes is enough for all of them: every operation is brought
 * to its halt, the server is killed with SIGKILL, started again, perhaps halted and killed in its recovery too, and then left
 * alone until it has settled everything.
 */
export async function drill(database: TestDatabase, crashes: Crash[]): Promise<DrillReport> {
  const folder = await mkdtemp(join(tmpdir(), 'point-top-up-crash-'));
  const simulator = await startSimulator({
    env: { IAMPORT_SIMULATOR_DATA: join(folder, 'simulator.db') },
  });
  const books = await openBooks(database.env);
  const databaseUrl = database.env.DATABASE_URL ?? '';
  const gate = databaseUrl === '' ? undefined : await openStatementGate(databaseUrl);
  const env = {
    ...database.env,
    ...(gate ? { DATABASE_URL: gate.url } : {}),
    ...simulatorSettings(simulator.url),
    JWT_SECRET,
    RATE_LIMIT: 'off',
    REFUND_ACCOUNT_KEYS: `crash:${Buffer.alloc(32, 1).toString('base64')}`,
    CASH_RECEIPT: 'ask',
    DATABASE_POOL_SIZE: String(POOL_SIZE),
  };
  let server: RunningProgram | undefined;
  const start = async (recovery: typeof ASLEEP) => {
    server = await startServer({ env: { ...env, ...recovery } });
  };
  const scenes = new Map<Crash, Scene>();
  try {
    await start(ASLEEP);
    for (const crash of crashes) {
      scenes.set(crash, {
        customer: await addCustomer(books),
        merchantUid: '',
        impUid: '',
        gateway: gateway(simulator.url),
        books,
        gate: gate ?? noGate,
        databaseUrl,
        serverUrl: () => server?.url ?? '',
        holds: [],
        locks: [],
        secondImpUid: '',
      });
    }
    await eachOf(scenes, prepare);

    const kills = crashes[0]?.halts.length ?? 0;
    for (let kill = 0; kill < kills; kill++) {
      const halts = [...scenes].flatMap(([crash, scene]) => crash.halts[kill]?.(scene) ?? []);
      const arrivals = await Promise.all(halts);
      if (kill === 0) for (const [crash, scene] of scenes) void crash.operation(scene).catch(diedWithServer);
      else await start(AWAKE);
      await Promise.all(arrivals.map((arrived) => arrived()));
      await server?.kill();
      await eachOf(scenes, async (crash, scene) => {
        for (const lock of scene.locks.splice(0)) await lock.release();
        if (kill === kills - 1) await crash.afterKill?.(scene);
      });
      await makeDue(books, scenes);
      await makeReceiptsDue(books);
    }

    await start(AWAKE);
    await eachOf(scenes, (crash, scene) => crash.afterStart?.(scene));
    await settle(books, scenes);
    await eachOf(scenes, (crash, scene) => crash.afterRecovery?.(scene));
    await settle(books, scenes);
    const payments = await gateway(simulator.url).payments();
    return {
      outcomes: await outcomesOf(books, scenes),
      findings: await findingsOf(books, payments),
      verification: await verifyWithGateway(env),
    };
  } finally {
    // After a failure too: whatever else wants this database would wait for them.
    for (const { locks } of scenes.values()) for (const lock of locks.splice(0)) await lock.release();
    await server?.kill();
    await simulator.stop();
    await gate?.close();
    await books.destroy();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Whoever asked a server that is killed hears nothing; what became of it is looked up in the books. */
function diedWithServer(): void {}

const noGate: StatementGate = {
  url: '',
  stop: () => {
    throw new Error('SQLite has no way to put a gate into');
  },
  close: async () => undefined,
};

async function eachOf(
  scenes: Map<Crash, Scene>,
  step: (crash: Crash, scene: Scene) => unknown,
): Promise<void> {
  await Promise.all([...scenes].map(async ([crash, scene]) => step(crash, scene)));
}

async function prepare(crash: Crash, scene: Scene): Promise<void> {
  if (crash.paid === null) return;
  const { data } = await scene.customer.order(scene.serverUrl(), ORDER_AMOUNT);
  scene.merchantUid = data.createPaymentOrder.merchantUid;
  const payment = await scene.gateway.pay({
    merchant_uid: scene.merchantUid,
    amount: ORDER_AMOUNT,
    ...crash.paid,
  });
  scene.impUid = payment.imp_uid;
  if (crash.credited) await scene.customer.credit(scene.serverUrl(), scene.impUid);
  await crash.before?.(scene);
}

/** Lets the time pass after which recovery would look again by itself. */
async function makeDue(books: DataSource, scenes: Map<Crash, Scene>): Promise<void> {
  const { manager } = books;
  const nextAttemptAt = new Date();
  await manager.update(Cancellation, { nextAttemptAt: Not(IsNull()) }, { nextAttemptAt });
  await manager.update(WebhookDelivery, { nextAttemptAt: Not(IsNull()) }, { nextAttemptAt });
  const orders = [...scenes].filter(([crash]) => crash.orderCheckDue).map(([, scene]) => scene.merchantUid);
  await manager.update(PaymentOrder, { merchantUid: In(orders) }, { nextCheckAt: nextAttemptAt });
}

/** Only after a kill: each look counts against what a receipt has of them. */
async function makeReceiptsDue({ manager }: DataSource): Promise<void> {
  await manager.update(CashReceiptRow, { nextAttemptAt: Not(IsNull()) }, { nextAttemptAt: new Date() });
}

/** Waits until recovery has nothing left to do and every outcome is there, at most for SETTLE_TIMEOUT_MS. */
async function settle(books: DataSource, scenes: Map<Crash, Scene>): Promise<void> {
  const deadline = Date.now() + SETTLE_TIMEOUT_MS;
  while (Date.now() < deadline) {
    const outcomes = await outcomesOf(books, scenes);
    const open = await books.manager.countBy(Cancellation, { state: CancellationState.PENDING });
    const due = await books.manager.countBy(WebhookDelivery, { nextAttemptAt: Not(IsNull()) });
    const isThere = [...outcomes].every(
      ([{ expected }, { point, order }]) => point === expected.point && order === (expected.order ?? order),
    );
    if (open === 0 && due === 0 && isThere) return;
    await makeDue(books, scenes);
    await sleep(LOOK_EVERY_MS);
  }
}

async function outcomesOf(books: DataSource, scenes: Map<Crash, Scene>): Promise<DrillReport['outcomes']> {
  const { manager } = books;
  const [first] = scenes.values();
  const payments = new Map((await first?.gateway.payments())?.map((payment) => [payment.imp_uid, payment]));
  const outcomes: DrillReport['outcomes'] = new Map();
  for (const [crash, { customer, impUid, merchantUid }] of scenes) {
    const { point, heldPoint } = await manager.findOneByOrFail(PointAccount, { ownerId: customer.ownerId });
    const cancellations = await manager.findBy(Cancellation, { ownerId: customer.ownerId });
    const order = await manager.findOneBy(PaymentOrder, { merchantUid });
    const attentions = await manager.findBy(Attention, {
      ownerId: customer.ownerId,
      resolvedAt: IsNull(),
    });
    outcomes.set(crash, {
      point,
      heldPoint,
      refunded: payments.get(impUid)?.cancel_amount ?? 0,
      cancellations: cancellations.map(({ state }) => state),
      order: order?.state ?? '',
      attentions: attentions.map(({ kind }) => kind),
    });
  }
  return outcomes;
}
