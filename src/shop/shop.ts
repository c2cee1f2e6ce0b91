import type { Language } from '../refusal/refusal.js';

/** Token under which the shop is injected. */
export const SHOP = Symbol('SHOP');

/** Each order stores the version to which its buyer agreed. */
export const CONSENT_VERSION_MAX_CHARS = 32;

/** The same in each language of the page. */
export type Words = Readonly<Record<Language, string>>;

export function wordsOf(inLanguage: (language: Language) => string): Words {
  const [ko, en] = [inLanguage('ko'), inLanguage('en')];
  return { ko, en };
}

/** Whose page it is: what the law and payment companies ask it to show, and what it says of itself. */
export interface Shop {
  name: Words;
  logo: Logo | null;
  /** `#rrggbb`, which carries white text; null: the page's own. */
  colour: string | null;
  business: Business | null;
  /** In the order in which they are shown. */
  papers: ShopPaper[];
  /** What a buyer agrees to before each order; null: nothing. */
  consent: { version: string; text: Words } | null;
  customerService: CustomerService | null;
  cancelPolicy: CancelPolicy;
}

export interface Logo {
  url: string;
  /** What we serve under `url`; null for an address elsewhere. */
  content: { type: string; bytes: Buffer } | null;
}

export interface Business {
  tradeName: string;
  representative: string;
  /** `123-45-67891`. */
  registrationNumber: string;
  /** Null where the shop is exempt, or is not in production yet. */
  mailOrderNumber: string | null;
  address: string;
  phone: string;
  email: string | null;
}

export enum ShopPaperKind {
  TERMS = 'TERMS',
  PRIVACY = 'PRIVACY',
  REFUND = 'REFUND',
  VALIDITY = 'VALIDITY',
}

export interface ShopPaper {
  kind: ShopPaperKind;
  title: Words;
  /** Exactly one of the two is there. */
  url: string | null;
  text: Words | null;
}

export interface CustomerService {
  phone: string | null;
  email: string | null;
  url: string | null;
  hours: Words | null;
}

/** What shoppers may cancel by themselves. What operators, the gateway and recovery do is not asked. */
export interface CancelPolicy {
  byShopper: boolean;
  /** Days after the day of the payment, in Korea; null: no end. */
  withinDays: number | null;
  /** Whether less than all that is left may be cancelled. */
  partial: boolean;
  /** The least that may be cancelled at once, in whole won; null: any amount. */
  minAmount: number | null;
}

/** Of a server that was given no file. */
export const NO_SHOP: Shop = {
  name: { ko: '포인트 충전', en: 'Point top-up' },
  logo: null,
  colour: null,
  business: null,
  papers: [],
  consent: null,
  customerService: null,
  cancelPolicy: { byShopper: true, withinDays: null, partial: true, minAmount: null },
};
