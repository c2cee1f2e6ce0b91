import type { Database } from '../database.js';
import { GatewayRefusal } from '../gateway/envelope.js';
import { cancellableAmount, type Payment } from './payment.js';
import { PGS } from './pg-rules.js';

/** As a shop names it in the window and with a cancel; null = not named. Whole won. */
export interface TaxSplit {
  tax_free: number | null;
  vat_amount: number | null;
}

/** What the window was told, and how much of each part has gone back. No read of a payment shows any of it (schema). */
export interface RecordedTax extends TaxSplit {
  imp_uid: string;
  cancelled_tax_free: number;
  cancelled_vat: number;
}

/** What a cancel says: the shop's words; that of the console, where nobody is asked; or one whose parts were counted before. */
export type CancelTax = TaxSplit | 'by-console' | 'counted';

/** The window is told a split that the PG does not take: documented where the rules of PGs say so, the texts assumed. */
export function taxFaultOf(
  { tax_free: taxFree, vat_amount: vat }: TaxSplit,
  { amount, pg, payMethod }: { amount: number; pg: string; payMethod: string },
): string | undefined {
  const rule = PGS[pg]?.tax ?? {};
  if (taxFree === null && vat === null) return undefined;
  const [free, tax] = [taxFree ?? 0, vat ?? 0];
  if (![free, tax].every((part) => Number.isSafeInteger(part) && part >= 0)) {
    return 'tax_free, vat_amount는 0 이상의 정수여야 합니다.';
  }
  if (free + tax > amount) return 'tax_free와 vat_amount의 합이 결제금액을 초과합니다.';
  if (rule.noSplitOf?.some((method) => method === payMethod)) {
    return `면세금액을 지정할 수 없는 결제수단입니다. (${payMethod})`;
  }
  if (vat !== null && rule.refusesVat) return 'vat_amount를 지정할 수 없는 PG입니다.';
  if (rule.vatAtMostTenth && tax > (amount - free) / 10) return '부가세가 과세금액의 10%를 초과합니다.';
  return undefined;
}

/** The tax office's side of payments; kept apart because the payment object has no field for it. */
export class TaxStore {
  private readonly findRow;
  private readonly addRow;
  private readonly countRow;

  constructor(database: Database) {
    this.findRow = database.prepare('SELECT * FROM payment_tax WHERE imp_uid = ?');
    this.addRow = database.prepare(
      'INSERT INTO payment_tax (imp_uid, tax_free, vat_amount) VALUES (?, ?, ?) ON CONFLICT (imp_uid) DO NOTHING',
    );
    this.countRow = database.prepare(
      `UPDATE payment_tax SET cancelled_tax_free = cancelled_tax_free + ?, cancelled_vat = cancelled_vat + ? WHERE imp_uid = ?`,
    );
  }

  /** Undefined when its window was told nothing. */
  find(impUid: string): RecordedTax | undefined {
    return this.findRow.get(impUid) as RecordedTax | undefined;
  }

  add(impUid: string, { tax_free: taxFree, vat_amount: vat }: TaxSplit): void {
    if (taxFree !== null || vat !== null) this.addRow.run(impUid, taxFree, vat);
  }

  /**
   * Counts what a cancel takes of each part, within the caller's transaction.
   * @throws GatewayRefusal when it does not fit: then nothing is given back.
   */
  take(payment: Payment, amount: number, asked: CancelTax): void {
    const recorded = this.find(payment.imp_uid);
    if (asked === 'counted') return;
    if (asked !== 'by-console' && asked.vat_amount !== null && PGS[payment.pg_provider]?.tax?.refusesVat) {
      throw refused('vat_amount를 지정할 수 없는 PG입니다.');
    }
    // That a split is not looked at where the payment had none is assumed (documented: ignored unless the shop has mixed tax).
    if (recorded === undefined) return;
    const taken =
      asked === 'by-console'
        ? computed(payment, recorded, amount)
        : fitting(payment, recorded, amount, asked);
    this.countRow.run(taken.free, taken.vat, payment.imp_uid);
  }
}

interface Parts {
  free: number;
  vat: number;
}

function leftOf({ tax_free, vat_amount, cancelled_tax_free, cancelled_vat }: RecordedTax): Parts {
  return { free: (tax_free ?? 0) - cancelled_tax_free, vat: (vat_amount ?? 0) - cancelled_vat };
}

/** Where nobody is asked: as much of each as of the payment, rounded down, and at the end the rest (assumed). */
function computed(payment: Payment, recorded: RecordedTax, amount: number): Parts {
  const left = leftOf(recorded);
  if (amount === cancellableAmount(payment)) return left;
  const cancelled = payment.cancel_amount + amount;
  const share = (part: number | null, gone: number) =>
    Math.max(0, Math.floor(((part ?? 0) * cancelled) / payment.amount) - gone);
  return {
    free: Math.min(share(recorded.tax_free, recorded.cancelled_tax_free), left.free),
    vat: Math.min(share(recorded.vat_amount, recorded.cancelled_vat), left.vat),
  };
}

/**
 * That a part which must be sent again is refused when it is missing, and that none may exceed what is left of it, is
 * documented (POST /payments/cancel, and by PG; NICE: error 1617); the words are assumed. Elsewhere a missing `tax_free` is 0
 * (documented) and a missing VAT is worked out by the PG.
 */
function fitting(payment: Payment, recorded: RecordedTax, amount: number, asked: TaxSplit): Parts {
  const rule = PGS[payment.pg_provider]?.tax ?? {};
  const left = leftOf(recorded);
  const total = cancellableAmount(payment);
  const isPart = amount < total;
  // documented at mobilians_v2: whatever is sent.
  if (rule.restIsComputed && payment.cancel_history.length > 0) return computed(payment, recorded, amount);
  const mustHave = (field: keyof TaxSplit) =>
    (rule.again?.includes(field) ?? false) || (isPart && (rule.againOfPart?.includes(field) ?? false));
  const lacks = (field: keyof TaxSplit) =>
    asked[field] === null && recorded[field] !== null && mustHave(field);
  if (lacks('tax_free') && Number(recorded.tax_free) > 0) throw refused('면세금액(tax_free)이 필요합니다.');
  if (lacks('vat_amount')) throw refused('[1617] 부가세(vat_amount)가 필요합니다.');
  const free = asked.tax_free ?? 0;
  if (free < 0 || free > left.free) throw refused('면세금액이 취소 가능한 면세금액을 초과하였습니다.');
  if (amount - free > total - left.free) throw refused('과세금액이 취소 가능한 과세금액을 초과하였습니다.');
  if (recorded.vat_amount === null) return { free, vat: 0 };
  const vat = asked.vat_amount ?? (isPart ? Math.min(left.vat, Math.round((amount - free) / 11)) : left.vat);
  if (vat < 0 || vat > left.vat) throw refused('부가세가 취소 가능한 부가세를 초과하였습니다.');
  if (free + vat > amount) throw refused('면세금액과 부가세의 합이 취소금액을 초과하였습니다.');
  if (!isPart && vat < left.vat) throw refused('부가세가 남은 부가세와 일치하지 않습니다.');
  if (rule.vatAtMostTenth && vat > (amount - free) / 10)
    throw refused('부가세가 과세금액의 10%를 초과합니다.');
  return { free, vat };
}

function refused(text: string): GatewayRefusal {
  return new GatewayRefusal(200, -1, `결제취소에 실패하였습니다.(${text})`);
}
