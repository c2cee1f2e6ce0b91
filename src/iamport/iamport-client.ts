import type { Logger } from 'pino';
import * as z from 'zod';
import type { IamportSettings, Settings } from '../config/settings.js';
import { inBothLanguages } from '../config/start-error.js';
import { GatewayRefused, GatewayUnavailable } from '../gateway/errors.js';
import { type GatewayPayment, holdsMoney } from '../gateway/gateway-payment.js';
import type {
  CashReceiptIdentifier,
  CashReceiptPurpose,
  GatewayCashReceipt,
  IssuesCashReceipts,
} from '../gateway/cash-receipts.js';
import type { TaxParts } from '../gateway/tax-parts.js';
import type { HandlesAccounts, RefundAccount } from '../gateway/virtual-accounts.js';
import type { Checkout, ChecksKeys, Gateway, KeysState, Period } from '../gateway/gateway.js';
import type { OfferedMethod } from '../gateway/offered-method.js';
import { type KnowsPgRules, PGS_MAX, type PgRules } from '../gateway/pg-rules.js';
import { AccessToken } from './access-token.js';
import { IAMPORT, type IamportCall } from './calls.js';
import {
  buyerFieldsOf,
  cashReceiptTermsOf,
  IDENTIFIER_TYPES,
  PURPOSES,
  toCashReceipt,
} from './cash-receipts.js';
import { type IamportAnswer, IamportHttp, type IamportRequest } from './iamport-http.js';
import { depositNoticeAddressOf, refundExpectedAt } from './deposits.js';
import { refundBanksOf } from './refund-banks.js';
import { isImpUid } from './imp-uid.js';
import { methodOf, offersOf, pgCodeOf } from './methods.js';
import { understandNotice } from './notice.js';
import { toPayment } from './payment.js';
import { reasonOfRefusal, rulesOf, rulesOfPg, taxPartsOf } from './pg-rules.js';
import { LIST_PERIOD_MAX_MS, listChanges, type Page, type PageRequest } from './payment-list.js';

/** Could be a card, an account or a telephone. */
const LONG_NUMBER = /\d[\d-]{6,}/g;

/** Attempts to pay one order that are looked at; the gateway's own largest page is 1,000 (documented). */
const ATTEMPTS_OF_ORDER_MAX = 100;

/** How long an answer about our channels is kept. They change when somebody changes them in the console. */
const CHANNELS_KEPT_MS = 10 * 60_000;
/** After a call for them that failed nobody asks for as long. */
const CHANNELS_PAUSE_MS = 5000;

const channelList = z.array(
  z.object({
    pg_provider: z.string(),
    sandbox: z.boolean(),
    type: z.string(),
    channel_key: z.string().nullish(),
  }),
);
const paymentBatch = z.array(z.unknown());
const paymentPage = z.object({ list: z.array(z.unknown()) });
/** `next` is 0 on the last page (documented). */
const listedPage = paymentPage.extend({ total: z.number(), next: z.number() });

/**
 * iamport (PortOne V1), in this house's words: the only place that speaks to its REST API. Whether that is the real one,
 * only the base address says.
 */
export class IamportClient implements Gateway, ChecksKeys, KnowsPgRules, HandlesAccounts, IssuesCashReceipts {
  readonly name = IAMPORT;
  readonly expectsTestPayments: boolean;
  readonly checkout: Checkout;
  readonly offers: readonly OfferedMethod[];
  readonly noticeAddresses: readonly string[] | undefined;
  /** Documented. */
  readonly ordersAtOnceMax = 100;
  readonly changesPeriodMaxMs = LIST_PERIOD_MAX_MS;
  readonly keySettings = 'IAMPORT_API_KEY and IAMPORT_API_SECRET';
  readonly isPaymentId = isImpUid;
  readonly methodOf = methodOf;
  readonly understandNotice = understandNotice;
  readonly rulesOf = rulesOf;
  readonly reasonOfRefusal = reasonOfRefusal;
  readonly taxPartsOf = taxPartsOf;
  readonly refundBanksOf = refundBanksOf;
  readonly refundExpectedAt = refundExpectedAt;
  readonly depositNoticeAddressOf = depositNoticeAddressOf;
  readonly cashReceiptTermsOf = cashReceiptTermsOf;
  private readonly settings: IamportSettings;
  private readonly http: IamportHttp;
  private readonly token: AccessToken;
  private channels: { pgs: Promise<PgRules[]>; askAgainAtMs: number } | undefined;

  constructor(
    {
      iamport,
      paymentMethods,
      webhookAddresses,
    }: Pick<Settings, 'iamport' | 'paymentMethods' | 'webhookAddresses'>,
    private readonly logger: Logger,
  ) {
    const { testMode, sdkUrl, userCode } = iamport;
    this.expectsTestPayments = testMode;
    this.checkout = { scriptUrl: sdkUrl, merchantCode: userCode };
    this.offers = offersOf(iamport, paymentMethods);
    this.noticeAddresses = webhookAddresses;
    this.settings = iamport;
    this.http = new IamportHttp(iamport);
    this.token = new AccessToken(this.http, iamport);
  }

  get keys(): KeysState {
    return this.token.keys;
  }

  /** Asks for the token. */
  checkKeys(): void {
    this.token.get().catch((error: unknown) => {
      if (this.keys !== 'refused') {
        this.unavailable(error);
        return;
      }
      this.logger.warn(
        inBothLanguages({
          ko: 'iamport 가 IAMPORT_API_KEY 와 IAMPORT_API_SECRET 을 받지 않습니다. 두 값을 확인하고 다시 시작하세요. 그때까지 충전과 취소를 할 수 없습니다.',
          en: 'iamport refuses IAMPORT_API_KEY and IAMPORT_API_SECRET: check both and start again; until then nothing can be bought or cancelled.',
        }),
      );
    });
  }

  /**
   * `GET /payments/{imp_uid}`. A payment of a test channel is shown only for `include_sandbox=true` (documented, since
   * 2026-01-26), which is sent only where test payments are the expected ones.
   */
  async readPayment(impUid: string): Promise<GatewayPayment | undefined> {
    const response = await this.find({
      call: 'GET /payments/{imp_uid}',
      method: 'GET',
      path: ['payments', impUid],
      query: this.settings.testMode ? { include_sandbox: 'true' } : {},
    });
    if (response === undefined) return undefined;
    const payment = toPayment(response);
    // An answer about another payment than the one asked for must never be taken for it.
    if (payment?.paymentId !== impUid) {
      throw this.unavailable(new GatewayUnavailable('GET /payments: another payment than expected'));
    }
    return payment;
  }

  /** `POST /payments/prepare`. */
  async registerAmount({ merchantUid, amount }: { merchantUid: string; amount: number }): Promise<void> {
    try {
      await this.call({
        call: 'POST /payments/prepare',
        method: 'POST',
        path: ['payments', 'prepare'],
        body: { merchant_uid: merchantUid, amount, currency: 'KRW' },
        timeoutMs: this.settings.writeTimeoutMs,
        repeatable: true,
      });
    } catch (error) {
      throw this.unavailable(error);
    }
  }

  /** `GET /payments/findAll/{merchant_uid}`. One order can have several attempts (documented). */
  async findPaymentsOfOrder(merchantUid: string): Promise<GatewayPayment[]> {
    const response = await this.find({
      call: 'GET /payments/findAll/{merchant_uid}',
      method: 'GET',
      path: ['payments', 'findAll', merchantUid],
      query: { limit: String(ATTEMPTS_OF_ORDER_MAX) },
    });
    if (response === undefined) return [];
    const page = paymentPage.safeParse(response);
    if (!page.success)
      throw this.unavailable(new GatewayUnavailable('GET /payments/findAll: another body than expected'));
    return toPayments(page.data.list, [merchantUid]);
  }

  /**
   * `GET /payments?merchant_uid[]=` (documented). That it shows every attempt of an order and not only one of them is
   * assumed.
   */
  async findPaymentsOfOrders(merchantUids: string[]): Promise<GatewayPayment[]> {
    const response = await this.find({
      call: 'GET /payments',
      method: 'GET',
      path: ['payments'],
      query: { merchant_uid: merchantUids },
    });
    if (response === undefined) return [];
    const batch = paymentBatch.safeParse(response);
    if (!batch.success)
      throw this.unavailable(new GatewayUnavailable('GET /payments: another body than expected'));
    return toPayments(batch.data, merchantUids);
  }

  /** `GET /payments/status/{payment_status}`, of the paid ones and of the cancelled ones (see payment-list.ts). */
  listChanges(period: Period): AsyncIterable<GatewayPayment[]> {
    return listChanges(period, (request) => this.listPage(request));
  }

  /** @returns undefined for an HTTP 400, which is how a page beyond the last one is answered (documented). */
  private async listPage({ status, ...query }: PageRequest): Promise<Page | undefined> {
    const call = 'GET /payments/status/{payment_status}';
    let answer;
    try {
      answer = await this.call({
        call,
        method: 'GET',
        path: ['payments', 'status', status],
        query: {
          ...Object.fromEntries(Object.entries(query).map(([name, value]) => [name, String(value)])),
          ...(this.settings.testMode ? { include_sandbox: 'true' } : {}),
        },
        // The longest answers that there are.
        timeoutMs: this.settings.writeTimeoutMs,
        isList: true,
        repeatable: true,
      });
    } catch (error) {
      if (error instanceof GatewayRefused && error.httpStatus === 400) return undefined;
      throw this.unavailable(error);
    }
    const page = listedPage.safeParse(answer.response);
    if (!page.success) throw this.unavailable(new GatewayUnavailable(`${call}: another body than expected`));
    const { list, total, next } = page.data;
    const payments = list.map((one) => toPayment(one));
    // One that cannot be read could be one that is missing in the books.
    if (payments.includes(undefined)) {
      throw this.unavailable(new GatewayUnavailable(`${call}: a payment of another form than expected`));
    }
    return { payments: payments.filter((one) => one !== undefined), total, isLast: next === 0 };
  }

  /**
   * `POST /payments/cancel`. The gateway has no idempotency key; `checksum` takes its place, because it carries the
   * cancellation out only while exactly that much is left (documented).
   */
  async cancel(cancel: {
    paymentId: string;
    amount: number;
    checksum: number;
    reason: string;
    refundAccount?: RefundAccount;
    tax?: TaxParts;
  }): Promise<GatewayPayment> {
    // The gateway reads 0 as "everything" (documented).
    if (!(cancel.amount > 0)) throw new Error('a cancellation needs an amount above 0');
    let answer;
    try {
      answer = await this.call({
        call: 'POST /payments/cancel',
        method: 'POST',
        path: ['payments', 'cancel'],
        body: {
          imp_uid: cancel.paymentId,
          amount: cancel.amount,
          checksum: cancel.checksum,
          reason: cancel.reason,
          ...(cancel.tax && taxFields(cancel.tax)),
          ...(cancel.refundAccount && refundFields(cancel.refundAccount)),
        },
        timeoutMs: this.settings.writeTimeoutMs,
      });
    } catch (error) {
      const isAnswer = error instanceof GatewayRefused && error.httpStatus !== 401;
      throw isAnswer ? error : this.unavailable(error);
    }
    const payment = toPayment(answer.response);
    if (payment?.paymentId !== cancel.paymentId) {
      throw this.unavailable(new GatewayUnavailable('POST /payments/cancel: another payment than expected'));
    }
    // `code` 0 with a payment that failed was observed at another call. It does not say that money went back.
    if (!holdsMoney(payment)) {
      throw this.unavailable(
        new GatewayUnavailable(`POST /payments/cancel: a payment that is ${payment.state}`),
      );
    }
    return payment;
  }

  /**
   * `DELETE /vbanks/{imp_uid}`. Inicis also wants a key of its own there (documented), which we do not have: it says no, and the
   * account waits until its time.
   */
  async closeAccount(impUid: string): Promise<void> {
    try {
      await this.call({
        call: 'DELETE /vbanks/{imp_uid}',
        method: 'DELETE',
        path: ['vbanks', impUid],
        timeoutMs: this.settings.writeTimeoutMs,
      });
    } catch (error) {
      const isAnswer = error instanceof GatewayRefused && error.httpStatus !== 401;
      throw isAnswer ? error : this.unavailable(error);
    }
  }

  /** `GET /receipts/{imp_uid}`: a 404 where none was issued (documented). That a cancelled one is still shown is assumed. */
  async readCashReceipt(impUid: string): Promise<GatewayCashReceipt | undefined> {
    const call = 'GET /receipts/{imp_uid}';
    const response = await this.find({ call, method: 'GET', path: ['receipts', impUid] });
    return response === undefined ? undefined : this.cashReceipt(call, response, impUid);
  }

  /** `POST /receipts/{imp_uid}`. It names no amount: the gateway takes what is left of the payment (documented). */
  async issueCashReceipt(asked: {
    paymentId: string;
    pg: string | null;
    purpose: CashReceiptPurpose;
    identifier: CashReceiptIdentifier;
    tax: TaxParts;
  }): Promise<GatewayCashReceipt> {
    const { paymentId, pg, purpose, identifier, tax } = asked;
    return this.changeCashReceipt('POST', paymentId, {
      identifier: identifier.number,
      identifier_type: IDENTIFIER_TYPES[identifier.kind],
      type: PURPOSES[purpose],
      ...(pg === 'ksnet' && { product_type: 'digital' }),
      ...taxFields(tax),
      ...(await this.buyerFields(paymentId, pg)),
    });
  }

  /** `DELETE /receipts/{imp_uid}`. */
  async cancelCashReceipt(impUid: string): Promise<GatewayCashReceipt> {
    return this.changeCashReceipt('DELETE', impUid);
  }

  private async changeCashReceipt(
    method: 'POST' | 'DELETE',
    impUid: string,
    body?: Record<string, string | number>,
  ): Promise<GatewayCashReceipt> {
    const call: IamportCall = `${method} /receipts/{imp_uid}`;
    const timeoutMs = this.settings.writeTimeoutMs;
    let answer;
    try {
      const request = { call, method, path: ['receipts', impUid], timeoutMs, refusesBy5xx: true };
      answer = await this.call(body ? { ...request, body } : request);
    } catch (error) {
      const isAnswer = error instanceof GatewayRefused && error.httpStatus !== 401;
      throw isAnswer ? error : this.unavailable(error);
    }
    return this.cashReceipt(call, answer.response, impUid);
  }

  private cashReceipt(call: IamportCall, response: unknown, impUid: string): GatewayCashReceipt {
    const receipt = toCashReceipt(response, impUid);
    if (receipt) return receipt;
    throw this.unavailable(new GatewayUnavailable(`${call}: another body than expected`));
  }

  /** What the payment has of its buyer, for PGs that want it with a receipt. A lack is for the PG to say. */
  private async buyerFields(impUid: string, pg: string | null): Promise<Record<string, string>> {
    const fields = buyerFieldsOf(pg);
    if (fields.length === 0) return {};
    const payment = await this.find({
      call: 'GET /payments/{imp_uid}',
      method: 'GET',
      path: ['payments', impUid],
      query: this.settings.testMode ? { include_sandbox: 'true' } : {},
    });
    const buyer = z.record(z.string(), z.unknown()).catch({}).parse(payment);
    return Object.fromEntries(
      fields.flatMap((field) => {
        const value = buyer[field];
        return typeof value === 'string' && value !== '' ? [[field, value]] : [];
      }),
    );
  }

  /**
   * `GET /users/pg`. A way to pay without a channel and a PG uses the console's first channel, and which that is nobody
   * says: then these are all of the expected kind, test or live.
   */
  async configuredPgs(): Promise<PgRules[]> {
    if (this.channels && performance.now() < this.channels.askAgainAtMs) return this.channels.pgs;
    const pgs = this.askForPgs();
    const asked = { pgs, askAgainAtMs: performance.now() + CHANNELS_KEPT_MS };
    this.channels = asked;
    pgs.catch(() => {
      asked.askAgainAtMs = performance.now() + CHANNELS_PAUSE_MS;
    });
    return pgs;
  }

  private async askForPgs(): Promise<PgRules[]> {
    const { testMode } = this.settings;
    const response = await this.find({
      call: 'GET /users/pg',
      method: 'GET',
      path: ['users', 'pg'],
    });
    const channels = channelList.safeParse(response);
    if (!channels.success) {
      throw this.unavailable(new GatewayUnavailable('GET /users/pg: another body than expected'));
    }
    const ours = channels.data.filter(({ channel_key, pg_provider, sandbox, type }) =>
      this.offers.some(({ channelKey, pg }) => {
        if (channelKey !== undefined) return channel_key === channelKey;
        if (sandbox !== testMode || type !== 'payment') return false;
        return pg === undefined || pgCodeOf(pg) === pg_provider;
      }),
    );
    const codes = new Set(ours.map(({ pg_provider }) => pg_provider));
    return [...codes].slice(0, PGS_MAX).map((pg) => {
      const rules = rulesOfPg(pg);
      return rules ? { ...rules, pg } : { pg, names: { ko: `결제사 ${pg}`, en: `PG ${pg}` }, methods: {} };
    });
  }

  /** A read of what may not be there. @returns the answer's `response`; undefined for a 404. @throws {GatewayUnavailable} */
  private async find(request: Omit<IamportRequest, 'repeatable' | 'timeoutMs'>): Promise<unknown> {
    try {
      const { readTimeoutMs: timeoutMs } = this.settings;
      return (await this.call({ ...request, timeoutMs, repeatable: true })).response;
    } catch (error) {
      if (error instanceof GatewayRefused && error.httpStatus === 404) return undefined;
      throw this.unavailable(error);
    }
  }

  /** With the shared token; after a 401 once more with a fresh one, since it can end between two calls (documented). */
  private async call(request: IamportRequest): Promise<IamportAnswer> {
    const token = await this.token.get();
    try {
      return await this.http.call(request, token.value);
    } catch (error) {
      if (!(error instanceof GatewayRefused && error.httpStatus === 401)) throw error;
      this.token.forget(token);
      const { value } = await this.token.get();
      return await this.http.call(request, value);
    }
  }

  /** What an operator should see in the log and the caller only as "not now". */
  private unavailable(error: unknown): unknown {
    if (error instanceof GatewayUnavailable) {
      this.logger.warn({ fault: error.fault }, 'the gateway is unavailable');
      return error;
    }
    if (error instanceof GatewayRefused) {
      const { call, httpStatus, gatewayCode } = error;
      const gatewayMessage = error.gatewayMessage.replace(LONG_NUMBER, '…');
      this.logger.error({ call, httpStatus, gatewayCode, gatewayMessage }, 'the gateway refused a call');
      return new GatewayUnavailable(error.message);
    }
    return error;
  }
}

/** The same names in the payment window, in a cancellation and in a cash receipt (documented). */
function taxFields({ taxFree, vat }: TaxParts): Record<string, number> {
  return {
    ...(taxFree !== null && { tax_free: taxFree }),
    ...(vat !== null && { vat_amount: vat }),
  };
}

function refundFields({ holder, bank, number, phone }: RefundAccount): Record<string, string> {
  return {
    refund_holder: holder,
    refund_bank: bank,
    refund_account: number,
    ...(phone === null ? {} : { refund_tel: phone }),
  };
}

/** Those that can be read, of the orders that were asked about and of no other. */
function toPayments(wire: unknown[], merchantUids: string[]): GatewayPayment[] {
  return wire
    .map((one) => toPayment(one))
    .filter((payment) => payment !== undefined)
    .filter((payment) => merchantUids.includes(payment.merchantUid));
}
