import { unixSeconds, type Clock } from '../clock.js';
import { channelOfRequest, MERCHANT, type Channel, type ResultStyle } from '../gateway/merchant.js';
import { dueOf } from '../payment/virtual-account.js';
import { PGS, WINDOW_METHODS, type AmountLimit, type Pg, type WindowMethod } from '../payment/pg-rules.js';
import { fail, startPayment, type Payment } from '../payment/payment.js';
import { promotionOf } from '../payment/promotion.js';
import { taxFaultOf, type TaxSplit, type TaxStore } from '../payment/tax.js';
import { numberOf } from '../parameters.js';
import type { PaymentStore, StoredPayment } from '../payment/payment-store.js';
import type { PrepareStore } from '../gateway/prepare-store.js';

const MERCHANT_UID_MAX = 40;
const NAME_MAX = 40;

/** What the shop asked for when the window opened, as far as the payment object does not hold it. */
export interface Checkout {
  style: ResultStyle;
  /** How the browser comes back: by callback on a PC, by a redirect of the whole page on a phone (documented). */
  returns: 'callback' | 'redirect';
  redirectUrl: string | null;
  requestedMethod: string;
  shopUrl: string | null;
  language: string | null;
  customData: unknown;
  /** `vbank_due` as the shop gave it. Windows from before there were virtual accounts lack it. */
  vbankDue?: string | null;
}

/** What the browser script sends when `IMP.request_pay` was called. */
export interface CheckoutRequest {
  userCode: string | undefined;
  isMobile: boolean;
  shopUrl: string | undefined;
  userAgent: string | undefined;
  /** As the shop gave them: nothing is checked yet. */
  params: Record<string, unknown>;
}

/** What the shop's callback gets. */
export type BrowserResult = Record<string, unknown>;

export type CheckoutOutcome =
  | { opened: true; payment: Payment; checkout: Checkout }
  | { opened: false; result: BrowserResult; redirectUrl: string | null };

export interface CheckoutParts {
  payments: PaymentStore;
  prepares: PrepareStore;
  taxes: TaxStore;
  clock: Clock;
}

/**
 * Opens the payment window: from here on the payment exists, with status `ready` (documented).
 * Not opened: a parameter is wrong (F400), the order was paid before (F1002, documented) or the amount is not the one that
 * was registered by /payments/prepare (the attempt fails: documented; that it leaves a failed payment: assumed). The same
 * becomes of an amount that the PG does not take (its limits: documented, how it says so: assumed).
 */
export function openCheckout(parts: CheckoutParts, request: CheckoutRequest): CheckoutOutcome {
  const { params } = request;
  const channel = channelOfRequest(optionalText(params.channelKey), optionalText(params.pg));
  const fault = faultOf(request, channel);
  if (fault !== undefined || channel === undefined) {
    return notOpened(request, channel, null, 'F400', fault ?? '');
  }

  const merchantUid = String(params.merchant_uid);
  if (parts.payments.findPaid(merchantUid) !== undefined) {
    return notOpened(request, channel, null, 'F1002', ALREADY_PAID);
  }

  const payment = requestedPayment(request, channel, merchantUid, unixSeconds(parts.clock));
  const checkout = checkoutOf(request, channel);
  const noticeUrls = noticeUrlsOf(params.notice_url);
  const prepared = parts.prepares.find(merchantUid);
  const taxFault = taxFaultOf(taxOf(params), {
    amount: payment.amount,
    pg: channel.pgProvider,
    payMethod: payment.pay_method,
  });
  const differs =
    prepared !== undefined &&
    (prepared.amount !== payment.amount || (prepared.currency ?? payment.currency) !== payment.currency);
  const failure = differs
    ? '사전등록된 결제금액과 결제요청 금액이 일치하지 않습니다.'
    : (amountFaultOf(payment) ?? taxFault);
  if (failure !== undefined) {
    store(parts, { payment: fail(payment, failure, payment.started_at), checkout, noticeUrls });
    const code = !differs && channel.style === 'new' ? 'PG_PROVIDER_ERROR' : 'F400';
    return notOpened(request, channel, payment.imp_uid, code, failure);
  }
  store(parts, { payment, checkout, noticeUrls }, taxOf(params));
  return { opened: true, payment, checkout };
}

function store({ payments, taxes }: CheckoutParts, stored: StoredPayment, tax?: TaxSplit): void {
  const existing = payments.add([stored]);
  if (existing !== undefined) throw new Error(`the new imp_uid ${existing} was taken: try again`);
  if (tax) taxes.add(stored.payment.imp_uid, tax);
}

function taxOf(params: Record<string, unknown>): TaxSplit {
  const { tax_free: taxFree, vat_amount: vat } = params;
  return { tax_free: numberOf(taxFree) ?? null, vat_amount: numberOf(vat) ?? null };
}

/** Text observed. */
export const ALREADY_PAID = '이미 결제가 이루어진 거래건입니다.';

/** Limits and required parameters are documented; the texts are assumed. */
function faultOf({ userCode, params }: CheckoutRequest, channel: Channel | undefined): string | undefined {
  if (userCode !== MERCHANT.userCode) return `가맹점 식별코드가 올바르지 않습니다. (${userCode ?? ''})`;
  if (channel === undefined) return '등록되지 않은 channelKey 또는 pg입니다.';
  const { merchant_uid: merchantUid, amount, name, pay_method: payMethod, currency } = params;
  if (typeof merchantUid !== 'string' || merchantUid === '') return 'merchant_uid 파라메터가 누락되었습니다.';
  if (merchantUid.length > MERCHANT_UID_MAX) return `merchant_uid는 최대 ${MERCHANT_UID_MAX}자입니다.`;
  if (typeof amount !== 'number' || !Number.isFinite(amount) || amount <= 0)
    return 'amount는 0보다 큰 숫자여야 합니다.';
  if ((currency ?? 'KRW') === 'KRW' && !Number.isSafeInteger(amount)) return 'KRW 금액은 정수여야 합니다.';
  if (typeof name === 'string' && name.length > NAME_MAX) return `name은 최대 ${NAME_MAX}자입니다.`;
  const pg = pgOf(channel.pgProvider);
  if (pg.closed !== undefined) return `${pg.closed} (${channel.pgProvider})`;
  if (!pg.ignoresMethod && !pg.window.some((known) => known === (payMethod ?? 'card'))) {
    return `${pg.name}에서 지원하지 않는 결제수단입니다. (${optionalText(payMethod) ?? 'card'})`;
  }
  const wanted = pg.ignoresMethod ? pg.window[0] : (payMethod ?? 'card');
  const wantsTel = pg.wantsTel?.some((method) => method === wanted) ?? false;
  if (wantsTel && optionalText(params.buyer_tel) === undefined) {
    return 'buyer_tel 파라메터가 누락되었습니다.';
  }
  if (payMethod === 'phone' && typeof params.digital !== 'boolean') {
    return '휴대폰 소액결제에는 digital 파라메터가 필요합니다.';
  }
  const vbankDue = optionalText(params.vbank_due);
  if (payMethod === 'vbank' && vbankDue !== undefined && dueOf(vbankDue) === null) {
    return 'vbank_due는 YYYYMMDD 또는 YYYYMMDDHHmm 형식이어야 합니다.';
  }
  return undefined;
}

function requestedPayment(
  { params, isMobile, userAgent }: CheckoutRequest,
  channel: Channel,
  merchantUid: string,
  startedAt: number,
): Payment {
  return {
    ...startPayment({ merchantUid, amount: Number(params.amount), channel, startedAt }),
    channel: isMobile ? 'mobile' : 'pc',
    currency: optionalText(params.currency) ?? 'KRW',
    promotion: promotionOf(optionalText(params.promotion_id), Number(params.amount)),
    name: optionalText(params.name) ?? null,
    pay_method: requestedMethod(params, channel),
    buyer_name: optionalText(params.buyer_name) ?? null,
    buyer_email: optionalText(params.buyer_email) ?? null,
    buyer_tel: optionalText(params.buyer_tel) ?? null,
    buyer_addr: optionalText(params.buyer_addr) ?? null,
    buyer_postcode: optionalText(params.buyer_postcode) ?? null,
    custom_data: params.custom_data === undefined ? null : JSON.stringify(params.custom_data),
    user_agent: userAgent ?? null,
  };
}

function checkoutOf({ params, isMobile, shopUrl }: CheckoutRequest, channel: Channel): Checkout {
  return {
    style: channel.style,
    returns: isMobile ? 'redirect' : 'callback',
    redirectUrl: webAddress(params.m_redirect_url),
    requestedMethod: requestedMethod(params, channel),
    shopUrl: webAddress(shopUrl),
    language: optionalText(params.language) ?? null,
    customData: params.custom_data ?? null,
    vbankDue: optionalText(params.vbank_due) ?? null,
  };
}

/** An easy pay opens with its own method whatever was asked for: documented for KakaoPay. */
function requestedMethod(params: Record<string, unknown>, channel: Channel): WindowMethod {
  const wanted = optionalText(params.pay_method) ?? 'card';
  const { window } = pgOf(channel.pgProvider);
  const method = window.find((offered) => offered === wanted) ?? window[0];
  if (method === undefined) throw new Error(`the window of ${channel.pgProvider} never opens`);
  return method;
}

function amountFaultOf({ pg_provider, pay_method, amount, currency }: Payment): string | undefined {
  if (currency !== 'KRW') return undefined;
  const limits: Readonly<Record<string, AmountLimit>> = PGS[pg_provider]?.limits ?? {};
  const { min = 0, max = Infinity } = limits[pay_method] ?? {};
  if (amount < min) return `최소 결제금액은 ${min}원입니다.`;
  return amount > max ? `최대 결제금액은 ${max}원입니다.` : undefined;
}

/** @throws for a code that no channel has. */
export function pgOf(pgProvider: string): Pg {
  const pg = PGS[pgProvider];
  if (pg === undefined) throw new Error(`channel of a PG that is not known: ${pgProvider}`);
  return pg;
}

/** Ways to pay of a PG's window. */
export function offeredMethods(pgProvider: string): readonly WindowMethod[] {
  return PGS[pgProvider]?.window ?? WINDOW_METHODS;
}

/**
 * The window does not open. The callback gets `imp_uid: null`, or the failed attempt's id; a phone without a callback is
 * redirected instead (observed).
 */
function notOpened(
  { params }: CheckoutRequest,
  channel: Channel | undefined,
  impUid: string | null,
  errorCode: string,
  errorText: string,
): CheckoutOutcome {
  const style = channel?.style ?? 'old';
  const result: BrowserResult = {
    ...(style === 'old' ? { [flagOf(channel?.pgProvider)]: false } : {}),
    imp_uid: impUid,
    merchant_uid: params.merchant_uid ?? null,
    error_code: errorCode,
    error_msg: errorText,
  };
  const target = webAddress(params.m_redirect_url);
  return { opened: false, result, redirectUrl: target && redirectAddress(target, style, result, false) };
}

function flagOf(pgProvider = ''): string {
  return PGS[pgProvider]?.saysImpSuccess ? 'imp_success' : 'success';
}

/** Why an attempt did not end in a payment, as the browser is told. */
export interface AttemptError {
  code: string;
  text: string;
}

/**
 * What the callback gets after the window: the rich object of the old modules or the few fields of the new ones
 * (documented). Neither proves anything; only the read of the payment does.
 */
export function resultOf(payment: Payment, checkout: Checkout, error: AttemptError | null): BrowserResult {
  const ids = { imp_uid: payment.imp_uid, merchant_uid: payment.merchant_uid };
  const failure = error === null ? {} : { error_code: error.code, error_msg: error.text };
  if (checkout.style === 'new') return { ...ids, ...failure };
  const attempt = {
    ...ids,
    pay_method: payment.pay_method,
    pg_provider: payment.pg_provider,
    pg_type: 'payment',
  };
  const flag = flagOf(payment.pg_provider);
  if (error !== null) return { [flag]: false, ...attempt, ...failure };
  return {
    [flag]: true,
    ...attempt,
    paid_amount: payment.amount,
    status: payment.status,
    name: payment.name,
    emb_pg_provider: payment.emb_pg_provider,
    pg_tid: payment.pg_tid,
    buyer_name: payment.buyer_name ?? '',
    buyer_email: payment.buyer_email ?? '',
    buyer_tel: payment.buyer_tel ?? '',
    buyer_addr: payment.buyer_addr ?? '',
    buyer_postcode: payment.buyer_postcode ?? '',
    custom_data: checkout.customData,
    paid_at: payment.paid_at,
    receipt_url: payment.receipt_url,
    apply_num: payment.apply_num,
    card_name: payment.card_name,
    card_number: payment.card_number,
    card_quota: payment.card_quota,
    bank_name: payment.bank_name,
    currency: payment.currency,
    ...(payment.pay_method === 'vbank'
      ? {
          vbank_num: payment.vbank_num,
          vbank_name: payment.vbank_name,
          vbank_holder: payment.vbank_holder,
          vbank_date: payment.vbank_date,
        }
      : {}),
  };
}

/** Where a phone goes after the window; null on a PC, or when the shop named no address. */
export function redirectOf(checkout: Checkout, result: BrowserResult, succeeded: boolean): string | null {
  if (checkout.returns !== 'redirect' || checkout.redirectUrl === null) return null;
  return redirectAddress(checkout.redirectUrl, checkout.style, result, succeeded);
}

/** Query names documented; `imp_success` only from the old modules. */
function redirectAddress(
  target: string,
  style: ResultStyle,
  result: BrowserResult,
  succeeded: boolean,
): string {
  const url = new URL(target);
  for (const name of ['imp_uid', 'merchant_uid'] as const) {
    if (typeof result[name] === 'string') url.searchParams.set(name, result[name]);
  }
  if (style === 'old') url.searchParams.set('imp_success', String(succeeded));
  for (const name of ['error_code', 'error_msg'] as const) {
    if (typeof result[name] === 'string') url.searchParams.set(name, result[name]);
  }
  return url.href;
}

/** `notice_url` is one address or a list (documented). That what is no web address is left out is assumed. */
export function noticeUrlsOf(value: unknown): string[] {
  const urls: unknown[] = Array.isArray(value) ? value : [value];
  return urls.map(webAddress).filter((url) => url !== null);
}

/** Only http and https: a `javascript:` address would run in the window's own page. */
function webAddress(value: unknown): string | null {
  if (typeof value !== 'string' || !URL.canParse(value)) return null;
  const url = new URL(value);
  return url.protocol === 'http:' || url.protocol === 'https:' ? url.href : null;
}

function optionalText(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
