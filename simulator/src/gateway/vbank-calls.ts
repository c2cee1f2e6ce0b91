import { unixSeconds } from '../clock.js';
import { numberOf, textOf } from '../parameters.js';
import { MERCHANT_UID_MAX, type NamedCode, type Payment, startPayment } from '../payment/payment.js';
import { changeAccount, closeAccount, issueAccount } from '../payment/virtual-account.js';
import { statusNotice } from '../window/attempt.js';
import { ALREADY_PAID, noticeUrlsOf } from '../window/checkout.js';
import type { GatewayRequest } from './call-subject.js';
import { BANKS, findCode } from './codes.js';
import { badRequest, type GatewayAnswer, GatewayRefusal, ok, paymentNotFound } from './envelope.js';
import type { GatewayCall } from './gateway-pipeline.js';
import type { GatewayParts } from './gateway-routes.js';
import { type Channel, channelOfRequest } from './merchant.js';

/** PGs that open an account without a window (documented; its `inicis` is taken for our html5_inicis). */
const OPEN_BY_CALL: ReadonlySet<string> = new Set([
  'settle',
  'nice',
  'html5_inicis',
  'tosspayments',
  'ksnet',
  'smartro_v2',
  'nice_v2',
  'welcome',
]);
/** PGs at which such a call names the holder (documented). */
const NEED_HOLDER: ReadonlySet<string> = new Set(['html5_inicis', 'nice', 'settle', 'smartro_v2']);
/** The one at which an account can be changed (documented). */
const CHANGE_AT = 'settle';
/** Numbers of accounts have at least so many digits; whom the simulator should not know has fewer. */
const ACCOUNT_DIGITS_MIN = 10;

/** The calls about virtual accounts. */
export function vbankCalls(parts: GatewayParts): GatewayCall[] {
  const call = (
    method: GatewayCall['method'],
    template: string,
    answer: (parts: GatewayParts, request: GatewayRequest) => GatewayAnswer,
  ): GatewayCall => ({ method, template, needsToken: true, answer: (request) => answer(parts, request) });
  return [
    call('POST', '/vbanks', open),
    call('PUT', '/vbanks/{imp_uid}', change),
    call('DELETE', '/vbanks/{imp_uid}', close),
    call('GET', '/vbanks/holder', findHolder),
  ];
}

/**
 * Opens an account for an order that is not paid, also beside others that wait (documented). Which fields a PG needs is
 * documented; that what is missing is refused with HTTP 400 and the rest with code 1, and all texts, are assumed. So is
 * that a webhook tells of it as after a window.
 */
function open({ payments, webhooks, clock }: GatewayParts, { body }: GatewayRequest): GatewayAnswer {
  const now = unixSeconds(clock);
  const channel = channelOfRequest(textOf(body.channel_key), undefined);
  const merchantUid = textOf(body.merchant_uid);
  const amount = numberOf(body.amount);
  const due = numberOf(body.vbank_due);
  if (!channel || !merchantUid || amount === undefined || due === undefined) {
    throw badRequest('channel_key, merchant_uid, amount, vbank_due 파라메터가 누락되었습니다.');
  }
  if (merchantUid.length > MERCHANT_UID_MAX)
    throw badRequest(`merchant_uid는 최대 ${MERCHANT_UID_MAX}자입니다.`);
  if (!Number.isSafeInteger(amount) || amount < 1) throw badRequest('amount 값이 올바르지 않습니다.');
  const holder = textOf(body.vbank_holder) ?? null;
  refuseWhatThePgCannot(channel, body, holder);
  if (!Number.isSafeInteger(due) || due <= now) throw refused('입금기한은 현재 이후여야 합니다.');
  const bank = bankOf(textOf(body.vbank_code));
  if (!bank) throw refused('지원되지 않는 은행코드입니다.');
  if (payments.findPaid(merchantUid) !== undefined) throw refused(ALREADY_PAID);

  const started: Payment = {
    ...startPayment({ merchantUid, amount, channel, startedAt: now }),
    channel: 'api',
    name: textOf(body.name) ?? null,
    buyer_name: textOf(body.buyer_name) ?? null,
    buyer_email: textOf(body.buyer_email) ?? null,
    buyer_tel: textOf(body.buyer_tel) ?? null,
    custom_data: textOf(body.custom_data) ?? null,
  };
  const issued = issueAccount(started, bank, due, now);
  const payment = NEED_HOLDER.has(channel.pgProvider) ? { ...issued, vbank_holder: holder } : issued;
  const noticeUrls = noticeUrlsOf(body.notice_url);
  const taken = payments.add([{ payment, checkout: null, noticeUrls }]);
  if (taken !== undefined) throw new Error(`${taken} is there already`);
  webhooks.announce(noticeUrls, statusNotice(payment));
  return ok(payment);
}

function refuseWhatThePgCannot(channel: Channel, body: GatewayRequest['body'], holder: string | null): void {
  const { pgProvider, name } = channel;
  if (!OPEN_BY_CALL.has(pgProvider)) throw refused(`${name}은(는) API 로 가상계좌를 발급할 수 없습니다.`);
  if (
    [body.vbank_num, body.vbank_key, body.fixed_unlimited_vbank].some(
      (value) => textOf(value) !== undefined || value === true,
    )
  )
    throw refused('고정식 가상계좌는 시뮬레이터에 없습니다.');
  if (NEED_HOLDER.has(pgProvider) && holder === null)
    throw refused('vbank_holder 파라메터가 누락되었습니다.');
}

/** Documented: at Hecto Financial alone, and before the deposit. Texts and the code of a refusal by the PG are assumed. */
function change({ payments, clock }: GatewayParts, { path, body }: GatewayRequest): GatewayAnswer {
  const due = numberOf(body.vbank_due);
  const amount = numberOf(body.amount);
  if (due === undefined || !Number.isSafeInteger(due))
    throw badRequest('vbank_due 파라메터가 누락되었습니다.');
  if (amount !== undefined && (!Number.isSafeInteger(amount) || amount < 1))
    throw badRequest('amount 값이 올바르지 않습니다.');
  if (due <= unixSeconds(clock)) throw refused('입금기한은 현재 이후여야 합니다.');
  const changed = payments.change(path.imp_uid ?? '', (payment) => {
    if (payment.pg_provider !== CHANGE_AT) throw refused('가상계좌를 수정할 수 없는 PG 사입니다.');
    return changeAccount(payment, { due, amount });
  });
  if (changed === undefined) throw paymentNotFound();
  return ok(changed.payment);
}

function close({ payments, habits, clock }: GatewayParts, { path }: GatewayRequest): GatewayAnswer {
  const closed = payments.change(path.imp_uid ?? '', (payment) =>
    closeAccount(payment, habits.closedAccountStatus, unixSeconds(clock)),
  );
  if (closed === undefined) throw paymentNotFound();
  return ok(closed.payment);
}

/** Whose account it is. No longer in the documentation, and still in the clients. 400 and 404 documented in the schema. */
function findHolder(_: GatewayParts, { query }: GatewayRequest): GatewayAnswer {
  const bank = query.get('bank_code');
  const number = query.get('bank_num');
  if (!bank || !number) throw badRequest('bank_code, bank_num 파라메터가 누락되었습니다.');
  if (!bankOf(bank) || number.replaceAll('-', '').length < ACCOUNT_DIGITS_MIN)
    throw new GatewayRefusal(404, -1, '예금주를 찾을 수 없습니다.');
  return ok({ bank_holder: '홍길동' });
}

/** By the code of the banks' association, or by the two digits that some PGs make of it (documented code tables). */
function bankOf(code: string | undefined): NamedCode | undefined {
  return code === undefined ? undefined : (findCode(BANKS, code) ?? findCode(BANKS, code.padStart(3, '0')));
}

function refused(text: string): GatewayRefusal {
  return new GatewayRefusal(200, 1, text);
}
