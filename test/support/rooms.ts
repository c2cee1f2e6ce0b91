import { CashReceiptService } from '../../src/cash-receipt/cash-receipt.service.js';
import { CashReceiptWork } from '../../src/cash-receipt/cash-receipt-work.js';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DataSource } from 'typeorm';
import { gatewaysOf } from '../../src/adapters.js';
import { CancellationWork } from '../../src/cancellation/cancellation-work.js';
import { CancellationService } from '../../src/cancellation/cancellation.service.js';
import { ComparisonWork } from '../../src/comparison/comparison-work.js';
import { Comparer } from '../../src/comparison/comparer.js';
import { readSettings, type Settings } from '../../src/config/settings.js';
import { prepareDatabase } from '../../src/database/prepare-database.js';
import type { GatewayPayment } from '../../src/gateway/gateway-payment.js';
import type { Gateway } from '../../src/gateway/gateway.js';
import { Gateways } from '../../src/gateway/gateways.js';
import { EventWork } from '../../src/event-sending/event-work.js';
import { storeEvents } from '../../src/event/outbox.js';
import { createLogger } from '../../src/logging/logger.js';
import { PaymentOrderService } from '../../src/payment/payment-order.service.js';
import { OrderChecks } from '../../src/point-transaction/order-checks.js';
import { PointTransactionService } from '../../src/point-transaction/point-transaction.service.js';
import { Reconciliation } from '../../src/point-transaction/reconciliation.js';
import { RecoveryService } from '../../src/recovery/recovery.service.js';
import { ExpiryWork } from '../../src/spending/expiry-work.js';
import { ExpiryNotices } from '../../src/spending/expiry-notices.js';
import { HoldService } from '../../src/spending/hold.service.js';
import { HoldWork } from '../../src/spending/hold-work.js';
import { SpendingService } from '../../src/spending/spending.service.js';
import { NO_SHOP, type Shop } from '../../src/shop/shop.js';
import { WebhookWork } from '../../src/webhook/webhook-work.js';
import { WebhookService } from '../../src/webhook/webhook.service.js';
import { connect } from './books.js';
import type { DatabaseEnv } from './databases.js';
import { simulatorSettings } from './server.js';

const WAIT_MAX_MS = 45_000;
const LOOK_EVERY_MS = 20;
/** Of pino. */
const ERROR_LEVEL = 50;

export type Rooms = Awaited<ReturnType<typeof openRooms>>;

/**
 * The rooms of the house without its doors: the server's own classes on a database of this test, in this process, so that a
 * test can call them one by one. Recovery sleeps until it is told to begin.
 */
export async function openRooms({
  database,
  gatewayUrl,
  env = {},
  gateways: given,
  adapt = (gateway) => gateway,
  shop = NO_SHOP,
}: {
  database: DatabaseEnv;
  gatewayUrl: string;
  env?: Record<string, string>;
  /** In place of those of the settings. */
  gateways?: Gateways;
  /** Changes what the gateway of the settings can do. */
  adapt?: (gateway: Gateway) => Gateway;
  shop?: Shop;
}) {
  const settings: Settings = readSettings({
    ...database,
    ...simulatorSettings(gatewayUrl),
    RECOVERY_INTERVAL_MS: '20',
    RECOVERY_GRACE_MS: '300',
    LOG_LEVEL: 'silent',
    ...env,
  });
  await prepareDatabase(settings, 'migrate');
  const books: DataSource = await connect(settings.database);
  if (settings.events) storeEvents(books);
  const lines: string[] = [];
  const errors: string[] = [];
  const logger = createLogger('info', {
    write: (line) => {
      lines.push(line);
      if ((JSON.parse(line) as { level: number }).level >= ERROR_LEVEL) errors.push(line);
    },
  });
  const gateways = given ?? new Gateways(adapt(gatewaysOf(settings, logger).forNewOrders));
  const orders = new PaymentOrderService(books, settings, gateways, shop);
  const reconciliation = new Reconciliation(books, logger, gateways, settings);
  const cancellations = new CancellationService(books, settings, logger, gateways, reconciliation, shop);
  const webhooks = new WebhookService(books, orders);
  const webhookWork = new WebhookWork(books, logger, orders, reconciliation);
  const orderChecks = new OrderChecks(books, gateways, reconciliation);
  const cancellationWork = new CancellationWork(books, settings, logger, cancellations, reconciliation);
  const spending = new SpendingService(books, settings);
  const holds = new HoldService(books, settings);
  const cashReceipts = new CashReceiptService(books, settings, logger, gateways);
  const comparer = new Comparer(books, settings, logger, gateways, reconciliation);
  /** As another server would have them: each remembers for itself which days it knows. */
  const newRecovery = () =>
    new RecoveryService(
      settings,
      logger,
      cancellationWork,
      webhookWork,
      orderChecks,
      new ComparisonWork(books, settings, gateways, comparer),
      new HoldWork(books, logger, holds),
      new ExpiryWork(books, logger),
      new ExpiryNotices(books, logger),
      new CashReceiptWork(books, cashReceipts),
      new EventWork(books, logger, settings),
    );

  /** Reads a payment at the gateway. @throws when it does not know it. */
  async function read(impUid: string): Promise<GatewayPayment> {
    const payment = await gateways.forNewOrders.readPayment(impUid);
    if (!payment) throw new Error('the gateway does not know this payment');
    return payment;
  }

  /** Looks at all payments of the order that a payment is for, as each way to news of it does. */
  async function reconcile(impUid: string): Promise<void> {
    const order = await orders.find((await read(impUid)).merchantUid);
    if (order) await reconciliation.reconcileOrder(order);
  }

  async function recoverWhile(work: () => Promise<unknown>): Promise<void> {
    const recovery = newRecovery();
    recovery.onApplicationBootstrap();
    try {
      await work();
    } finally {
      await recovery.beforeApplicationShutdown();
    }
    // Recovery goes on after a piece that fails; a test must not.
    const failed = errors.filter((line) => line.includes('recovery failed at a piece of work'));
    if (failed.length > 0) throw new Error(failed.join(''));
  }

  return {
    books,
    settings,
    orders,
    gateways,
    /** All that was logged. */
    lines,
    /** What was logged as an error. */
    errors,
    reconciliation,
    comparer,
    read,
    reconcile,
    cancellations,
    cashReceipts,
    spending,
    holds,
    webhooks,
    webhookWork,
    transactions: new PointTransactionService(books, gateways, reconciliation),
    recoverWhile,
    /** Recovery works until `look` is content. @throws what `look` last threw when it is not content in time. */
    recoverUntil: (look: () => Promise<void>) => recoverWhile(() => eventually(look)),
    close: () => books.destroy(),
  };
}

/** Looks again and again until nothing is thrown. @throws what was thrown last when the time is over. */
export async function eventually(look: () => Promise<void>): Promise<void> {
  const deadline = Date.now() + WAIT_MAX_MS;
  for (;;) {
    try {
      return await look();
    } catch (error) {
      if (Date.now() > deadline) throw error;
    }
    await sleep(LOOK_EVERY_MS);
  }
}
