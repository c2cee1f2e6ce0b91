import type { Gateway } from './gateway.js';

/** A bank as a payment company calls it. */
export interface Bank {
  code: string;
  /** Korean. */
  name: string;
}

/** Where a refund goes. The number is personal data. */
export interface RefundAccount {
  holder: string;
  /** In the payment company's code. */
  bank: string;
  /** Digits. */
  number: string;
  /** Digits; some payment companies need one. */
  phone: string | null;
}

/** The power of a gateway behind which virtual accounts can be opened. */
export interface HandlesAccounts {
  /**
   * Closes an account before its deposit. Moves no money.
   *
   * @throws {GatewayRefused} it was not closed: none that waits, or not by this payment company.
   * @throws {GatewayUnavailable} it is unknown whether it was: read the payment.
   */
  readonly closeAccount: (paymentId: string) => Promise<void>;
  /** The banks to which a payment company refunds. */
  readonly refundBanksOf: (pg: string | null) => readonly Bank[];
  /** When a company that pays refunds later is expected to have paid one that it takes now. Holidays are not known. */
  readonly refundExpectedAt: (pg: string | null, now: Date) => Date;
  /** The address that has to be entered at the payment company, or it tells nobody of deposits; undefined where nothing has to. */
  readonly depositNoticeAddressOf: (pg: string | null) => string | undefined;
}

export function handlesAccounts(gateway: Gateway): gateway is Gateway & HandlesAccounts {
  return 'closeAccount' in gateway;
}
