import { Inject, Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { type DataSource, In, IsNull, Not } from 'typeorm';
import { newId } from '../database/new-id.js';
import { RowsOf } from '../database/statement.js';
import { SETTINGS, type Settings } from '../config/settings.js';
import { Gateways } from '../gateway/gateways.js';
import { openAccount } from '../point-account/accounts.js';
import { nextCheckAfter, ORDER_LIFETIME_MS } from './check-schedule.js';
import {
  insertIfItCanBeKept,
  NOTHING_PROMISED,
  OPEN_ORDERS_MAX,
  readPromised,
  openOrderOf,
} from './open-orders.js';
import { Payment } from './payment.entity.js';
import { PaymentOrder, StoredOrderState } from './payment-order.entity.js';
import { NotAPackage, PointLimitExceeded, TooManyOpenOrders } from './refusals.js';

/** Between a look at the open orders and the attempt to store another one, some of them can end or be paid. */
const STORE_ATTEMPTS_MAX = 3;
const MERCHANT_UID_PREFIX = 'pt';

/** As many as can be open. */
export const AWAITED_DEPOSITS_MAX = OPEN_ORDERS_MAX;
/** Of all orders of one page together. */
const ACCOUNTS_MAX = 1000;

const awaitingOrders = new RowsOf(
  PaymentOrder,
  () => `WHERE ownerId = :ownerId AND state = '${StoredOrderState.AWAITING_DEPOSIT}'
  ORDER BY expiresAt DESC LIMIT ${AWAITED_DEPOSITS_MAX}`,
);
const orderByUid = new RowsOf(PaymentOrder, () => 'WHERE merchantUid = :merchantUid');

@Injectable()
export class PaymentOrderService {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    @Inject(SETTINGS) private readonly settings: Settings,
    private readonly gateways: Gateways,
  ) {}

  /**
   * Asks an owner to pay one of the packages. Who wants the same again gets the order that is still open, so that neither a
   * repeated call nor a second click makes a second one.
   *
   * The gateway learns the amount first: should we die before the order is stored, nobody has its `merchantUid` and nobody
   * can pay it. What is promised already is looked at before that, so that a refusal calls nobody, and again when it is stored.
   *
   * @param amount whole won.
   * @throws {NotAPackage} {@link PointLimitExceeded} {@link TooManyOpenOrders} the gateway is not called.
   * @throws {GatewayUnavailable} no order is stored; a retry makes another order.
   */
  async create(ownerId: string, amount: number): Promise<PaymentOrder> {
    const amounts = this.settings.pointPackages.map((one) => one.amount);
    if (!amounts.includes(amount)) throw new NotAPackage(amounts);
    const open = await this.openOrderFor(ownerId, amount);
    if (open) return open;

    const gateway = this.gateways.forNewOrders;
    const createdAt = new Date();
    const order: PaymentOrder = {
      merchantUid: newMerchantUid(),
      ownerId,
      gateway: gateway.name,
      amount,
      state: StoredOrderState.READY,
      createdAt,
      expiresAt: new Date(createdAt.getTime() + ORDER_LIFETIME_MS),
      nextCheckAt: nextCheckAfter(createdAt, createdAt),
      paidAt: null,
      depositReportedAt: null,
    };
    await gateway.registerAmount(order);
    for (let attempt = 1; attempt <= STORE_ATTEMPTS_MAX; attempt++) {
      if (await insertIfItCanBeKept(this.dataSource, order, this.settings.pointMaxBalance)) return order;
      const openMeanwhile = await this.openOrderFor(ownerId, amount);
      if (openMeanwhile) return openMeanwhile;
    }
    throw new Error(`an order that may be made could not be stored in ${STORE_ATTEMPTS_MAX} attempts`);
  }

  /**
   * The owner's open order of this amount, if there is one with enough time left. If there is none, the owner has an account
   * from here on, if only an empty one.
   *
   * @throws {PointLimitExceeded} {@link TooManyOpenOrders} when another one would promise too much.
   */
  private async openOrderFor(ownerId: string, amount: number): Promise<PaymentOrder | undefined> {
    const promised = await readPromised(this.dataSource, ownerId);
    const { point, orders } = promised ?? NOTHING_PROMISED;
    const same = openOrderOf(orders, amount);
    if (same) return same;
    if (orders.length >= OPEN_ORDERS_MAX) throw new TooManyOpenOrders(OPEN_ORDERS_MAX);
    const { pointMaxBalance } = this.settings;
    const openOrders = orders.reduce((sum, order) => sum + order.amount, 0);
    if (point + openOrders + amount > pointMaxBalance) {
      throw new PointLimitExceeded({ point, openOrders, maxBalance: pointMaxBalance });
    }
    if (!promised) await openAccount(this.dataSource.manager, ownerId);
    return undefined;
  }

  /** An owner's orders for which an account waits, those with the most time first (the newest, mostly), at most {@link AWAITED_DEPOSITS_MAX}. */
  async awaitingDeposits(ownerId: string): Promise<PaymentOrder[]> {
    return awaitingOrders.all(this.dataSource.manager, { ownerId });
  }

  /** The payments of these orders for which an account was opened, newest first. */
  async accountsOf(merchantUids: string[]): Promise<Payment[]> {
    const accounts = await this.dataSource.manager.find(Payment, {
      where: { merchantUid: In(merchantUids), accountNumber: Not(IsNull()) },
      take: ACCOUNTS_MAX,
    });
    return accounts.toSorted((first, second) => second.id.localeCompare(first.id));
  }

  async find(merchantUid: string): Promise<PaymentOrder | null> {
    return orderByUid.first(this.dataSource.manager, { merchantUid });
  }
}

/** 28 letters and digits, which every PG takes; the last 16 hold 80 random bits, so that nobody can guess one. */
function newMerchantUid(): string {
  return `${MERCHANT_UID_PREFIX}${newId()}`;
}
