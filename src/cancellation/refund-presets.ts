import { koreanDate, koreanInstant } from '../calendar/korean-time.js';
import type { RefundPresetName } from '../config/refund-presets.js';
import { Certainty } from '../gateway/pg-rules.js';
import type { Language } from '../refusal/refusal.js';

/**
 * What a law or standard terms are read to give back of prepaid points, beyond what the shop gives by itself. It is no legal advice:
 * whether any of them applies to a shop, the shop must know. docs/shop.md shows them to people.
 */
export interface RefundRow {
  /** Of what was bought and not cancelled since: the least and the most that was spent, in percent. */
  usedPercent: { from: number; to: number };
  /** Whole won of the payment, with both ends; null for any. */
  amount: { from: number; to: number } | null;
  /** Which of its points: those that can still be spent, or those that expired. */
  points: 'OPEN' | 'EXPIRED';
  /** How long after the day of the payment; null without an end. */
  within: { days: number } | { years: number } | null;
  /** Of the money of these points; the shop keeps the rest. */
  percent: number;
}

export interface RefundPreset {
  rows: readonly RefundRow[];
  source: Readonly<Record<Language, string>>;
  /** When it came into force, or was published, in this form. */
  since: string;
  certainty: Certainty.DOCUMENTED | Certainty.ASSUMED;
}

const ANY_USE = { from: 0, to: 100 };
/** Claims of this kind end then (상법 제64조, as the standard terms say). */
const CLAIM = { years: 5 };

export const REFUND_PRESETS: Readonly<Record<RefundPresetName, RefundPreset>> = {
  UNUSED_7_DAYS: {
    rows: [
      { usedPercent: { from: 0, to: 0 }, amount: null, points: 'OPEN', within: { days: 7 }, percent: 100 },
    ],
    source: {
      ko: '전자상거래 등에서의 소비자보호에 관한 법률 제17조 제1항 (7일 안의 청약철회)',
      en: 'Act on the Consumer Protection in Electronic Commerce, article 17 (1): withdrawal within 7 days',
    },
    since: '2016-03-29',
    certainty: Certainty.DOCUMENTED,
  },
  PREPAID_80: {
    rows: [{ usedPercent: { from: 80, to: 100 }, amount: null, points: 'OPEN', within: null, percent: 100 }],
    source: {
      ko: '전자금융거래법 제19조 제2항 제3호 (80% 이상 사용하면 잔액 전부; 금융감독원 2024년 12월 26일 안내)',
      en: 'Electronic Financial Transactions Act, article 19 (2) 3: all that is left once 80% was used (told by the FSS on 26 December 2024)',
    },
    since: '2024-09-15',
    certainty: Certainty.DOCUMENTED,
  },
  VOUCHER_60_80: {
    rows: [
      {
        usedPercent: { from: 80, to: 100 },
        amount: { from: 1, to: 10_000 },
        points: 'OPEN',
        within: null,
        percent: 100,
      },
      {
        usedPercent: { from: 60, to: 100 },
        amount: { from: 10_001, to: Infinity },
        points: 'OPEN',
        within: null,
        percent: 100,
      },
    ],
    source: {
      ko: '공정거래위원회 신유형 상품권 표준약관 (60% 이상, 1만원 이하는 80% 이상 사용하면 잔액)',
      en: 'KFTC standard terms for new-type gift certificates: what is left once 60% was used, 80% up to 10,000 won',
    },
    since: '2015-04-02',
    certainty: Certainty.DOCUMENTED,
  },
  EXPIRED_90: {
    rows: [{ usedPercent: ANY_USE, amount: null, points: 'EXPIRED', within: CLAIM, percent: 90 }],
    source: {
      ko: '공정거래위원회 신유형 상품권 표준약관 (유효기간이 지나도 5년 안에는 90%)',
      en: 'KFTC standard terms for new-type gift certificates: 90% after the end, within 5 years',
    },
    since: '2015-04-02',
    certainty: Certainty.DOCUMENTED,
  },
  EXPIRED_90_95: {
    rows: [
      {
        usedPercent: ANY_USE,
        amount: { from: 1, to: 50_000 },
        points: 'EXPIRED',
        within: CLAIM,
        percent: 90,
      },
      {
        usedPercent: ANY_USE,
        amount: { from: 50_001, to: Infinity },
        points: 'EXPIRED',
        within: CLAIM,
        percent: 95,
      },
    ],
    source: {
      ko: '공정거래위원회 신유형 상품권 표준약관 2025년 9월 16일 개정 (유효기간이 지나면 90%, 5만원 초과는 95%)',
      en: 'KFTC standard terms for new-type gift certificates as revised on 16 September 2025: 90% after the end, 95% above 50,000 won',
    },
    since: '2025-09-16',
    certainty: Certainty.DOCUMENTED,
  },
  EXPIRED_100: {
    rows: [{ usedPercent: ANY_USE, amount: null, points: 'EXPIRED', within: CLAIM, percent: 100 }],
    source: {
      ko: '상점이 스스로 주는 것 (표준약관은 적립금으로 돌려줄 때만 100%)',
      en: 'given by the shop: the standard terms say 100% only where it goes back as points',
    },
    since: '2025-09-16',
    certainty: Certainty.ASSUMED,
  },
};

/** The first instant at which a row no longer gives anything: a midnight in Korea; null when there is none, or none is known. */
export function endOfRow({ within }: Pick<RefundRow, 'within'>, paidAt: Date | null): Date | null {
  if (within === null || paidAt === null) return null;
  const { year, month, day } = koreanDate(paidAt);
  return 'days' in within
    ? koreanInstant(year, month, day + within.days + 1)
    : koreanInstant(year + within.years, month, day + 1);
}
