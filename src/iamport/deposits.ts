import { DAY_MS, isWeekend } from '../calendar/korean-time.js';

/*
 * What is particular to virtual accounts at each PG (documented: PortOne developer documentation, integration/virtual-account).
 */
const AT_SERVICE = 'https://service.iamport.kr';

/** What the shop enters at its PG so that deposits are told to PortOne (입금통보 URL). The others need nothing, or nobody says. */
const NOTICE_ADDRESSES: Readonly<Record<string, string>> = {
  html5_inicis: `${AT_SERVICE}/inicis_payments/notice_vbank`,
  inicis: `${AT_SERVICE}/inicis_payments/notice_vbank`,
  kcp: `${AT_SERVICE}/kcp_payments/notice_vbank`,
  settle: `${AT_SERVICE}/settle_payments/notice_vbank`,
  nice: `${AT_SERVICE}/nice_payments/notice_vbank`,
  daou: `${AT_SERVICE}/daou_payments/notice_vbank`,
  tosspayments:
    'https://tx-gateway-service.prod.iamport.co/virtual-account/webhook-event/tosspayments (DEPOSIT_CALLBACK)',
};

export function depositNoticeAddressOf(pg: string | null): string | undefined {
  return pg !== null && Object.hasOwn(NOTICE_ADDRESSES, pg) ? NOTICE_ADDRESSES[pg] : undefined;
}

/** Daou: seven business days or more, by hand. Smartro: the next one. KG Mobilians: a Thursday, of this week or the next. */
const BUSINESS_DAYS: Readonly<Record<string, number>> = { daou: 7, smartro_v2: 1, mobilians_v2: 7 };
const BUSINESS_DAYS_OTHERWISE = 1;

/** @returns the same time of the day, so many days later on which banks work; holidays are not known. */
export function refundExpectedAt(pg: string | null, now: Date): Date {
  let left =
    (pg !== null && Object.hasOwn(BUSINESS_DAYS, pg) && BUSINESS_DAYS[pg]) || BUSINESS_DAYS_OTHERWISE;
  let at = now;
  while (left > 0) {
    at = new Date(at.getTime() + DAY_MS);
    if (!isWeekend(at)) left -= 1;
  }
  return at;
}
