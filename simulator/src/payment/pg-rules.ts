/**
 * What each PG refuses when money is to be given back. The simulator's own reading of the pages, so that it can show a client
 * that read them differently. What is not here a PG does; that card companies differ after about a year is not played.
 * All is documented in PortOne's help centre and developer documentation unless it says otherwise.
 */
export interface PgRule {
  /** Only all that is left at once. */
  onlyWhole?: true;
  /** So many partial cancels. That one which takes the rest is none of them is assumed. */
  partialCancelsMax?: number;
  /** Until when, in Korean time. That days and months end at midnight is assumed. */
  until?: 'month-of-payment' | { months: number } | { days: number } | 'never';
  /** Hours in Korea, from the first until the second on the next day. */
  closedFromTo?: readonly [number, number];
  refundAccount?: 'needed' | 'needed with refund_tel';
}

interface Pg {
  name: string;
  /** Ways to pay that its window offers, by `pay_method` of the request. */
  window: readonly [WindowMethod, ...WindowMethod[]];
  /** `new`: the modules whose callback has only the ids (documented). */
  style: 'old' | 'new';
  /** By `pay_method` as payments read; `*` for all of them. */
  rules: Readonly<Record<string, PgRule>>;
  /** What it says when it holds too little of the shop's money for a refund. */
  shortOfMoney?: string;
}

/** Ways to pay that the window can play. */
export const WINDOW_METHODS = ['card', 'kakaopay', 'trans', 'phone', 'vbank'] as const;
export type WindowMethod = (typeof WINDOW_METHODS)[number];

const PHONE: PgRule = { onlyWhole: true, until: 'month-of-payment' };
const VBANK: PgRule = { refundAccount: 'needed' };
const VBANK_WITH_TEL: PgRule = { refundAccount: 'needed with refund_tel' };
const BOUND = { phone: PHONE, vbank: VBANK };
const KSNET: PgRule = { partialCancelsMax: 9, until: { months: 6 } };
const WHOLE: PgRule = { onlyWhole: true };
const GIFTS = { smartculture: WHOLE, booknlife: WHOLE };

const ALL = WINDOW_METHODS;
const PLAIN = ['card', 'trans', 'vbank'] as const;
const CARD = ['card'] as const;

export const PGS: Readonly<Record<string, Pg>> = {
  html5_inicis: {
    name: 'KG이니시스',
    window: ALL,
    style: 'old',
    rules: { vbank: VBANK, phone: { until: 'month-of-payment' } },
  },
  kcp: {
    name: 'NHN KCP',
    window: ALL,
    style: 'old',
    rules: { vbank: VBANK, phone: { until: 'month-of-payment' } },
    shortOfMoney: '[8178] 취소가능금액이 부족합니다',
  },
  tosspayments: {
    name: '토스페이먼츠',
    window: ALL,
    style: 'new',
    rules: { ...BOUND, ...GIFTS, cultureland: WHOLE },
  },
  uplus: {
    name: '토스페이먼츠 구모듈',
    window: ['card', 'trans', 'phone', 'vbank'],
    style: 'old',
    rules: BOUND,
  },
  mobilians: { name: 'KG파이낸셜', window: ['card', 'phone', 'vbank'], style: 'old', rules: BOUND },
  danal_tpay: {
    name: '다날',
    window: PLAIN,
    style: 'old',
    rules: { vbank: { until: 'never' } },
    shortOfMoney: '취소불가 상태입니다',
  },
  danal: {
    name: '다날 휴대폰',
    window: ['phone'],
    style: 'old',
    rules: BOUND,
    shortOfMoney: '취소불가 상태입니다',
  },
  kakaopay: {
    name: '카카오페이',
    window: ['kakaopay'],
    style: 'old',
    rules: { card: { until: { months: 12 } }, point: { until: { months: 60 } } },
  },
  naverpay: { name: '네이버페이', window: CARD, style: 'old', rules: { '*': { until: { days: 1095 } } } },
  payco: { name: '페이코', window: CARD, style: 'old', rules: BOUND },
  tosspay_v2: { name: '토스페이', window: CARD, style: 'new', rules: {} },
  settle: { name: '헥토파이낸셜', window: ['card', 'trans', 'phone', 'vbank'], style: 'old', rules: BOUND },
  nice: {
    name: '나이스',
    window: ALL,
    style: 'old',
    rules: BOUND,
    shortOfMoney: '취소금액이 미정산 금액보다 큽니다',
  },
  nice_v2: { name: '나이스 신모듈', window: ALL, style: 'new', rules: BOUND },
  kicc: { name: '이지페이', window: PLAIN, style: 'old', rules: BOUND },
  ksnet: {
    name: 'KSNET',
    window: ['card', 'trans', 'phone', 'vbank'],
    style: 'new',
    rules: {
      card: KSNET,
      trans: KSNET,
      vbank: { ...KSNET, ...VBANK, closedFromTo: [23, 6] },
      phone: PHONE,
    },
  },
  smartro: { name: '스마트로', window: PLAIN, style: 'old', rules: { vbank: VBANK_WITH_TEL } },
  smartro_v2: {
    name: '스마트로 신모듈',
    window: ['card', 'trans', 'phone', 'vbank'],
    style: 'new',
    rules: { vbank: VBANK_WITH_TEL, phone: PHONE },
  },
  welcome: {
    name: '웰컴페이먼츠',
    window: ['card', 'trans', 'phone', 'vbank'],
    style: 'new',
    rules: { vbank: VBANK_WITH_TEL, phone: PHONE },
  },
  daou: {
    name: '키움페이',
    window: PLAIN,
    style: 'old',
    rules: { vbank: VBANK, ...GIFTS },
    shortOfMoney: '[9029] 취소 한도가 부족합니다',
  },
  galaxia: { name: '갤럭시아머니트리', window: PLAIN, style: 'old', rules: BOUND },
};

/** A PG that the simulator does not know still refuses what every PG refuses. */
const ANY_PG = BOUND;

export function ruleOf(pgProvider: string, payMethod: string): PgRule {
  const rules: Readonly<Record<string, PgRule>> = PGS[pgProvider]?.rules ?? ANY_PG;
  return rules[payMethod] ?? rules['*'] ?? {};
}
