import { Inject, Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';
import { newId } from '../database/new-id.js';
import { SETTINGS, type Settings } from '../config/settings.js';
import { IamportClient } from '../iamport/iamport-client.js';
import { Unauthenticated } from '../refusal/unauthenticated.js';
import { UserService } from '../user/user.service.js';
import { nextCheckAfter } from './check-schedule.js';
import { PaymentOrder, StoredOrderState } from './payment-order.entity.js';
import { NotAPackage, PointLimitExceeded } from './refusals.js';

/** Long enough for a slow bank app, short enough that a forgotten tab opens no window tomorrow. */
const ORDER_LIFETIME_MS = 60 * 60 * 1000;
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
   * Asks a user to pay one of the packages. The gateway learns the amount first: should we die before the order is
   * stored, nobody has its `merchantUid` and nobody can pay it.
   *
   * @param amount whole won.
   * @throws {NotAPackage} {@link PointLimitExceeded} the gateway is not called.
   * @throws {GatewayUnavailable} nothing is stored; a retry makes another order.
   */
  async create(userId: string, amount: number): Promise<PaymentOrder> {
    const { pointPackages, pointMaxBalance } = this.settings;
    if (!pointPackages.includes(amount)) throw new NotAPackage(pointPackages);
    const user = await this.users.find(userId);
    if (!user) throw new Unauthenticated();
    if (user.point + amount > pointMaxBalance) throw new PointLimitExceeded(user.point, pointMaxBalance);

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
    await this.dataSource.manager.insert(PaymentOrder, order);
    return order;
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
