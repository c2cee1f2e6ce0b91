import {
  type CancelEnd,
  CancelEndKind,
  CashReceipt,
  Certainty,
  type ClosedHours,
  type KnownRule,
  type MethodRules,
  NO_RULES,
  type PaidBy,
  type PgRules,
  RefundAccountNeed,
  RefusalReason,
  TaxPart,
} from '../gateway/pg-rules.js';
import type { Language } from '../refusal/refusal.js';

/**
 * What each PG behind iamport allows for each way to pay. Rows have the names that payments have in `pg_provider` and
 * `pay_method`; a row or rule that is not here is not known. As of August 2026.
 */
const HELP = 'PortOne help centre (help.portone.io)';
const DOCS = 'PortOne developer documentation, V1 (developers.portone.io)';
const SCHEMA = 'PortOne V1 REST schema';

export const SOURCES = {
  deadline: `${HELP}: cancel-deadline-by-paymethod`,
  deadlineFaq: `${HELP}: cancel-deadline`,
  partial: `${HELP}: impossible-partial-cancel`,
  refundDate: `${HELP}: refund-date`,
  minMax: `${HELP}: pg-max-min-amount`,
  receiptGuide: `${HELP}: cash-receipt-guide`,
  kcpReceipt: `${HELP}: kcp-cash-receipt`,
  shortOfMoney: `${HELP}: payment-failure-{kcp,kiwoompay,nice,danal}-insufficient-funds`,
  cancelVbank: `${DOCS}: cancel/v1/virtual-account`,
  inicis: `${DOCS}: pg/v1/inicis`,
  kcp: `${DOCS}: pg/v1/nhn-kcp`,
  toss: `${DOCS}: pg/v1/newtoss`,
  mobiliansV2: `${DOCS}: pg/v1/kg-mobilians-v2`,
  tossPayV2: `${DOCS}: pg/v1/tosspay-v2`,
  nice: `${DOCS}: pg/v1/nice`,
  niceV2: `${DOCS}: pg/v1/nice-v2`,
  ksnet: `${DOCS}: pg/v1/ksnet`,
  smartroV2: `${DOCS}: pg/v1/smartro-v2`,
  welcome: `${DOCS}: pg/v1/welcome`,
  daou: `${DOCS}: pg/v1/daou`,
  releases: 'PortOne release notes',
  cancel: `${SCHEMA}: POST /payments/cancel`,
  vbankPost: `${SCHEMA}: POST /vbanks`,
  vbankDelete: `${SCHEMA}: DELETE /vbanks/{imp_uid}`,
  receipts: `${SCHEMA}: /receipts`,
} as const;

type Source = keyof typeof SOURCES;
type Note = Readonly<Record<Language, string>>;

const { DOCUMENTED, ASSUMED } = Certainty;
const { ACCOUNT, ACCOUNT_AND_PHONE } = RefundAccountNeed;
const { TAX_FREE, VAT } = TaxPart;
const { AT_PAYMENT, LATER, AT_PAYMENT_OR_LATER } = CashReceipt;

const rule = <Value>(certainty: KnownRule<Value>['certainty']) => {
  return (value: Value, sources: Source[], note?: Note): KnownRule<Value> => ({
    value,
    certainty,
    sources: sources.map((source) => SOURCES[source]),
    ...(note ? { note } : {}),
  });
};
const documented = <Value>(value: Value, sources: Source[], note?: Note) =>
  rule<Value>(DOCUMENTED)(value, sources, note);
const assumed = <Value>(value: Value, sources: Source[], note?: Note) =>
  rule<Value>(ASSUMED)(value, sources, note);

const end = (kind: CancelEndKind, count: number | null = null): CancelEnd => ({ kind, count });
const MINIMUM = (won: number, note?: Note) => ({ minAmount: documented(won, ['minMax'], note) });
const MAXIMUM = (won: number, note?: Note) => ({ maxAmount: documented(won, ['minMax'], note) });
const RECEIPT = (how: CashReceipt, sources: Source[] = ['receipts'], note?: Note) => ({
  cashReceipt: documented(how, sources, note),
});

/** What pages about all PGs say; a row below says what is different there. */
const CARD: MethodRules = {
  ...NO_RULES,
  partialCancel: documented(true, ['partial'], {
    ko: '선불, 기프트, 구매 카드, 해외 카드, 에스크로, 카드 포인트를 함께 쓴 결제, 법인이 막아 둔 카드는 예외',
    en: 'not for prepaid, gift, purchase and foreign cards, escrow, most payments with card points, and corporate cards that block it',
  }),
  cancelEnd: documented(end(CancelEndKind.ABOUT_MONTHS, 12), ['deadline', 'deadlineFaq'], {
    ko: '일부 카드사는 3개월',
    en: 'some card companies: 3 months',
  }),
  refundAccount: documented(RefundAccountNeed.NONE, ['cancel']),
  cashReceipt: assumed(CashReceipt.NONE, ['receiptGuide']),
};
const TRANSFER: MethodRules = {
  ...NO_RULES,
  cancelEnd: documented(end(CancelEndKind.ABOUT_MONTHS, 3), ['deadline', 'deadlineFaq'], {
    ko: '기한이 없다고 적은 안내도 있음',
    en: 'another page says that there is no end',
  }),
  refundAccount: assumed(RefundAccountNeed.NONE, ['cancel']),
};
const VIRTUAL_ACCOUNT: MethodRules = {
  ...NO_RULES,
  partialCancel: documented(true, ['refundDate'], {
    ko: '가상계좌 환불 특약 필요',
    en: 'needs the contract for refunds of virtual accounts',
  }),
  cancelEnd: documented(end(CancelEndKind.NONE), ['deadline', 'deadlineFaq']),
  refundAccount: documented(ACCOUNT, ['cancel', 'cancelVbank']),
};
const PHONE: MethodRules = {
  ...NO_RULES,
  partialCancel: documented(false, ['deadline', 'partial']),
  cancelEnd: documented(end(CancelEndKind.CALENDAR_MONTH), ['deadline', 'deadlineFaq'], {
    ko: '1월 31일 결제는 2월 1일에 취소할 수 없음',
    en: 'paid on 31 January, it cannot be cancelled on 1 February',
  }),
  refundAccount: assumed(RefundAccountNeed.NONE, ['cancel']),
};
const revocable = (isIt: boolean, note?: Note) => ({
  accountRevoke: documented(isIt, ['vbankDelete'], note),
});
const onlyWhole = (source: Source): MethodRules => ({
  ...NO_RULES,
  partialCancel: documented(false, [source]),
});
const WITH_PHONE = { refundAccount: documented(ACCOUNT_AND_PHONE, ['cancel']) };
const KSNET = {
  partialCancelsMax: documented(9, ['ksnet']),
  cancelEnd: documented(end(CancelEndKind.MONTHS, 6), ['ksnet', 'deadline']),
};
const NAVERPAY = {
  cancelEnd: documented(end(CancelEndKind.DAYS, 1095), ['deadline']),
  ...MINIMUM(10, { ko: 'V2 문서에는 100', en: 'the page of V2 says 100' }),
};
const BY_CONTRACT: Note = { ko: '부분취소 계약 필요', en: 'needs a contract for partial cancels' };

interface Pg extends PgRules {
  /** Other codes of the same company. */
  alsoAs?: string[];
}

const TABLE: Pg[] = [
  {
    pg: 'html5_inicis',
    alsoAs: ['inicis'],
    names: { ko: 'KG이니시스', en: 'KG Inicis' },
    methods: withTax(documented([TAX_FREE, VAT], ['inicis', 'cancel']), {
      card: { ...CARD, ...MINIMUM(100, { ko: '삼성카드 밖에서는 10', en: 'other cards than Samsung: 10' }) },
      trans: {
        ...TRANSFER,
        ...MINIMUM(150, { ko: '우리은행은 151', en: 'Woori bank: 151' }),
        ...RECEIPT(AT_PAYMENT_OR_LATER),
      },
      vbank: { ...VIRTUAL_ACCOUNT, ...revocable(true), ...RECEIPT(AT_PAYMENT_OR_LATER) },
      phone: {
        ...PHONE,
        partialCancel: documented(true, ['deadline', 'partial'], {
          ko: '남는 금액을 다시 승인하고 원래 결제를 전액 취소. 한도가 모자라면 거절될 수 있음',
          en: 'the rest is approved anew and the first payment cancelled in full; it can be declined',
        }),
        ...MINIMUM(300),
      },
    }),
  },
  {
    pg: 'kcp',
    alsoAs: ['kcp_billing', 'kcp_quick'],
    names: { ko: 'NHN 케이씨피(KCP)', en: 'NHN KCP' },
    methods: withTax(documented([TAX_FREE], ['kcp', 'cancel']), {
      card: { ...CARD, ...MINIMUM(1000, { ko: '요청하면 100', en: '100 on request' }) },
      trans: { ...TRANSFER, ...MINIMUM(400), ...RECEIPT(AT_PAYMENT_OR_LATER, ['receipts', 'kcpReceipt']) },
      vbank: {
        ...VIRTUAL_ACCOUNT,
        ...revocable(true),
        ...MINIMUM(301),
        ...RECEIPT(AT_PAYMENT_OR_LATER, ['receipts', 'kcpReceipt']),
      },
      phone: {
        ...PHONE,
        partialCancel: documented(true, ['deadline'], {
          ko: 'KCP와 따로 설정해야 함. 안 된다고 적은 안내도 있음',
          en: 'only after a separate set-up with KCP; another page denies it',
        }),
        cancelEnd: documented(end(CancelEndKind.CALENDAR_MONTH), ['deadline', 'kcp'], {
          ko: '다음 달부터는 계약이 있으면 계좌로 환불(익월환불)',
          en: 'afterwards refunds to an account, with a contract for them',
        }),
        ...MINIMUM(400),
      },
    }),
  },
  {
    pg: 'tosspayments',
    names: { ko: '토스페이먼츠', en: 'Toss Payments' },
    methods: {
      card: { ...CARD, ...MINIMUM(100) },
      trans: { ...TRANSFER, ...MINIMUM(200), ...RECEIPT(AT_PAYMENT_OR_LATER, ['receipts', 'toss']) },
      vbank: {
        ...VIRTUAL_ACCOUNT,
        partialCancel: documented(true, ['refundDate', 'cancelVbank']),
        ...revocable(true),
        ...MINIMUM(1),
        ...RECEIPT(AT_PAYMENT_OR_LATER),
      },
      phone: { ...PHONE, ...MINIMUM(300) },
      cultureland: onlyWhole('toss'),
      smartculture: onlyWhole('toss'),
      booknlife: onlyWhole('toss'),
    },
  },
  {
    pg: 'uplus',
    names: { ko: '토스페이먼츠 구모듈(LG U+)', en: 'LG U+ (old module of Toss Payments)' },
    methods: {
      card: CARD,
      trans: TRANSFER,
      vbank: { ...VIRTUAL_ACCOUNT, ...revocable(true) },
      phone: PHONE,
    },
  },
  {
    pg: 'mobilians',
    names: { ko: 'KG파이낸셜(KG모빌리언스) 구모듈', en: 'KG Financial, KG Mobilians (old module)' },
    methods: { card: CARD, phone: { ...PHONE, ...MINIMUM(301) } },
  },
  {
    pg: 'mobilians_v2',
    names: { ko: 'KG파이낸셜(KG모빌리언스) 신모듈', en: 'KG Financial, KG Mobilians (new module)' },
    methods: withTax(
      documented([TAX_FREE], ['mobiliansV2'], {
        ko: '두 번째 취소부터는 PG가 계산한 나머지',
        en: 'from the second cancellation on, the PG takes the rest as it works it out',
      }),
      {
        card: CARD,
        trans: TRANSFER,
        vbank: {
          ...VIRTUAL_ACCOUNT,
          answersLater: documented(true, ['mobiliansV2'], {
            ko: '환불은 매주 목요일. 화요일까지 요청하면 그 주',
            en: 'refunds go out on Thursdays, for requests until Tuesday',
          }),
          accountRevoke: documented(true, ['mobiliansV2'], {
            ko: '부산, 광주, 경남은행은 안 됨',
            en: 'not Busan, Gwangju and Kyongnam bank',
          }),
        },
        phone: PHONE,
        smartculture: onlyWhole('mobiliansV2'),
      },
    ),
  },
  {
    pg: 'danal_tpay',
    names: { ko: '다날(카드, 계좌이체, 가상계좌)', en: 'Danal (card, transfer, virtual account)' },
    methods: {
      card: { ...CARD, ...MINIMUM(100) },
      trans: { ...TRANSFER, ...MINIMUM(301) },
      vbank: {
        ...NO_RULES,
        partialCancel: documented(false, ['partial']),
        cancelEnd: documented(end(CancelEndKind.NEVER), ['partial']),
        refundAccount: documented(RefundAccountNeed.NONE, ['partial'], {
          ko: '환불은 포트원 밖에서만',
          en: 'refunds outside of PortOne only',
        }),
        ...revocable(true, { ko: 'danal로 적혀 있음', en: 'listed as danal' }),
        ...MINIMUM(301),
      },
    },
  },
  {
    pg: 'danal',
    names: { ko: '다날(휴대폰)', en: 'Danal (phone)' },
    methods: { phone: { ...PHONE, ...MINIMUM(301) } },
  },
  {
    pg: 'kakaopay',
    names: { ko: '카카오페이', en: 'KakaoPay' },
    methods: {
      card: {
        ...CARD,
        cancelEnd: documented(end(CancelEndKind.MONTHS, 12), ['deadline']),
        ...MINIMUM(100),
        ...MAXIMUM(1_999_999),
      },
      point: {
        ...NO_RULES,
        cancelEnd: documented(end(CancelEndKind.MONTHS, 60), ['deadline'], {
          ko: '카카오페이 머니',
          en: 'KakaoPay money',
        }),
        ...MINIMUM(100),
        ...MAXIMUM(2_000_000),
      },
    },
  },
  {
    pg: 'naverpay',
    names: { ko: '네이버페이 결제형', en: 'Naver Pay (payments)' },
    methods: { card: { ...CARD, ...NAVERPAY }, point: { ...NO_RULES, ...NAVERPAY } },
  },
  {
    pg: 'payco',
    names: { ko: '페이코', en: 'Payco' },
    methods: withTax(documented([TAX_FREE], ['cancel']), {
      card: { ...CARD, ...MINIMUM(100) },
      vbank: { ...VIRTUAL_ACCOUNT, ...revocable(false), ...MINIMUM(100) },
      account: {
        ...NO_RULES,
        ...MINIMUM(100),
        ...MAXIMUM(2_000_000, { ko: '하루 한도. 한 달 5,000,000', en: 'in a day; 5,000,000 in a month' }),
      },
      point: { ...NO_RULES, ...MINIMUM(1) },
    }),
  },
  {
    pg: 'tosspay_v2',
    names: { ko: '토스페이', en: 'Toss Pay' },
    methods: withTax(
      documented([VAT], ['tossPayV2'], { ko: '일부 취소할 때', en: 'with a cancellation of a part' }),
      {
        card: CARD,
        point: { ...NO_RULES, ...RECEIPT(AT_PAYMENT, ['tossPayV2']) },
      },
    ),
  },
  {
    pg: 'settle',
    names: { ko: '헥토파이낸셜(세틀뱅크)', en: 'Hecto Financial (Settle)' },
    methods: {
      card: CARD,
      trans: { ...TRANSFER, ...MAXIMUM(2_000_000), ...RECEIPT(LATER) },
      vbank: { ...VIRTUAL_ACCOUNT, ...revocable(true), ...MAXIMUM(1_000_000), ...RECEIPT(LATER) },
      phone: PHONE,
    },
  },
  {
    pg: 'settle_acc',
    names: { ko: '헥토파이낸셜 내통장결제', en: 'Hecto Financial (payments from an account)' },
    methods: { trans: TRANSFER },
  },
  {
    pg: 'nice',
    names: { ko: '나이스정보통신 구모듈', en: 'NICE (old module)' },
    methods: withTax(documented([TAX_FREE, VAT], ['nice', 'cancel']), {
      card: { ...CARD, ...MINIMUM(100) },
      trans: { ...TRANSFER, ...MINIMUM(200), ...RECEIPT(AT_PAYMENT_OR_LATER) },
      vbank: {
        ...VIRTUAL_ACCOUNT,
        ...revocable(true),
        ...MINIMUM(1),
        ...RECEIPT(AT_PAYMENT_OR_LATER),
      },
      phone: { ...PHONE, ...MINIMUM(500) },
    }),
  },
  {
    pg: 'nice_v2',
    names: { ko: '나이스정보통신 신모듈', en: 'NICE (new module)' },
    methods: withTax(documented([VAT], ['cancel']), {
      card: { ...CARD, partialCancel: documented(true, ['niceV2'], BY_CONTRACT) },
      trans: { ...TRANSFER, ...RECEIPT(AT_PAYMENT, ['niceV2']) },
      vbank: { ...VIRTUAL_ACCOUNT, ...revocable(true), ...RECEIPT(AT_PAYMENT, ['niceV2']) },
      phone: PHONE,
    }),
  },
  {
    pg: 'kicc',
    names: { ko: '이지페이(KICC)', en: 'KICC Easypay' },
    methods: withTax(documented([TAX_FREE], ['cancel']), {
      card: { ...CARD, ...MINIMUM(100) },
      trans: { ...TRANSFER, ...RECEIPT(AT_PAYMENT_OR_LATER) },
      vbank: { ...VIRTUAL_ACCOUNT, ...revocable(true), ...RECEIPT(AT_PAYMENT_OR_LATER) },
      wechat: { ...NO_RULES, answersLater: documented(true, ['cancel']) },
    }),
  },
  {
    pg: 'ksnet',
    names: { ko: '케이에스넷(KSNET)', en: 'KSNET' },
    methods: {
      card: { ...CARD, ...KSNET },
      trans: {
        ...TRANSFER,
        ...KSNET,
        partialCancel: documented(true, ['ksnet']),
        ...RECEIPT(LATER, ['receipts', 'ksnet'], {
          ko: '결제창에서 발급한 것은 결제와 함께 취소되지 않음',
          en: 'one that was issued in the window is not cancelled with the payment',
        }),
      },
      vbank: {
        ...VIRTUAL_ACCOUNT,
        ...KSNET,
        closedHours: documented<ClosedHours>({ from: 23, until: 6 }, ['ksnet']),
        ...revocable(true),
        ...RECEIPT(LATER, ['receipts', 'ksnet']),
      },
      phone: PHONE,
    },
  },
  {
    pg: 'smartro',
    names: { ko: '스마트로 구모듈', en: 'Smartro (old module)' },
    methods: {
      card: CARD,
      trans: TRANSFER,
      vbank: { ...VIRTUAL_ACCOUNT, ...WITH_PHONE, ...revocable(true) },
    },
  },
  {
    pg: 'smartro_v2',
    names: { ko: '스마트로 신모듈', en: 'Smartro (new module)' },
    methods: withTax(
      documented([TAX_FREE], ['smartroV2'], { ko: '일부 취소할 때', en: 'with a cancellation of a part' }),
      {
        card: CARD,
        trans: { ...TRANSFER, ...RECEIPT(LATER, ['receipts', 'smartroV2']) },
        vbank: {
          ...VIRTUAL_ACCOUNT,
          ...WITH_PHONE,
          answersLater: documented(true, ['smartroV2'], {
            ko: '끝은 웹훅으로 옴',
            en: 'how it ended comes by webhook',
          }),
          ...revocable(true),
          ...RECEIPT(LATER, ['receipts', 'smartroV2']),
        },
        phone: PHONE,
      },
    ),
  },
  {
    pg: 'welcome',
    names: { ko: '웰컴페이먼츠', en: 'Welcome Payments' },
    methods: withTax(documented([VAT], ['welcome', 'cancel']), {
      card: {
        ...CARD,
        partialCancel: documented(true, ['welcome'], BY_CONTRACT),
        ...MINIMUM(1000, { ko: '낮출 수 있음', en: 'can be lowered' }),
        ...MAXIMUM(999_999_999),
      },
      trans: {
        ...TRANSFER,
        partialCancel: documented(true, ['welcome'], BY_CONTRACT),
        refundAccount: assumed(ACCOUNT_AND_PHONE, ['welcome'], {
          ko: '계좌이체에도 적혀 있으나 꼭 필요한지는 적혀 있지 않음',
          en: 'listed for transfers too; whether it is required is not said',
        }),
        ...MINIMUM(300),
        ...RECEIPT(AT_PAYMENT_OR_LATER),
      },
      vbank: {
        ...VIRTUAL_ACCOUNT,
        ...WITH_PHONE,
        partialCancel: documented(true, ['welcome'], BY_CONTRACT),
        ...revocable(true),
        ...MINIMUM(300),
        ...RECEIPT(AT_PAYMENT_OR_LATER),
      },
      phone: { ...PHONE, ...MAXIMUM(2_000_000) },
    }),
  },
  {
    pg: 'daou',
    names: { ko: '키움페이(다우데이타)', en: 'Kiwoompay (Daou)' },
    methods: {
      card: CARD,
      trans: { ...TRANSFER, ...RECEIPT(LATER) },
      vbank: {
        ...VIRTUAL_ACCOUNT,
        answersLater: documented(true, ['daou'], {
          ko: '손으로 처리, 7영업일 이상',
          en: 'done by hand, seven business days or more',
        }),
        ...revocable(false),
        ...RECEIPT(LATER),
      },
      smartculture: onlyWhole('daou'),
      booknlife: onlyWhole('daou'),
    },
  },
  {
    pg: 'galaxia',
    names: { ko: '갤럭시아머니트리', en: 'Galaxia Moneytree' },
    methods: { card: CARD, trans: TRANSFER, vbank: { ...VIRTUAL_ACCOUNT, ...revocable(false) } },
  },
];

function withTax(
  taxOnCancel: KnownRule<readonly TaxPart[]>,
  methods: Record<string, MethodRules>,
): Record<string, MethodRules> {
  return Object.fromEntries(
    Object.entries(methods).map(([method, rules]) => [method, { ...rules, taxOnCancel }]),
  );
}

export const PG_TABLE: readonly PgRules[] = TABLE;

const BY_CODE = new Map(TABLE.flatMap((one) => [one.pg, ...(one.alsoAs ?? [])].map((code) => [code, one])));

export function rulesOfPg(pg: string): PgRules | undefined {
  return BY_CODE.get(pg);
}

/** @returns what is known of payments of this PG and `pay_method`. */
export function rulesOf({ pg, method }: PaidBy): MethodRules {
  const methods = rulesOfPg(pg ?? '')?.methods ?? {};
  const name = method ?? '';
  return (Object.hasOwn(methods, name) && methods[name]) || NO_RULES;
}

/**
 * Payments of which no split is named: one-time virtual accounts of KSNET, and of Daou all but cards and easy pays (documented:
 * PortOne developer documentation, pg/v1/ksnet and daou).
 */
const NO_SPLIT: Readonly<Record<string, readonly string[]>> = {
  ksnet: ['vbank'],
  daou: ['trans', 'vbank', 'phone'],
};

/**
 * What of an amount is told. The tax-free part is a field of every window (documented), which shops with mixed tax must
 * always send. The VAT goes only to PGs whose cancellations take it again: others have no such field, and KakaoPay refuses it.
 */
export function taxPartsOf({ pg, method }: PaidBy): readonly TaxPart[] {
  const table = rulesOfPg(pg ?? '');
  if (method !== null && NO_SPLIT[table?.pg ?? '']?.includes(method)) return [];
  const takesVat = Object.values(table?.methods ?? {}).some(({ taxOnCancel }) =>
    taxOnCancel.value?.includes(VAT),
  );
  return takesVat ? [TAX_FREE, VAT] : [TAX_FREE];
}

/**
 * What PGs answer to a cancellation for which they hold too little of the shop's money (documented, see SOURCES.shortOfMoney). A
 * code stands in brackets somewhere in the text.
 */
const SHORT_OF_MONEY: Readonly<Record<string, string>> = {
  kcp: '[8178]',
  daou: '[9029]',
  nice: '취소금액이 미정산 금액보다 큽니다',
  nice_v2: '취소금액이 미정산 금액보다 큽니다',
  danal: '취소불가 상태입니다',
  danal_tpay: '취소불가 상태입니다',
};

export function reasonOfRefusal(pg: string | null, words: string): RefusalReason {
  const sign = SHORT_OF_MONEY[rulesOfPg(pg ?? '')?.pg ?? ''];
  const isShort = sign !== undefined && withoutBlanks(words).includes(withoutBlanks(sign));
  return isShort ? RefusalReason.TOO_LITTLE_UNSETTLED : RefusalReason.OTHER;
}

function withoutBlanks(text: string): string {
  return text.replaceAll(/\s/g, '');
}
