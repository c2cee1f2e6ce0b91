import { Inject, Injectable } from '@nestjs/common';
import { type DataSource, In, IsNull, Not } from 'typeorm';
import { InjectDataSource } from '../database/inject.js';
import { newId } from '../database/new-id.js';
import { RowsOf } from '../database/statement.js';
import { PaymentMethod } from '../config/payment-methods.js';
import { SETTINGS, type Settings } from '../config/settings.js';
import { offerOf, type OfferedMethod } from '../gateway/offered-method.js';
import type { PaidBy } from '../gateway/pg-rules.js';
import { Gateways } from '../gateway/gateways.js';
import { openAccount } from '../point-account/accounts.js';
import { Unauthenticated } from '../refusal/unauthenticated.js';
import { SHOP, type Shop } from '../shop/shop.js';
import { nextCheckAfter, ORDER_LIFETIME_MS } from './check-schedule.js';
import {
  insertIfItCanBeKept,
  NOTHING_PROMISED,
  OPEN_ORDERS_MAX,
  readPromised,
  openOrderOf,
  payBy,
} from './open-orders.js';
import { Payment } from './payment.entity.js';
import { PaymentOrder, StoredOrderState } from './payment-order.entity.js';
import { readPaidBefore } from './paid-before.js';
import { partsOfOrder } from './tax-parts.js';
import {
  faultOfAmount,
  faultOfTime,
  hasLimitOfTime,
  type LimitFault,
  type PaidBefore,
} from './method-limits.js';
import {
  MethodLimitExceeded,
  MethodNotOffered,
  NotAPackage,
  PointLimitExceeded,
  TermsNotAgreed,
  TooManyOpenOrders,
} from './refusals.js';

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
    @Inject(SHOP) private readonly shop: Pick<Shop, 'consent'>,
  ) {}

  /**
   * Asks an owner to pay one of the packages. Who wants the same again under the same terms gets the order that is still open,
   * also to pay it in another way, so that neither a repeated call nor a second click makes a second one.
   *
   * The gateway learns the amount first: should we die before the order is stored, nobody has its `merchantUid` and nobody
   * can pay it. What is promised already is looked at before that, so that a refusal calls nobody, and again when it is stored.
   *
   * @param amount whole won.
   * @param method left out: the first offered one.
   * @param agreedVersion of the shop's terms; left aside where the shop asks for no consent.
   * @throws {TermsNotAgreed} {@link NotAPackage} {@link MethodNotOffered} {@link MethodLimitExceeded}
   * {@link PointLimitExceeded} {@link TooManyOpenOrders} the gateway is not called.
   * @throws {Unauthenticated} the owner has left, if only while the gateway was called; no order is stored.
   * @throws {GatewayUnavailable} no order is stored; a retry makes another order.
   */
  async create(
    ownerId: string,
    amount: number,
    method?: PaymentMethod,
    agreedVersion?: string,
  ): Promise<PaymentOrder> {
    const termsVersion = this.shop.consent?.version ?? null;
    if (termsVersion !== null && agreedVersion !== termsVersion) throw new TermsNotAgreed(termsVersion);
    const { pointPackages } = this.settings;
    const chosen = pointPackages.find((one) => one.amount === amount);
    if (!chosen) throw new NotAPackage(pointPackages.map((one) => one.amount));
    const gateway = this.gateways.forNewOrders;
    const offer = method === undefined ? gateway.offers[0] : offerOf(gateway.offers, method);
    if (!offer) throw new MethodNotOffered(gateway.offers.map((one) => one.method));
    const fault = await this.limitFault(ownerId, amount, offer);
    if (fault) throw new MethodLimitExceeded(offer.method, fault);
    const wanted = { ...chosen, termsVersion };
    const open = await this.openOrderFor(ownerId, wanted);
    if (open) return payBy(this.dataSource, open, offer.method);

    const createdAt = new Date();
    const order: PaymentOrder = {
      merchantUid: newMerchantUid(),
      ownerId,
      gateway: gateway.name,
      amount,
      bonus: chosen.bonus,
      ...partsOfOrder(this.settings.tax, amount),
      method: offer.method,
      state: StoredOrderState.READY,
      termsVersion,
      createdAt,
      expiresAt: new Date(createdAt.getTime() + ORDER_LIFETIME_MS),
      nextCheckAt: nextCheckAfter(createdAt, createdAt),
      paidAt: null,
      depositReportedAt: null,
    };
    await gateway.registerAmount(order);
    for (let attempt = 1; attempt <= STORE_ATTEMPTS_MAX; attempt++) {
      if (await insertIfItCanBeKept(this.dataSource, order, this.settings.pointMaxBalance)) return order;
      const openMeanwhile = await this.openOrderFor(ownerId, wanted);
      if (openMeanwhile) return payBy(this.dataSource, openMeanwhile, offer.method);
    }
    throw new Error(`an order that may be made could not be stored in ${STORE_ATTEMPTS_MAX} attempts`);
  }

  /** The limit of the payment company or of the shop that such a payment would exceed. What was paid is read only where it counts. */
  private async limitFault(
    ownerId: string,
    amount: number,
    offer: OfferedMethod,
  ): Promise<LimitFault | undefined> {
    const limits = this.settings.paymentLimits[offer.method] ?? {};
    const fault = faultOfAmount(amount, offer, limits);
    if (fault || !hasLimitOfTime(limits)) return fault;
    return faultOfTime(amount, limits, await this.paidBefore(ownerId, offer.method));
  }

  /** An account that waits for its deposit counts as paid: it can be paid into at any moment. */
  private async paidBefore(ownerId: string, method: PaymentMethod): Promise<PaidBefore> {
    const { manager } = this.dataSource;
    const isOfMethod = (paid: PaidBy) => this.gateways.forNewOrders.methodOf(paid) === method;
    const { day, month } = await readPaidBefore(manager, ownerId, isOfMethod, new Date());
    if (method !== PaymentMethod.VIRTUAL_ACCOUNT) return { day, month };
    const waiting = (await this.awaitingDeposits(ownerId)).reduce((sum, order) => sum + order.amount, 0);
    return { day: day + waiting, month: month + waiting };
  }

  /**
   * The owner's open order of this amount and these terms, if there is one with enough time left. If there is none, the owner has an account
   * from here on, if only an empty one.
   *
   * @throws {Unauthenticated} when the owner has left.
   * @throws {PointLimitExceeded} {@link TooManyOpenOrders} when another one would promise too much.
   */
  private async openOrderFor(
    ownerId: string,
    wanted: Pick<PaymentOrder, 'amount' | 'bonus' | 'termsVersion'>,
  ): Promise<PaymentOrder | undefined> {
    const promised = await readPromised(this.dataSource, ownerId);
    const { point, isClosed, orders } = promised ?? NOTHING_PROMISED;
    if (isClosed) throw new Unauthenticated();
    const same = openOrderOf(orders, wanted);
    if (same) return same;
    if (orders.length >= OPEN_ORDERS_MAX) throw new TooManyOpenOrders(OPEN_ORDERS_MAX);
    const { pointMaxBalance } = this.settings;
    const openOrders = orders.reduce((sum, order) => sum + order.amount + order.bonus, 0);
    if (point + openOrders + wanted.amount + wanted.bonus > pointMaxBalance) {
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
