import { Inject, Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { type DataSource, type EntityManager, MoreThan } from 'typeorm';
import { newId } from '../database/new-id.js';
import { inTransaction } from '../database/transaction.js';
import { SETTINGS, type Settings } from '../config/settings.js';
import { IamportClient } from '../iamport/iamport-client.js';
import { Unauthenticated } from '../refusal/unauthenticated.js';
import { lockUser } from '../user/lock-user.js';
import type { User } from '../user/user.entity.js';
import { UserService } from '../user/user.service.js';
import { nextCheckAfter } from './check-schedule.js';
import { PaymentOrder, StoredOrderState } from './payment-order.entity.js';
import { NotAPackage, PointLimitExceeded, TooManyOpenOrders } from './refusals.js';

/** Long enough for a slow bank app, short enough that a forgotten tab opens no window tomorrow. */
const ORDER_LIFETIME_MS = 60 * 60 * 1000;
/** An order that ends sooner is not given to somebody who is only now about to pay. */
const REUSE_LEFT_MIN_MS = 10 * 60 * 1000;
/** Orders of one user that can be paid at the same time. Each costs us questions to the gateway. */
const OPEN_ORDERS_MAX = 10;
const MERCHANT_UID_PREFIX = 'pt';

@Injectable()
export class PaymentOrderService {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    @Inject(SETTINGS) private readonly settings: Settings,
    private readonly users: UserService,
    private readonly iamport: IamportClient,
  ) {}

  /**
   * Asks a user to pay one of the packages. Who wants the same again gets the order that is still open, so that neither a
   * repeated call nor a second click makes a second one.
   *
   * The gateway learns the amount first: should we die before the order is stored, nobody has its `merchantUid` and nobody
   * can pay it. What is promised already is looked at before that, so that a refusal calls nobody, and again under the lock
   * of the user's row, because orders that are made at once do not see each other otherwise.
   *
   * @param amount whole won.
   * @throws {NotAPackage} {@link PointLimitExceeded} {@link TooManyOpenOrders} the gateway is not called.
   * @throws {GatewayUnavailable} nothing is stored; a retry makes another order.
   */
  async create(userId: string, amount: number): Promise<PaymentOrder> {
    const { pointPackages } = this.settings;
    if (!pointPackages.includes(amount)) throw new NotAPackage(pointPackages);
    const { manager: anywhere } = this.dataSource;
    const open = await this.openOrderFor(anywhere, await this.users.find(userId), amount);
    if (open) return open;

    const createdAt = new Date();
    const order: PaymentOrder = {
      merchantUid: newMerchantUid(),
      userId,
      amount,
      state: StoredOrderState.READY,
      createdAt,
      expiresAt: new Date(createdAt.getTime() + ORDER_LIFETIME_MS),
      nextCheckAt: nextCheckAfter(createdAt, createdAt),
      paidAt: null,
    };
    await this.iamport.prepare(order.merchantUid, amount);
    return inTransaction(this.dataSource, 'READ COMMITTED', async (manager) => {
      const openMeanwhile = await this.openOrderFor(manager, await lockUser(manager, userId), amount);
      if (openMeanwhile) return openMeanwhile;
      await manager.insert(PaymentOrder, order);
      return order;
    });
  }

  /**
   * The user's open order of this amount, if there is one with enough time left.
   *
   * @throws {PointLimitExceeded} {@link TooManyOpenOrders} when another one would promise too much.
   */
  private async openOrderFor(
    manager: EntityManager,
    user: User | null,
    amount: number,
  ): Promise<PaymentOrder | undefined> {
    if (!user) throw new Unauthenticated();
    const now = Date.now();
    const open = await manager.find(PaymentOrder, {
      where: { userId: user.id, state: StoredOrderState.READY, expiresAt: MoreThan(new Date(now)) },
      // One of the same wish is among them, however many there are.
      take: OPEN_ORDERS_MAX,
      order: { expiresAt: 'DESC' },
    });
    const same = open.find((order) => order.amount === amount);
    if (same && same.expiresAt.getTime() - now >= REUSE_LEFT_MIN_MS) return same;
    if (open.length >= OPEN_ORDERS_MAX) throw new TooManyOpenOrders(OPEN_ORDERS_MAX);
    const { pointMaxBalance } = this.settings;
    const openOrders = open.reduce((sum, order) => sum + order.amount, 0);
    if (user.point + openOrders + amount > pointMaxBalance) {
      throw new PointLimitExceeded({ point: user.point, openOrders, maxBalance: pointMaxBalance });
    }
    return undefined;
  }

  /** Byte by byte: MariaDB itself takes a text with blanks at its end for the one without. */
  async find(merchantUid: string): Promise<PaymentOrder | null> {
    const order = await this.dataSource.manager.findOneBy(PaymentOrder, { merchantUid });
    return order?.merchantUid === merchantUid ? order : null;
  }
}

/** 28 letters and digits, which every PG takes; the last 16 hold 80 random bits, so that nobody can guess one. */
function newMerchantUid(): string {
  return `${MERCHANT_UID_PREFIX}${newId()}`;
}
