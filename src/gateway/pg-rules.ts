import type { Language } from '../refusal/refusal.js';

/** How sure a rule of a payment company is. */
export enum Certainty {
  /** Written down by the gateway or the payment company. */
  DOCUMENTED = 'DOCUMENTED',
  /** Seen in real answers. */
  OBSERVED = 'OBSERVED',
  /** Likely; nobody is refused anything for it. */
  ASSUMED = 'ASSUMED',
  /** Nobody says. It is no "no": the payment company is asked. */
  NOT_KNOWN = 'NOT_KNOWN',
}

export interface KnownRule<Value> {
  value: Value;
  certainty: Certainty.DOCUMENTED | Certainty.OBSERVED | Certainty.ASSUMED;
  /** Where it is from, for people. */
  sources: readonly string[];
  note?: Readonly<Record<Language, string>>;
}

/** One rule of one payment company for one way to pay. */
export type Rule<Value> = KnownRule<Value> | { value: null; certainty: Certainty.NOT_KNOWN };

export const NOT_KNOWN: Rule<never> = { value: null, certainty: Certainty.NOT_KNOWN };

/** Until when a payment can be cancelled. Days and months are Korean ones. */
export enum CancelEndKind {
  /** For ever. */
  NONE = 'NONE',
  /** Not at all. */
  NEVER = 'NEVER',
  /** Within the calendar month in which it was paid. */
  CALENDAR_MONTH = 'CALENDAR_MONTH',
  /** So many months after the day on which it was paid. */
  MONTHS = 'MONTHS',
  /** About so many months: it differs from card company to card company, or from bank to bank. */
  ABOUT_MONTHS = 'ABOUT_MONTHS',
  /** So many days after the day on which it was paid. */
  DAYS = 'DAYS',
}

export interface CancelEnd {
  kind: CancelEndKind;
  /** Days or months; null for the other kinds. */
  count: number | null;
}

/** Whole hours of the day in Korea during which no cancellation is taken: from `from` on, before `until`. */
export interface ClosedHours {
  from: number;
  until: number;
}

/** What a cancellation must bring along about the account to which the money goes. */
export enum RefundAccountNeed {
  NONE = 'NONE',
  /** Holder, bank and number. */
  ACCOUNT = 'ACCOUNT',
  /** The same, and a telephone number. */
  ACCOUNT_AND_PHONE = 'ACCOUNT_AND_PHONE',
}

/** Parts of an amount that payment companies can be told (see tax-parts.ts). */
export enum TaxPart {
  TAX_FREE = 'TAX_FREE',
  VAT = 'VAT',
}

/** How a cash receipt (현금영수증) comes about. */
export enum CashReceipt {
  /** There is none for this way to pay. */
  NONE = 'NONE',
  AT_PAYMENT = 'AT_PAYMENT',
  /** By a call after the payment. */
  LATER = 'LATER',
  AT_PAYMENT_OR_LATER = 'AT_PAYMENT_OR_LATER',
}

/** What one payment company allows for one way to pay. Amounts are whole won. */
export interface MethodRules {
  /** A part can be cancelled. */
  partialCancel: Rule<boolean>;
  /** How often a part can be cancelled. */
  partialCancelsMax: Rule<number>;
  cancelEnd: Rule<CancelEnd>;
  closedHours: Rule<ClosedHours>;
  /** What it says to a cancellation is not how that ends: that comes later. */
  answersLater: Rule<boolean>;
  refundAccount: Rule<RefundAccountNeed>;
  /** What a cancellation must name again if the payment named it. */
  taxOnCancel: Rule<readonly TaxPart[]>;
  minAmount: Rule<number>;
  maxAmount: Rule<number>;
  /** A virtual account can be closed before its deposit. */
  accountRevoke: Rule<boolean>;
  cashReceipt: Rule<CashReceipt>;
}

/** What is known where nobody knows anything. */
export const NO_RULES: MethodRules = {
  partialCancel: NOT_KNOWN,
  partialCancelsMax: NOT_KNOWN,
  cancelEnd: NOT_KNOWN,
  closedHours: NOT_KNOWN,
  answersLater: NOT_KNOWN,
  refundAccount: NOT_KNOWN,
  taxOnCancel: NOT_KNOWN,
  minAmount: NOT_KNOWN,
  maxAmount: NOT_KNOWN,
  accountRevoke: NOT_KNOWN,
  cashReceipt: NOT_KNOWN,
};

/** The rules of one payment company, by the gateway's words for the ways to pay. */
export interface PgRules {
  /** The gateway's code for it, as payments have it. */
  pg: string;
  names: Readonly<Record<Language, string>>;
  methods: Readonly<Record<string, MethodRules>>;
}

/** Why a payment company said no, where its words are known. */
export enum RefusalReason {
  /** It pays refunds out of what it has not paid out to the shop yet, and that is less than the refund. */
  TOO_LITTLE_UNSETTLED = 'TOO_LITTLE_UNSETTLED',
  OTHER = 'OTHER',
}

/** The company that took a payment, and how it was paid, in the gateway's words; null where the gateway does not tell. */
export interface PaidBy {
  pg: string | null;
  method: string | null;
}

/** Payment companies of one shop that are looked at. */
export const PGS_MAX = 12;

/** The power of a gateway that knows what the payment companies behind it allow. */
export interface KnowsPgRules {
  /** @returns {@link NO_RULES} for a company or way to pay that is not in its table. */
  readonly rulesOf: (paid: PaidBy) => MethodRules;
  /** What payment windows are told of an amount where the shop names it, and cancellations of such payments therefore are. */
  readonly taxPartsOf: (paid: PaidBy) => readonly TaxPart[];
  /** @param words that the gateway passed on. */
  readonly reasonOfRefusal: (pg: string | null, words: string) => RefusalReason;
  /**
   * The payment companies through which new orders can be paid, at most {@link PGS_MAX}, as the gateway has them for our keys. A company that is not
   * in the table has no methods. Its answer is kept for a while, so callers cannot make more than a few calls of it.
   *
   * @throws {GatewayUnavailable} a read changes nothing, so a retry is safe.
   */
  readonly configuredPgs: () => Promise<PgRules[]>;
}
