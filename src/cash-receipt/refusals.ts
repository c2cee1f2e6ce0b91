import { ErrorCode } from '../refusal/error-code.js';
import { type Language, Refusal } from '../refusal/refusal.js';

/** Why no cash receipt can be asked for. */
export type CashReceiptObstacle = 'OFF' | 'METHOD' | 'NOTHING_LEFT' | 'REQUESTED';

const TEXTS: Record<CashReceiptObstacle, Record<Language, string>> = {
  OFF: {
    ko: '이 상점은 현금영수증을 발급하지 않습니다.',
    en: 'This shop issues no cash receipts.',
  },
  METHOD: {
    ko: '이 결제는 현금영수증을 나중에 발급할 수 없습니다. 계좌이체와 가상계좌 결제만, 결제사가 지원할 때 됩니다.',
    en: 'No cash receipt can be issued for this payment: only for transfers and virtual accounts, where the payment company does.',
  },
  NOTHING_LEFT: {
    ko: '전액 취소된 결제입니다.',
    en: 'Nothing is left of this payment.',
  },
  REQUESTED: {
    ko: '이 결제의 현금영수증은 이미 신청되었습니다.',
    en: 'A cash receipt was asked for already.',
  },
};

export class CashReceiptNotPossible extends Refusal {
  readonly code = ErrorCode.CASH_RECEIPT_NOT_POSSIBLE;
  override readonly details: Readonly<Record<string, string>>;

  constructor(readonly reason: CashReceiptObstacle) {
    super(TEXTS[reason]);
    this.details = { reason };
  }
}
