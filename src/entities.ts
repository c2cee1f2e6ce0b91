import { Attention } from './attention/attention.entity.js';
import { Comparison } from './comparison/comparison.entity.js';
import { Difference } from './comparison/difference.entity.js';
import { PointEvent } from './event/event.entity.js';
import { Cancellation } from './payment/cancellation.entity.js';
import { CashReceiptRow } from './payment/cash-receipt.entity.js';
import { Payment } from './payment/payment.entity.js';
import { PaymentOrder } from './payment/payment-order.entity.js';
import { SealedRefundAccount } from './payment/refund-account.entity.js';
import { PointAccount } from './point-account/point-account.entity.js';
import { Lot, LotUse } from './point-transaction/lot.entity.js';
import { PointTransaction } from './point-transaction/point-transaction.entity.js';
import { ServiceKey } from './service-key/service-key.entity.js';
import { Hold } from './spending/hold.entity.js';
import { WebhookDelivery } from './webhook/webhook-delivery.entity.js';

/** The tables of the points. */
export const POINTS_ENTITIES = [
  Attention,
  Cancellation,
  CashReceiptRow,
  Comparison,
  Difference,
  Hold,
  Lot,
  LotUse,
  Payment,
  PaymentOrder,
  PointAccount,
  PointEvent,
  PointTransaction,
  SealedRefundAccount,
  ServiceKey,
  WebhookDelivery,
];
