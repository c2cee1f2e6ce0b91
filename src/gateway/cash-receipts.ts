import type { Gateway } from './gateway.js';
import type { PaidBy } from './pg-rules.js';
import type { TaxParts } from './tax-parts.js';

/** What a cash receipt (현금영수증) is for. */
export enum CashReceiptPurpose {
  /** 소득공제용 */
  PERSON = 'PERSON',
  /** 지출증빙용 */
  COMPANY = 'COMPANY',
}

/** What a number is that names for whom a receipt is. */
export enum CashReceiptIdentifierKind {
  PHONE = 'PHONE',
  /** 국세청 현금영수증카드 */
  CARD = 'CARD',
  /** 사업자등록번호 */
  BUSINESS = 'BUSINESS',
}

/** For whom a receipt is. Personal data. */
export interface CashReceiptIdentifier {
  kind: CashReceiptIdentifierKind;
  /** Digits. */
  number: string;
}

/** A receipt as a gateway knows it. */
export interface GatewayCashReceipt {
  /** Whole won. */
  amount: number;
  /** Of its approval by the tax office. */
  number: string | null;
  /** An http or https address that its payer may open. */
  receiptUrl: string | null;
  issuedAt: Date | null;
  /** Null while it is valid. */
  cancelledAt: Date | null;
}

/** What a payment company does after the payment, by a call. */
export interface CashReceiptTerms {
  issue: boolean;
  cancel: boolean;
}

/** The power of a gateway that issues cash receipts for payments. One payment has at most one that is valid. */
export interface IssuesCashReceipts {
  readonly cashReceiptTermsOf: (paid: PaidBy) => CashReceiptTerms;

  /**
   * Issues one for all that is left of a payment.
   *
   * @throws {GatewayRefused} it was not issued.
   * @throws {GatewayUnavailable} it is unknown whether it was: read it.
   */
  readonly issueCashReceipt: (asked: {
    paymentId: string;
    pg: string | null;
    purpose: CashReceiptPurpose;
    identifier: CashReceiptIdentifier;
    /** What is left of the payment is made of. */
    tax: TaxParts;
  }) => Promise<GatewayCashReceipt>;

  /**
   * @returns undefined where none was issued by a call. One that was issued in the payment window may not show here.
   * @throws {GatewayUnavailable} a read changes nothing, so a retry is safe.
   */
  readonly readCashReceipt: (paymentId: string) => Promise<GatewayCashReceipt | undefined>;

  /**
   * @throws {GatewayRefused} it was not cancelled.
   * @throws {GatewayUnavailable} it is unknown whether it was: read it.
   */
  readonly cancelCashReceipt: (paymentId: string) => Promise<GatewayCashReceipt>;
}

export function issuesCashReceipts(gateway: Gateway): gateway is Gateway & IssuesCashReceipts {
  return 'issueCashReceipt' in gateway;
}
