import { randomInt } from 'node:crypto';
import { GatewayRefusal } from '../gateway/envelope.js';
import type { NamedCode, Payment } from './payment.js';

/** Inicis and Nice (documented); taken for all where the shop names no time. */
const OPEN_WITHOUT_DUE_DAYS = 30;
const DAY_SECONDS = 24 * 60 * 60;
const KOREAN_OFFSET = '+09:00';
const HOLDER = '(주)아임포트시뮬';

/**
 * PGs whose yes to a refund is not its end (documented: smartro_v2; daou by hand; mobilians_v2 on Thursdays). That the
 * payment reads `paid` until then is assumed.
 */
const REFUNDS_LATER: ReadonlySet<string> = new Set(['smartro_v2', 'daou', 'mobilians_v2']);

/** `vbank_due` of the window: YYYYMMDD (= 23:59:59), YYYYMMDDHHmm or YYYYMMDDHHmmss in Korea (documented). */
const DUE = /^(\d{4})(\d\d)(\d\d)(?:(\d\d)(\d\d)(\d\d)?)?$/;

/** @returns UNIX seconds; null for a text that is no such time. */
export function dueOf(text: string): number | null {
  const [, year, month, day, hour = '23', minute = '59', second = '59'] = DUE.exec(text) ?? [];
  if (year === undefined) return null;
  const at = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}${KOREAN_OFFSET}`);
  return Number.isNaN(at) ? null : Math.floor(at / 1000);
}

/** An account that waits for its deposit: opened, numbered, and without money. */
export function isWaitingAccount(payment: Payment): boolean {
  return payment.pay_method === 'vbank' && payment.status === 'ready' && payment.vbank_num !== null;
}

/**
 * The PG gives this attempt an account of its own; it stays `ready` until somebody pays in (documented).
 *
 * @param due UNIX seconds; null where the shop names no time.
 */
export function issueAccount(payment: Payment, bank: NamedCode, due: number | null, now: number): Payment {
  return {
    ...payment,
    pay_method: 'vbank',
    vbank_code: bank.code,
    vbank_name: bank.name,
    vbank_num: Array.from({ length: 14 }, (_, at) => randomInt(at === 0 ? 1 : 0, 10)).join(''),
    // The shop's name; null is possible at tosspayments (documented).
    vbank_holder: payment.pg_provider === 'tosspayments' ? null : HOLDER,
    vbank_date: due ?? now + OPEN_WITHOUT_DUE_DAYS * DAY_SECONDS,
    vbank_issued_at: now,
  };
}

/**
 * DELETE /vbanks/{imp_uid}. The console calls it "결제실패" (documented), so `failed` is likelier than `cancelled` with its
 * whole amount; which of them a read shows is assumed.
 *
 * @throws GatewayRefusal for what is no account that waits (HTTP 400 documented, text assumed).
 */
export function closeAccount(payment: Payment, closedStatus: 'failed' | 'cancelled', now: number): Payment {
  if (!isWaitingAccount(payment)) {
    throw new GatewayRefusal(400, 1, '말소할 수 있는 가상계좌가 아닙니다.');
  }
  if (closedStatus === 'failed') {
    return { ...payment, status: 'failed', failed_at: now, fail_reason: '계좌말소' };
  }
  return { ...payment, status: 'cancelled', cancelled_at: now, cancel_amount: payment.amount };
}

/** PUT /vbanks/{imp_uid}. @param to `due` in UNIX seconds. @throws GatewayRefusal for what is no account that waits (HTTP 400 documented). */
export function changeAccount(payment: Payment, to: { due: number; amount: number | undefined }): Payment {
  if (!isWaitingAccount(payment)) throw new GatewayRefusal(400, 1, '수정할 수 있는 가상계좌가 아닙니다.');
  return { ...payment, vbank_date: to.due, amount: to.amount ?? payment.amount };
}

/** The bank takes a deposit back (documented at Toss Payments: DONE -> WAITING_FOR_DEPOSIT); how iamport shows it is assumed. */
export function takeDepositBack(payment: Payment): Payment {
  return { ...payment, status: 'ready', paid_at: 0, receipt_url: null };
}

export function refundsLater({ pay_method, pg_provider }: Payment): boolean {
  return pay_method === 'vbank' && REFUNDS_LATER.has(pg_provider);
}
