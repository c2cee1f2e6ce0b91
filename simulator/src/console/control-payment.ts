import { approvedPayment } from '../window/attempt.js';
import { channelForSandbox } from '../gateway/merchant.js';
import {
  cancel,
  fail,
  PAYMENT_FIELDS,
  PAYMENT_STATUSES,
  startPayment,
  type Payment,
} from '../payment/payment.js';

/** The caller of the control API asked for something that cannot be; the text says what. */
export class ControlFault extends Error {
  constructor(
    readonly httpStatus: 400 | 404 | 409,
    message: string,
  ) {
    super(message);
  }
}

/**
 * A payment as a test or tool wants it, without any window: `merchant_uid` and `amount` are needed; `status` is `paid` (with a
 * `cancel_amount`: `cancelled`), `sandbox` true. Fields that go with the status are filled in plausibly; every field of the
 * payment object can be given and then stands as it is, however implausible: that is what wrong-amount tests need.
 * No rule of the gateway is checked, so one order can be paid twice.
 * @throws ControlFault for an unknown field.
 */
export function controlledPayment(
  wish: Record<string, unknown>,
  nowSeconds: number,
  consoleUrl: string,
): Payment {
  for (const field of Object.keys(wish)) {
    if (!PAYMENT_FIELDS.has(field)) throw new ControlFault(400, `unknown payment field: ${field}`);
  }
  const { merchant_uid: merchantUid, amount, cancel_amount: cancelAmount = 0 } = wish;
  if (typeof merchantUid !== 'string' || merchantUid === '')
    throw new ControlFault(400, 'merchant_uid must be a text');
  if (typeof amount !== 'number' || !Number.isFinite(amount))
    throw new ControlFault(400, 'amount must be a number');
  if (typeof cancelAmount !== 'number') throw new ControlFault(400, 'cancel_amount must be a number');
  const status = wish.status ?? (cancelAmount > 0 ? 'cancelled' : 'paid');
  if (!PAYMENT_STATUSES.some((known) => known === status)) {
    throw new ControlFault(400, `status must be one of ${PAYMENT_STATUSES.join(', ')}`);
  }

  const channel = channelForSandbox(wish.sandbox !== false);
  let payment = startPayment({ merchantUid, amount, channel, startedAt: nowSeconds });
  if (typeof wish.imp_uid === 'string') payment.imp_uid = wish.imp_uid;
  if (status === 'paid' || status === 'cancelled') {
    const payMethod = typeof wish.pay_method === 'string' ? wish.pay_method : 'card';
    payment = approvedPayment(payment, { payMethod }, `${consoleUrl}?payment=${payment.imp_uid}`, nowSeconds);
    const givenBack = status === 'cancelled' && cancelAmount === 0 ? amount : cancelAmount;
    if (givenBack > 0) {
      payment = cancel(payment, givenBack, {
        reason: '시뮬레이터에서 취소',
        cancelledAt: nowSeconds,
        partialStatus: 'cancelled',
      });
    }
  }
  if (status === 'failed')
    payment = fail(payment, '[REJECT_CARD_COMPANY] 카드사에서 승인을 거절했습니다.', nowSeconds);
  return { ...payment, ...wish, status } as Payment;
}
