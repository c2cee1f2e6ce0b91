import { addDays, koreanDayOf } from '../calendar/korean-time.js';
import { GatewayPaymentState } from '../gateway/gateway-payment.js';
import type { Payment } from './payment.entity.js';
import type { DepositAccount } from './payment-order.model.js';

const UNNAMED_BANK = '은행 / bank';

/**
 * The virtual account of a payment, for its buyer.
 *
 * @returns undefined for a payment without one, and for an account without an end (고정식 무제한): many deposits could come into
 * it for one payment, so it is not offered to anybody. What is paid into it all the same is credited once.
 */
export function depositOf(payment: Payment): DepositAccount | undefined {
  const {
    gatewayPaymentId: impUid,
    bankName,
    bankCode,
    accountNumber: number,
    accountHolder: holder,
  } = payment;
  const { amount, dueAt } = payment;
  if (number === null || dueAt === null || !Number.isInteger(amount)) return undefined;
  return { impUid, bank: bankName ?? bankCode ?? UNNAMED_BANK, bankCode, number, holder, amount, dueAt };
}

/** Whether the account of a payment waits for its deposit. One whose deposit was taken back waits for none of ours. */
export function awaitsDeposit(payment: Payment): boolean {
  return (
    payment.state === GatewayPaymentState.READY &&
    payment.creditedOrder === null &&
    depositOf(payment) !== undefined
  );
}

/** `YYYYMMDD` of the day in Korea that is so many days after today: the form that every PG takes (documented). */
export function vbankDueAfter(days: number, now: Date): string {
  return addDays(koreanDayOf(now), days).replaceAll('-', '');
}
