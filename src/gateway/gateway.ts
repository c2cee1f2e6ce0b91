import type { IncomingHttpHeaders } from 'node:http';
import type { GatewayPayment, GatewayPaymentState } from './gateway-payment.js';
import type { PaymentMethod } from '../config/payment-methods.js';
import type { OfferedMethod } from './offered-method.js';
import { NO_TAX_PARTS, type TaxParts, toldOf } from './tax-parts.js';
import type { RefundAccount } from './virtual-accounts.js';
import { type KnowsPgRules, type MethodRules, NO_RULES, type PaidBy, RefusalReason } from './pg-rules.js';

/** One way to reach payments. Whatever a gateway calls its things, it is said in these words here. */
export interface Gateway {
  /** Names it in addresses, metrics and payments: small letters. */
  readonly name: string;
  /** True: payments of test channels are the expected ones and live ones are refused. False: the other way round. */
  readonly expectsTestPayments: boolean;
  readonly checkout: Checkout;
  /** The ways by which new orders can be paid, each once, in the order in which they are shown. */
  readonly offers: readonly OfferedMethod[];
  /** Addresses from which its notices are taken; undefined takes them from everywhere. */
  readonly noticeAddresses: readonly string[] | undefined;
  /** Orders that one call of `findPaymentsOfOrders` asks about. */
  readonly ordersAtOnceMax: number;
  /** The longest period that one call of `listChanges` takes. */
  readonly changesPeriodMaxMs: number;

  /** How a payment was paid; undefined for what is none of our words. */
  readonly methodOf: (paid: PaidBy) => PaymentMethod | undefined;

  /** Tells whether a caller's text has the form of this gateway's payment ids, so that no other text reaches it. */
  readonly isPaymentId: (text: string) => boolean;

  /**
   * Tells the gateway which amount belongs to an order, so that its window refuses another one. It protects the window
   * only; what was paid is checked again afterwards. Moves no money.
   *
   * @throws {GatewayUnavailable} the checkout must not be opened then; trying again with another order is safe.
   */
  readonly registerAmount: (order: { merchantUid: string; amount: number }) => Promise<void>;

  /**
   * What was really paid.
   *
   * @param paymentId of the right form, see {@link isPaymentId}.
   * @returns undefined when the gateway does not know it.
   * @throws {GatewayUnavailable} a read changes nothing, so a retry is safe.
   */
  readonly readPayment: (paymentId: string) => Promise<GatewayPayment | undefined>;

  /**
   * All attempts to pay one order, whatever became of them.
   *
   * @throws {GatewayUnavailable} a read changes nothing, so a retry is safe.
   */
  readonly findPaymentsOfOrder: (merchantUid: string) => Promise<GatewayPayment[]>;

  /**
   * The payments of many orders. It may leave out attempts without money, so an order with attempts and no money is worth
   * another question, by {@link findPaymentsOfOrder}, before it is given up.
   *
   * @param merchantUids at most {@link ordersAtOnceMax}.
   * @throws {GatewayUnavailable} a read changes nothing, so a retry is safe.
   */
  readonly findPaymentsOfOrders: (merchantUids: string[]) => Promise<GatewayPayment[]>;

  /**
   * Everything that was paid or cancelled in a stretch of time, by the time of each payment's present state: one that was
   * cancelled stands at its last cancellation and no longer where it was paid. In batches, each payment once, so that a
   * whole day needs no more memory than one batch; complete only when it ends without an error.
   *
   * @param period from its first moment to before its last one, which are whole seconds, at most {@link changesPeriodMaxMs}
   * long. What lies in the future or within the last minutes may still change while it is read.
   * @throws {GatewayUnavailable} at any batch: nothing is known of what was not read yet. A read changes nothing.
   */
  readonly listChanges: (period: Period) => AsyncIterable<GatewayPayment[]>;

  /**
   * Gives money back, and only while exactly `checksum` is left of the payment: sending it again with the same one cannot
   * carry it out twice.
   *
   * @returns the payment after the cancellation.
   * @throws {GatewayRefused} it was not carried out.
   * @throws {GatewayUnavailable} it is unknown whether it was carried out: read the payment.
   */
  readonly cancel: (cancel: {
    paymentId: string;
    /** Above 0. */
    amount: number;
    /** What we believe to be left before it. */
    checksum: number;
    /** Kept by the gateway and given back in the payment's cancellations, if its PG keeps it. */
    reason: string;
    /** Where the money goes, for a payment company that needs to be told. */
    refundAccount?: RefundAccount;
    /** What the amount is made of, as far as the payment was said to be made of it. */
    tax?: TaxParts;
  }) => Promise<GatewayPayment>;

  /** Reads a notice. It is a hint which order to look at: nothing in it is believed. */
  readonly understandNotice: (arrived: ArrivedNotice) => GatewayNotice | NotUnderstood;
}

/** From its first moment to before its last one. */
export interface Period {
  from: Date;
  until: Date;
}

/** What the checkout page needs to load the gateway's browser script. */
export interface Checkout {
  /** Address of the gateway's browser script. */
  scriptUrl: string;
  /** Tells the script whose shop it is. */
  merchantCode: string;
}

export interface ArrivedNotice {
  headers: IncomingHttpHeaders;
  /** As it came: a signature is over these very characters. */
  rawBody: string;
}

/** What a notice says. Any of it can be invented. */
export interface GatewayNotice {
  /** Of the right form. */
  paymentId: string;
  merchantUid: string | undefined;
  /** What is said to have happened; undefined where it says nothing that we know. */
  state: GatewayPaymentState | undefined;
  /** The `key` of the cancellation that is said to have happened. */
  cancellationKey: string | undefined;
}

/** It names no payment. */
export interface NotUnderstood {
  /** For whoever sent it. */
  fault: string;
}

/**
 * What a gateway last said to our keys. `unknown`: it has not answered yet, or not with sense.
 */
export type KeysState = 'unknown' | 'accepted' | 'refused';

/** The power of a gateway that can tell whether our keys are right before anybody has paid. */
export interface ChecksKeys {
  /** As far as calls that were made anyway have shown. */
  readonly keys: KeysState;
  /** The settings that hold the keys, for people. */
  readonly keySettings: string;
  /** Asks the gateway once and writes into the log when it refuses them. Waits for nothing and never throws. */
  readonly checkKeys: () => void;
}

export function checksKeys(gateway: Gateway): gateway is Gateway & ChecksKeys {
  return 'checkKeys' in gateway;
}

export function knowsPgRules(gateway: Gateway): gateway is Gateway & KnowsPgRules {
  return 'rulesOf' in gateway;
}

/** What is known of the rules under which a payment was made; nothing for a gateway that knows none. */
export function rulesOf(gateway: Gateway, paid: PaidBy): MethodRules {
  return knowsPgRules(gateway) ? gateway.rulesOf(paid) : NO_RULES;
}

/** What the window of a payment was told of an amount that is made of these parts. */
export function taxToldOf(gateway: Gateway, paid: PaidBy, parts: TaxParts): TaxParts {
  return knowsPgRules(gateway) ? toldOf(parts, gateway.taxPartsOf(paid)) : NO_TAX_PARTS;
}

/** Why the payment company of a payment said no. @param words that the gateway passed on. */
export function reasonOfRefusal(gateway: Gateway, pg: string | null, words: string): RefusalReason {
  return knowsPgRules(gateway) ? gateway.reasonOfRefusal(pg, words) : RefusalReason.OTHER;
}
