import { randomInt } from 'node:crypto';
import { type Clock, unixSeconds } from '../clock.js';
import type { Database } from '../database.js';
import { badRequest, GatewayRefusal } from '../gateway/envelope.js';
import { cancellableAmount, type Payment } from './payment.js';

/**
 * What becomes of a receipt when a part of its payment is cancelled. That it goes with a whole cancellation is documented; for a
 * part nobody says, so all three can be chosen: its amount becomes the rest, it is cancelled, or it stays as it is.
 */
export const RECEIPTS_AFTER_PART = ['follows', 'cancelled', 'stays'] as const;
export type ReceiptAfterPart = (typeof RECEIPTS_AFTER_PART)[number];

export function isReceiptAfterPart(value: unknown): value is ReceiptAfterPart {
  return RECEIPTS_AFTER_PART.some((one) => one === value);
}

/** As it goes over the wire (documented in the schema); UNIX seconds, 0 for never. */
export interface WireCashReceipt {
  imp_uid: string;
  receipt_tid: string;
  apply_num: string;
  type: 'person' | 'company';
  amount: number;
  vat: number;
  receipt_url: string | null;
  applied_at: number;
  cancelled_at: number;
}

/** What a shop asks for. The identifier itself is not kept. */
export interface ReceiptRequest {
  identifier: string | undefined;
  type: string | undefined;
  taxFree: number | undefined;
  vat: number | undefined;
  has: (field: string) => boolean;
}

/** documented */
const ISSUING: ReadonlySet<string> = new Set([
  'html5_inicis',
  'kcp',
  'nice',
  'kicc',
  'settle',
  'daou',
  'tosspayments',
  'ksnet',
  'smartro_v2',
  'nice_v2',
  'welcome',
]);
/** documented */
const NOT_CANCELLING = 'kicc';
/** Whose receipts by API stay when the payment is cancelled (documented). */
const NOT_FOLLOWING: ReadonlySet<string> = new Set(['ksnet', 'smartro_v2']);
/** Fields that a PG needs beside the identifier (documented in the schema). */
const NEEDED: Readonly<Record<string, readonly string[]>> = {
  kicc: ['identifier_type'],
  settle: ['identifier_type'],
  ksnet: ['product_type', 'buyer_name'],
  smartro_v2: ['buyer_name', 'buyer_tel'],
  welcome: ['buyer_tel', 'corp_reg_no'],
  daou: ['company_tel', 'company_name', 'corp_reg_no'],
};

/** The receipts that were issued by a call; at most one for each payment. */
export class CashReceiptStore {
  private readonly findRow;
  private readonly saveRow;

  constructor(
    database: Database,
    private readonly clock: Clock,
  ) {
    this.findRow = database.prepare('SELECT body FROM cash_receipt WHERE imp_uid = ?');
    this.saveRow = database.prepare(
      'INSERT INTO cash_receipt (imp_uid, body) VALUES (?, ?) ON CONFLICT (imp_uid) DO UPDATE SET body = excluded.body',
    );
  }

  find(impUid: string): WireCashReceipt | undefined {
    const row = this.findRow.get(impUid) as { body: string } | undefined;
    return row && (JSON.parse(row.body) as WireCashReceipt);
  }

  /** Texts are assumed, the HTTP statuses documented. @throws GatewayRefusal and nothing is issued. */
  issue(payment: Payment, request: ReceiptRequest, receiptUrl: string | null): WireCashReceipt {
    if (!ISSUING.has(payment.pg_provider)) throw notSupported();
    if (!['trans', 'vbank'].includes(payment.pay_method)) {
      throw badRequest('현금영수증을 발급할 수 없는 결제수단입니다.');
    }
    const left = cancellableAmount(payment);
    if (payment.paid_at === 0 || left <= 0) throw badRequest('결제완료된 건이 아닙니다.');
    const earlier = this.find(payment.imp_uid);
    if (payment.cash_receipt_issued || earlier?.cancelled_at === 0) {
      throw badRequest('이미 현금영수증이 발급된 거래입니다.');
    }
    if (request.identifier === undefined) throw badRequest('identifier 파라메터가 누락되었습니다.');
    const missing = (NEEDED[payment.pg_provider] ?? []).filter((field) => !request.has(field));
    if (missing.length > 0) throw badRequest(`${missing.join(', ')} 파라메터가 누락되었습니다.`);
    // A number of nothing but zeros: the words of the PG are assumed.
    if (/^0+$/.test(request.identifier)) {
      throw new GatewayRefusal(500, -1, '현금영수증 발급에 실패하였습니다.(식별번호 오류)');
    }
    const taxed = left - (request.taxFree ?? 0);
    if (taxed < 0 || (request.vat ?? 0) > taxed)
      throw badRequest('tax_free, vat_amount 값이 올바르지 않습니다.');
    const receipt: WireCashReceipt = {
      imp_uid: payment.imp_uid,
      receipt_tid: `RCPT${randomInt(10 ** 12)}`,
      apply_num: `G${randomInt(10 ** 8, 10 ** 9)}`,
      type: request.type === 'company' ? 'company' : 'person',
      amount: left,
      vat: request.vat ?? Math.round(taxed / 11),
      receipt_url: receiptUrl,
      applied_at: unixSeconds(this.clock),
      cancelled_at: 0,
    };
    this.save(receipt);
    return receipt;
  }

  /** @throws GatewayRefusal and nothing is cancelled. */
  cancel(payment: Payment): WireCashReceipt {
    if (!ISSUING.has(payment.pg_provider) || payment.pg_provider === NOT_CANCELLING) throw notSupported();
    const receipt = this.find(payment.imp_uid);
    if (receipt === undefined) throw receiptNotFound();
    if (receipt.cancelled_at > 0) throw badRequest('이미 취소된 현금영수증입니다.');
    const cancelled = { ...receipt, cancelled_at: unixSeconds(this.clock) };
    this.save(cancelled);
    return cancelled;
  }

  /** After money of the payment went back. */
  follow(payment: Payment, afterPart: ReceiptAfterPart): void {
    const receipt = this.find(payment.imp_uid);
    if (receipt === undefined || receipt.cancelled_at > 0 || NOT_FOLLOWING.has(payment.pg_provider)) return;
    const left = cancellableAmount(payment);
    const how = left === 0 ? 'cancelled' : afterPart;
    if (how === 'cancelled') this.save({ ...receipt, cancelled_at: unixSeconds(this.clock) });
    if (how === 'follows')
      this.save({ ...receipt, amount: left, vat: Math.round((receipt.vat * left) / receipt.amount) });
  }

  private save(receipt: WireCashReceipt): void {
    this.saveRow.run(receipt.imp_uid, JSON.stringify(receipt));
  }
}

/** 404 documented in the schema, text assumed. */
export function receiptNotFound(): GatewayRefusal {
  return new GatewayRefusal(404, -1, '현금영수증 발급내역이 존재하지 않습니다.');
}

/** 501 documented, text assumed. */
function notSupported(): GatewayRefusal {
  return new GatewayRefusal(501, -1, '현금영수증을 지원하지 않는 PG사입니다.');
}
