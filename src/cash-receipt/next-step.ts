import type { CashReceiptTerms, GatewayCashReceipt } from '../gateway/cash-receipts.js';
import type { CashReceiptRow } from '../payment/cash-receipt.entity.js';

/** Looks at a call without an answer; with growing pauses they take some hours. */
export const LOOKS_MAX = 14;

export interface CashReceiptFacts {
  /** Whole won for which there should be one; 0 for none. */
  wanted: number;
  /** As the gateway has it now. */
  receipt: GatewayCashReceipt | undefined;
  /** The payment company says to have issued one by itself. */
  isByPg: boolean;
  terms: CashReceiptTerms;
  now: Date;
  /** How long the last call can still run. */
  graceMs: number;
}

export type NextStep =
  { do: 'ISSUED' | 'CANCELLED' | 'BY_PG' | 'WAIT' | 'ISSUE' | 'CANCEL' } | { do: 'FAIL'; because: string };

const NO_ANSWER = '결제사가 답하지 않습니다. / The payment company does not answer.';
const NOT_CANCELLABLE =
  '이 결제사는 현금영수증 취소를 호출로 받지 않습니다. 결제사에서 직접 취소하세요. / Cancel it at the payment company.';
const NOT_ISSUABLE =
  '이 결제사는 결제 뒤의 발급을 받지 않습니다. / This payment company issues none afterwards.';
const FORGOTTEN =
  '남은 금액으로 다시 발급해야 하지만 발급 번호는 이미 지웠습니다. / It must be issued anew for the rest, and its number is deleted.';

/**
 * What is to be done about a receipt so that it is one for exactly what is left of its payment. It is decided by what the gateway
 * shows and not by what it was asked: whether a receipt follows a cancellation by itself differs from company to company, and
 * for a part of a payment it is only assumed to. Nothing is sent while an earlier call can still run.
 */
export function nextStep(
  row: Pick<
    CashReceiptRow,
    'sends' | 'openCall' | 'sentAt' | 'refusal' | 'attempts' | 'sealed' | 'isSelfIssued'
  >,
  { wanted, receipt, isByPg, terms, now, graceMs }: CashReceiptFacts,
): NextStep {
  const valid = receipt?.cancelledAt === null ? receipt : undefined;
  if (row.sends === 0 && (valid || isByPg)) return { do: 'BY_PG' };
  if (valid?.amount === wanted) return { do: 'ISSUED' };
  if (!valid && wanted === 0) return { do: 'CANCELLED' };
  if (row.openCall !== null) {
    if (now.getTime() - (row.sentAt?.getTime() ?? 0) < graceMs) return { do: 'WAIT' };
    if (row.refusal !== null) return { do: 'FAIL', because: row.refusal };
    if (row.attempts >= LOOKS_MAX) return { do: 'FAIL', because: NO_ANSWER };
  }
  if (valid) return terms.cancel ? { do: 'CANCEL' } : { do: 'FAIL', because: NOT_CANCELLABLE };
  if (!terms.issue) return { do: 'FAIL', because: NOT_ISSUABLE };
  return row.sealed !== null || row.isSelfIssued ? { do: 'ISSUE' } : { do: 'FAIL', because: FORGOTTEN };
}
