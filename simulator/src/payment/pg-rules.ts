/**
 * What each PG takes, how it answers, and what it refuses when money is to be given back. The simulator's own reading of the
 * pages, so that it can show a client that read them differently. What is not here a PG does; that card companies differ after
 * about a year is not played. All is documented in PortOne's help centre and developer documentation unless it says otherwise.
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

/** Ways to pay that the window can play, by `pay_method` of the request. */
export const WINDOW_METHODS = [
  'card',
  'kakaopay',
  'naverpay',
  'tosspay',
  'payco',
  'smilepay',
  'trans',
  'phone',
  'vbank',
] as const;
export type WindowMethod = (typeof WINDOW_METHODS)[number];

/** Whole won, both ends included. */
export interface AmountLimit {
  min?: number;
  max?: number;
}

/** What a PG wants to know of `tax_free` and `vat_amount`, where its shop is one of mixed tax, as all shops here are. */
export interface TaxRule {
  /** What a cancel must say again if the window was told it; `againOfPart`: a cancel of a part. */
  again?: readonly ('tax_free' | 'vat_amount')[];
  againOfPart?: readonly ('tax_free' | 'vat_amount')[];
  refusesVat?: true;
  vatAtMostTenth?: true;
  /** Ways to pay of which no split can be named; that it is refused is assumed. */
  noSplitOf?: readonly WindowMethod[];
  /** From the second cancel on the PG takes what it works out. */
  restIsComputed?: true;
}

const TAX_FREE_AGAIN: TaxRule = { again: ['tax_free'] };
const BOTH_AGAIN: TaxRule = { again: ['tax_free', 'vat_amount'] };

export interface Pg {
  name: string;
  /** Ways to pay that its window offers; none where the window never opens. */
  window: readonly WindowMethod[];
  /** Why its window never opens: what it is for instead (documented), in assumed words. */
  closed?: string;
  /** It only says who somebody is. */
  identity?: true;
  /** Its own app asks how to pay: documented for KakaoPay, assumed for the other easy pays. */
  ignoresMethod?: true;
  /** `new`: the modules whose callback has only the ids (documented). */
  style: 'old' | 'new';
  /** Some old modules say `imp_success` in place of `success` (documented); that these do is assumed. */
  saysImpSuccess?: true;
  /** Tells who issued the card and whose it is. */
  tellsIssuer?: true;
  /** By `pay_method` as payments read; `*` for all of them. */
  rules: Readonly<Record<string, PgRule>>;
  /** By way to pay of the window. That a test channel has the same ones is assumed. */
  limits?: Partial<Record<WindowMethod, AmountLimit>>;
  /**
   * Ways to pay for which it wants `buyer_tel`. KG Inicis is documented to want it as well; it is left out because samples of
   * many shops are tried with its channel and name none.
   */
  wantsTel?: readonly WindowMethod[];
  tax?: TaxRule;
  /** What it says when it holds too little of the shop's money for a refund. */
  shortOfMoney?: string;
}

const PHONE: PgRule = { onlyWhole: true, until: 'month-of-payment' };
const VBANK: PgRule = { refundAccount: 'needed' };
const VBANK_WITH_TEL: PgRule = { refundAccount: 'needed with refund_tel' };
const BOUND = { phone: PHONE, vbank: VBANK };
const KSNET: PgRule = { partialCancelsMax: 9, until: { months: 6 } };
const WHOLE: PgRule = { onlyWhole: true };
const GIFTS = { smartculture: WHOLE, booknlife: WHOLE };

/** That these easy pays are in the contract of a PG that offers any is assumed. */
const ALL = ['card', 'kakaopay', 'trans', 'phone', 'vbank', 'naverpay', 'tosspay', 'payco'] as const;
const PLAIN = ['card', 'trans', 'vbank'] as const;
const WITH_PHONE = ['card', 'trans', 'phone', 'vbank'] as const;

/** An easy pay as a PG of its own. */
const OWN = (name: string, method: WindowMethod): Pick<Pg, 'name' | 'window' | 'ignoresMethod'> => ({
  name,
  window: [method],
  ignoresMethod: true,
});
const CLOSED = (name: string, closed: string): Pg => ({ name, window: [], closed, style: 'old', rules: {} });
const IDENTITY = (name: string): Pg => ({ ...CLOSED(name, '본인인증 전용 채널입니다.'), identity: true });
const FOREIGN = '원화 결제를 받지 않는 PG입니다.';

/** By its code. Those that are gone (jtnet, chai and others) have no channel any more. */
export const PGS: Readonly<Record<string, Pg>> = {
  html5_inicis: {
    name: 'KG이니시스',
    window: ALL,
    style: 'old',
    rules: { vbank: VBANK, phone: { until: 'month-of-payment' } },
    tax: BOTH_AGAIN,
    limits: { card: { min: 100 }, trans: { min: 150 }, phone: { min: 300 } },
  },
  inicis: CLOSED('KG이니시스 API', '결제창 없이 API로만 결제하는 채널입니다.'),
  inicis_unified: IDENTITY('KG이니시스 통합인증'),
  kcp: {
    name: 'NHN KCP',
    window: ALL,
    style: 'old',
    rules: { vbank: VBANK, phone: { until: 'month-of-payment' } },
    tax: TAX_FREE_AGAIN,
    limits: { card: { min: 1000 }, trans: { min: 400 }, vbank: { min: 301 }, phone: { min: 400 } },
    shortOfMoney: '[8178] 취소가능금액이 부족합니다',
  },
  kcp_billing: CLOSED('NHN KCP 정기결제', '카드를 등록하는 정기결제 전용 채널입니다.'),
  kcp_quick: {
    name: 'NHN KCP 퀵페이',
    window: ['card'],
    style: 'old',
    rules: {},
    tax: TAX_FREE_AGAIN,
    shortOfMoney: '[8178] 취소가능금액이 부족합니다',
  },
  kcp_v2: IDENTITY('NHN KCP 신모듈'),
  tosspayments: {
    name: '토스페이먼츠',
    window: ALL,
    style: 'new',
    tellsIssuer: true,
    rules: { ...BOUND, ...GIFTS, cultureland: WHOLE },
    limits: { card: { min: 100 }, trans: { min: 200 }, phone: { min: 300 } },
  },
  uplus: { name: '토스페이먼츠 구모듈(LG U+)', window: WITH_PHONE, style: 'old', rules: BOUND },
  toss_brandpay: {
    name: '토스 브랜드페이',
    window: ['card', 'trans'],
    ignoresMethod: true,
    style: 'new',
    tellsIssuer: true,
    rules: {},
  },
  tosspay: { ...OWN('토스페이 구모듈', 'tosspay'), style: 'old', rules: {} },
  tosspay_v2: {
    ...OWN('토스페이', 'tosspay'),
    style: 'new',
    tellsIssuer: true,
    rules: {},
    tax: { againOfPart: ['vat_amount'] },
  },
  nice: {
    name: '나이스페이먼츠',
    window: ALL,
    style: 'old',
    rules: BOUND,
    tax: BOTH_AGAIN,
    limits: { card: { min: 100 }, trans: { min: 200 }, phone: { min: 500 } },
    shortOfMoney: '취소금액이 미정산 금액보다 큽니다',
  },
  nice_v2: {
    name: '나이스페이먼츠 신모듈',
    window: ALL,
    style: 'new',
    tellsIssuer: true,
    wantsTel: WITH_PHONE,
    rules: BOUND,
    tax: { again: ['vat_amount'] },
  },
  danal: {
    name: '다날 휴대폰',
    window: ['phone'],
    style: 'old',
    saysImpSuccess: true,
    wantsTel: ['phone'],
    rules: BOUND,
    limits: { phone: { min: 301 } },
    shortOfMoney: '취소불가 상태입니다',
  },
  danal_tpay: {
    name: '다날',
    window: PLAIN,
    style: 'old',
    saysImpSuccess: true,
    wantsTel: PLAIN,
    rules: { vbank: { until: 'never' } },
    limits: { card: { min: 100 }, trans: { min: 301 }, vbank: { min: 301 } },
    shortOfMoney: '취소불가 상태입니다',
  },
  mobilians: {
    name: 'KG파이낸셜(KG모빌리언스)',
    window: ['card', 'phone', 'vbank'],
    style: 'old',
    wantsTel: ['phone'],
    rules: BOUND,
    limits: { phone: { min: 301 } },
  },
  // Its code is in no table (documented are its rules); that it answers as the new ones is assumed.
  mobilians_v2: {
    name: 'KG파이낸셜(KG모빌리언스) 신모듈',
    window: WITH_PHONE,
    style: 'new',
    rules: { ...BOUND, smartculture: WHOLE },
    tax: { restIsComputed: true },
  },
  kicc: {
    name: 'KICC 이지페이',
    window: PLAIN,
    style: 'old',
    rules: BOUND,
    tax: TAX_FREE_AGAIN,
    limits: { card: { min: 100 } },
  },
  kakaopay: {
    ...OWN('카카오페이', 'kakaopay'),
    style: 'old',
    rules: { card: { until: { months: 12 } }, point: { until: { months: 60 } } },
    tax: { refusesVat: true },
    limits: { kakaopay: { min: 100, max: 1_999_999 } },
  },
  naverpay: {
    ...OWN('네이버페이', 'naverpay'),
    style: 'old',
    rules: { '*': { until: { days: 1095 } } },
    limits: { naverpay: { min: 10 } },
  },
  naverco: CLOSED('네이버페이 주문형', '장바구니 주문 전용 채널입니다.'),
  payco: {
    name: '페이코',
    window: ['payco', 'vbank'],
    ignoresMethod: true,
    style: 'old',
    rules: BOUND,
    tax: TAX_FREE_AGAIN,
    limits: { payco: { min: 100 }, vbank: { min: 100 } },
  },
  smilepay: { ...OWN('스마일페이', 'smilepay'), style: 'old', rules: {} },
  smartro: { name: '스마트로', window: PLAIN, style: 'old', rules: { vbank: VBANK_WITH_TEL } },
  smartro_v2: {
    name: '스마트로 신모듈',
    window: WITH_PHONE,
    style: 'new',
    tellsIssuer: true,
    rules: { vbank: VBANK_WITH_TEL, phone: PHONE },
    tax: { againOfPart: ['tax_free'] },
  },
  settle: {
    name: '헥토파이낸셜',
    window: WITH_PHONE,
    style: 'old',
    rules: BOUND,
    limits: { trans: { max: 2_000_000 }, vbank: { max: 1_000_000 } },
  },
  settle_acc: { name: '헥토파이낸셜 내통장결제', window: ['trans'], style: 'old', rules: {} },
  daou: {
    name: '키움페이(다우)',
    window: PLAIN,
    style: 'old',
    rules: { vbank: VBANK, ...GIFTS },
    tax: { noSplitOf: ['trans', 'vbank'] },
    shortOfMoney: '[9029] 취소 한도가 부족합니다',
  },
  ksnet: {
    name: 'KSNET',
    window: WITH_PHONE,
    style: 'new',
    tellsIssuer: true,
    rules: {
      card: KSNET,
      trans: KSNET,
      vbank: { ...KSNET, ...VBANK, closedFromTo: [23, 6] },
      phone: PHONE,
    },
    tax: { noSplitOf: ['vbank'] },
  },
  welcome: {
    name: '웰컴페이먼츠',
    window: WITH_PHONE,
    style: 'new',
    tellsIssuer: true,
    rules: { vbank: VBANK_WITH_TEL, phone: PHONE },
    tax: { again: ['vat_amount'], vatAtMostTenth: true },
    limits: {
      card: { min: 1000, max: 999_999_999 },
      trans: { min: 300 },
      vbank: { min: 300 },
      phone: { max: 2_000_000 },
    },
  },
  galaxia: { name: '갤럭시아머니트리', window: PLAIN, style: 'old', rules: BOUND },
  paypal: CLOSED('페이팔', FOREIGN),
  paypal_v2: CLOSED('페이팔 신모듈', FOREIGN),
  eximbay: CLOSED('엑심베이', FOREIGN),
  paymentwall: CLOSED('페이먼트월', FOREIGN),
};

/** The easy pay that a PG is, if it is one. */
export function ownMethodOf(pgProvider: string): WindowMethod | undefined {
  const pg = PGS[pgProvider];
  return pg?.ignoresMethod === true ? pg.window.find((method) => isEasyPay(method)) : undefined;
}

export function isEasyPay(method: string): boolean {
  return EASY_PAYS.has(method);
}

const EASY_PAYS: ReadonlySet<string> = new Set(['kakaopay', 'naverpay', 'tosspay', 'payco', 'smilepay']);

/** A PG that the simulator does not know still refuses what every PG refuses. */
const ANY_PG = BOUND;

export function ruleOf(pgProvider: string, payMethod: string): PgRule {
  const rules: Readonly<Record<string, PgRule>> = PGS[pgProvider]?.rules ?? ANY_PG;
  return rules[payMethod] ?? rules['*'] ?? {};
}
