import type { GatewayRequest } from './call-subject.js';
import { cancelPayment, type CancelParts } from '../payment/cancel-payment.js';
import { nothingToCancel } from '../payment/cancel-rules.js';
import { unixSeconds } from '../clock.js';
import { BANKS, CARDS, findCode } from './codes.js';
import { GatewayRefusal, badRequest, ok, paymentNotFound, type GatewayAnswer } from './envelope.js';
import type { GatewayCall } from './gateway-pipeline.js';
import { CHANNELS, MERCHANT } from './merchant.js';
import { receiptCalls } from './receipt-calls.js';
import { listOf, numberOf, textOf } from '../parameters.js';
import {
  MERCHANT_UID_MAX,
  type NamedCode,
  type Payment,
  type PaymentStatus,
  PAYMENT_STATUSES,
} from '../payment/payment.js';
import {
  PAGE_LIMIT,
  SORTINGS,
  type PaymentFilter,
  type PaymentStore,
  type Sorting,
} from '../payment/payment-store.js';
import type { PreparedPayment, PrepareStore } from './prepare-store.js';
import type { TokenStore } from './token-store.js';
import { vbankCalls } from './vbank-calls.js';

const BATCH_LIMIT = 100;
const PAGE_DEFAULT = 20;
const PERIOD_LIMIT_SECONDS = 90 * 24 * 60 * 60;

export interface GatewayParts extends CancelParts {
  tokens: TokenStore;
  prepares: PrepareStore;
}

/** The calls of PortOne V1 that the simulator answers. */
export function gatewayCalls(parts: GatewayParts): GatewayCall[] {
  return [
    {
      method: 'POST',
      template: '/users/getToken',
      needsToken: false,
      answer: (request) => getToken(parts, request),
    },
    read('/users/pg', () => ok(CHANNELS.map(pgSetting))),
    read('/banks', () => ok(BANKS)),
    read('/banks/{code}', ({ path }) => ok(codeOr404(BANKS, path.code))),
    read('/cards', () => ok(CARDS)),
    read('/cards/{code}', ({ path }) => ok(codeOr404(CARDS, path.code))),
    {
      method: 'POST',
      template: '/payments/prepare',
      needsToken: true,
      answer: (r) => registerPrepare(parts, r),
    },
    {
      method: 'PUT',
      template: '/payments/prepare',
      needsToken: true,
      answer: (r) => changePrepare(parts, r),
    },
    read('/payments/prepare/{merchant_uid}', (request) => findPrepare(parts, request)),
    {
      method: 'POST',
      template: '/payments/cancel',
      needsToken: true,
      answer: (r) => cancelByApi(parts, r),
    },
    ...vbankCalls(parts),
    ...receiptCalls(parts),
    read('/payments', (request) => findBatch(parts, request)),
    read('/payments/{imp_uid}', (request) => findOne(parts, request)),
    read('/payments/find/{merchant_uid}', (request) => findLatest(parts, request)),
    read('/payments/find/{merchant_uid}/{payment_status}', (request) => findLatest(parts, request)),
    read('/payments/findAll/{merchant_uid}', (request) => findAttempts(parts, request)),
    read('/payments/findAll/{merchant_uid}/{payment_status}', (request) => findAttempts(parts, request)),
    read('/payments/status/{payment_status}', (request) => listByStatus(parts, request)),
  ];
}

function read(template: string, answer: GatewayCall['answer']): GatewayCall {
  return { method: 'GET', template, needsToken: true, answer };
}

/** 400 text observed, its code assumed; 401 status documented in the schema, its text assumed. */
function getToken({ tokens }: GatewayParts, { body }: GatewayRequest): GatewayAnswer {
  const key = textOf(body.imp_key);
  const secret = textOf(body.imp_secret);
  if (key === undefined || secret === undefined)
    throw badRequest('imp_key, imp_secret 파라메터가 누락되었습니다.');
  if (key !== MERCHANT.restKey || secret !== MERCHANT.restSecret) {
    throw new GatewayRefusal(401, -1, '인증에 실패하였습니다. API키와 secret을 확인하세요.');
  }
  return ok(tokens.issue(key));
}

/** Fields documented in the schema. */
function pgSetting(channel: (typeof CHANNELS)[number]): object {
  return {
    channel_key: channel.key,
    channel_name: channel.name,
    pg_id: channel.pgId,
    pg_provider: channel.pgProvider,
    sandbox: channel.sandbox,
    type: channel.type,
  };
}

/** 404 documented in the schema, its text assumed. */
function codeOr404(codes: readonly NamedCode[], code = ''): NamedCode {
  const found = findCode(codes, code);
  if (found === undefined) throw new GatewayRefusal(404, -1, '해당되는 코드를 찾을 수 없습니다.');
  return found;
}

/**
 * A test-channel payment is hidden from this call and from the list by status unless `include_sandbox=true` (documented,
 * since 2026-01-26); every other read shows it.
 */
function findOne({ payments }: GatewayParts, { path, query }: GatewayRequest): GatewayAnswer {
  const payment = payments.find(path.imp_uid ?? '')?.payment;
  const isHidden = payment?.sandbox === true && hidesTestPayments(query);
  if (payment === undefined || isHidden) throw paymentNotFound();
  return ok(payment);
}

function hidesTestPayments(query: URLSearchParams): boolean {
  return query.get('include_sandbox') !== 'true';
}

/** 200, 207 and 404 documented in the schema; code 0 of a 207 and the refusal of more than 100 ids assumed. */
function findBatch({ payments }: GatewayParts, { query }: GatewayRequest): GatewayAnswer {
  const impUids = new Set(listOf(query, 'imp_uid'));
  const merchantUids = new Set(listOf(query, 'merchant_uid'));
  const asked = impUids.size + merchantUids.size;
  if (asked === 0) throw badRequest('imp_uid 또는 merchant_uid를 지정해주셔야합니다.');
  if (asked > BATCH_LIMIT) throw badRequest(`한 번에 최대 ${BATCH_LIMIT}건까지 조회할 수 있습니다.`);

  const found = new Map<string, Payment>();
  let missing = 0;
  for (const impUid of impUids) {
    const payment = payments.find(impUid)?.payment;
    if (payment === undefined) missing += 1;
    else found.set(payment.imp_uid, payment);
  }
  for (const merchantUid of merchantUids) {
    const attempts = payments.list({ merchantUid }, { page: 1, limit: PAGE_LIMIT, sorting: '-started' });
    if (attempts.length === 0) missing += 1;
    for (const payment of attempts) found.set(payment.imp_uid, payment);
  }
  if (found.size === 0) throw paymentNotFound();
  return { httpStatus: missing === 0 ? 200 : 207, response: [...found.values()] };
}

/** One attempt of an order: the first by `sorting`, by default the one that started last (documented in the schema). */
function findLatest({ payments }: GatewayParts, { path, query }: GatewayRequest): GatewayAnswer {
  const filter = { merchantUid: path.merchant_uid ?? '', ...statusFilter(path.payment_status) };
  const [payment] = payments.list(filter, { page: 1, limit: 1, sorting: sortingOf(query) });
  if (payment === undefined) throw paymentNotFound();
  return ok(payment);
}

/** 404 for an unknown order: documented in the schema. An empty page when only the status does not fit: assumed. */
function findAttempts({ payments }: GatewayParts, { path, query }: GatewayRequest): GatewayAnswer {
  const merchantUid = path.merchant_uid ?? '';
  const filter = { merchantUid, ...statusFilter(path.payment_status) };
  if (payments.count({ merchantUid }) === 0) throw paymentNotFound();
  return page(payments, filter, query);
}

/** `from` and `to` are inclusive UNIX seconds, by default the last 90 days (documented in the schema). */
function listByStatus({ payments, clock }: GatewayParts, { path, query }: GatewayRequest): GatewayAnswer {
  const to = secondsOf(query, 'to') ?? unixSeconds(clock);
  const from = secondsOf(query, 'from') ?? to - PERIOD_LIMIT_SECONDS;
  // HTTP 400 and the texts are assumed.
  if (from > to) throw badRequest('from은 to보다 클 수 없습니다.');
  if (to - from > PERIOD_LIMIT_SECONDS) throw badRequest('조회 기간은 최대 90일입니다.');
  const filter = {
    ...statusFilter(path.payment_status),
    period: { from, to },
    onlyLive: hidesTestPayments(query),
  };
  return page(payments, filter, query);
}

/** `next` is 0 on the last page; a page beyond the data is HTTP 400 (documented in the schema). */
function page(payments: PaymentStore, filter: PaymentFilter, query: URLSearchParams): GatewayAnswer {
  const number = wholeNumberOf(query, 'page') ?? 1;
  const limit = wholeNumberOf(query, 'limit') ?? PAGE_DEFAULT;
  // The largest page is documented; that more is refused and not cut is assumed.
  if (limit > PAGE_LIMIT) throw badRequest(`limit은 최대 ${PAGE_LIMIT}입니다.`);
  const sorting = sortingOf(query);
  const total = payments.count(filter);
  const lastPage = Math.max(1, Math.ceil(total / limit));
  if (number > lastPage) throw badRequest('데이터 범위를 넘어선 page입니다.');
  return ok({
    total,
    previous: number - 1,
    next: number < lastPage ? number + 1 : 0,
    list: payments.list(filter, { page: number, limit, sorting }),
  });
}

/** HTTP 400 documented, text observed. */
function statusFilter(status: string | undefined): { status?: PaymentStatus } {
  if (status === undefined || status === 'all') return {};
  const known = PAYMENT_STATUSES.find((name) => name === status);
  if (known === undefined) throw badRequest('지원되지 않는 상태값입니다.');
  return { status: known };
}

function sortingOf(query: URLSearchParams): Sorting {
  const wanted = query.get('sorting') ?? '-started';
  const sorting = SORTINGS.find((name) => name === wanted);
  if (sorting === undefined) throw badRequest('지원되지 않는 정렬기준입니다.');
  return sorting;
}

function wholeNumberOf(query: URLSearchParams, name: string): number | undefined {
  const value = numberOf(query.get(name));
  if (value !== undefined && (!Number.isSafeInteger(value) || value < 1)) {
    throw badRequest(`${name} 값이 올바르지 않습니다.`);
  }
  return value;
}

function secondsOf(query: URLSearchParams, name: string): number | undefined {
  const value = numberOf(query.get(name));
  if (value !== undefined && (!Number.isSafeInteger(value) || value < 0)) {
    throw badRequest(`${name} 값이 올바르지 않습니다.`);
  }
  return value;
}

/** A second registration of the same order is refused: text and code 1 observed, HTTP 200 assumed. PUT changes it. */
function registerPrepare({ prepares }: GatewayParts, { body }: GatewayRequest): GatewayAnswer {
  const prepared = preparedOf(body);
  if (!prepares.register(prepared)) {
    throw new GatewayRefusal(200, 1, '결제정보 사전등록에 실패하였습니다(이미 등록된 merchant_uid입니다).');
  }
  return ok(prepared);
}

function changePrepare({ prepares }: GatewayParts, { body }: GatewayRequest): GatewayAnswer {
  const prepared = preparedOf(body);
  if (!prepares.change(prepared)) throw prepareNotFound();
  return ok(prepared);
}

function findPrepare({ prepares }: GatewayParts, { path }: GatewayRequest): GatewayAnswer {
  const prepared = prepares.find(path.merchant_uid ?? '');
  if (prepared === undefined) throw prepareNotFound();
  return ok(prepared);
}

/** Required fields and lengths documented in the schema; texts assumed. */
function preparedOf(body: Record<string, unknown>): PreparedPayment {
  const merchantUid = textOf(body.merchant_uid);
  const amount = numberOf(body.amount);
  if (merchantUid === undefined || amount === undefined) {
    throw badRequest('merchant_uid, amount 파라메터가 누락되었습니다.');
  }
  if (merchantUid.length > MERCHANT_UID_MAX) {
    throw badRequest(`merchant_uid는 최대 ${MERCHANT_UID_MAX}자입니다.`);
  }
  if (!Number.isFinite(amount) || amount < 0) throw badRequest('amount 값이 올바르지 않습니다.');
  return { merchant_uid: merchantUid, amount, currency: textOf(body.currency) ?? null };
}

/** 404 documented in the schema, text observed. */
function prepareNotFound(): GatewayRefusal {
  return new GatewayRefusal(404, -1, '사전등록된 결제정보가 존재하지 않습니다.');
}

/** `enable_webhook` is false by default (documented). */
function cancelByApi(parts: GatewayParts, { body }: GatewayRequest): GatewayAnswer {
  const impUid = impUidToCancel(parts.payments, textOf(body.imp_uid), textOf(body.merchant_uid));
  const amount = numberOf(body.amount) ?? 0;
  const checksum = numberOf(body.checksum) ?? null;
  const tax = { tax_free: numberOf(body.tax_free) ?? null, vat_amount: numberOf(body.vat_amount) ?? null };
  if ([amount, checksum, tax.tax_free, tax.vat_amount].some((value) => Number.isNaN(value)))
    throw badRequest('amount, checksum, tax_free, vat_amount 값이 올바르지 않습니다.');
  const hasRefundAccount = [body.refund_holder, body.refund_bank, body.refund_account].every(
    (value) => textOf(value) !== undefined,
  );
  const cancelled = cancelPayment(parts, impUid, {
    amount,
    checksum,
    hasRefundAccount,
    hasRefundTel: textOf(body.refund_tel) !== undefined,
    retainsPromotion: body.retain_promotion === true || body.retain_promotion === 'true',
    tax,
    reason: textOf(body.reason) ?? null,
    isAnnounced: body.enable_webhook === true || body.enable_webhook === 'true',
  });
  if (cancelled === undefined) throw nothingToCancel();
  return ok(cancelled);
}

/** 400 and 404 documented in the schema, that no webhook tells of it is assumed. */
/**
 * `imp_uid` wins; a wrong one fails even when `merchant_uid` is right (documented). Of several attempts of an order the paid one is meant
 * (assumed). The end of the text without any id is observed, its status and code are assumed.
 */
function impUidToCancel(
  payments: PaymentStore,
  impUid: string | undefined,
  merchantUid: string | undefined,
): string {
  if (impUid !== undefined) return impUid;
  if (merchantUid === undefined) {
    throw new GatewayRefusal(200, 1, 'imp_uid 또는 merchant_uid를 지정해주셔야합니다.');
  }
  const paid = payments.findPaid(merchantUid);
  if (paid === undefined) throw nothingToCancel();
  return paid.payment.imp_uid;
}
