import { type MethodSettings, PaymentMethod } from '../config/payment-methods.js';
import type { IamportSettings } from '../config/settings.js';
import { BuyerField, type OfferedMethod } from '../gateway/offered-method.js';
import { Certainty, type MethodRules, type PaidBy, type Rule } from '../gateway/pg-rules.js';
import { rulesOf, rulesOfPg, taxPartsOf } from './pg-rules.js';

/*
 * The ways to pay in the gateway's words: `pay_method` of the window, and `pg_provider` and `pay_method` of payments.
 */

/** For the window. One that is itself a way to pay takes any (documented for KakaoPay, assumed for the others). */
const PAY_METHODS: Readonly<Record<PaymentMethod, string>> = {
  [PaymentMethod.CARD]: 'card',
  [PaymentMethod.KAKAOPAY]: 'kakaopay',
  [PaymentMethod.NAVERPAY]: 'naverpay',
  [PaymentMethod.TOSSPAY]: 'tosspay',
  [PaymentMethod.TRANSFER]: 'trans',
  [PaymentMethod.PHONE]: 'phone',
  [PaymentMethod.VIRTUAL_ACCOUNT]: 'vbank',
};

/** PGs that are themselves a way to pay. */
const PGS_OF_ONE_METHOD: Readonly<Record<string, PaymentMethod>> = {
  kakaopay: PaymentMethod.KAKAOPAY,
  naverpay: PaymentMethod.NAVERPAY,
  naverco: PaymentMethod.NAVERPAY,
  tosspay: PaymentMethod.TOSSPAY,
  tosspay_v2: PaymentMethod.TOSSPAY,
};
/** What is chosen in their own windows. Payments of theirs read so (documented for KakaoPay, assumed for the others). */
const METHODS_INSIDE = ['card', 'point'];
/** Cards in a telephone: payments read so, and it is the card company's limit that counts (assumed). */
const CARDS_IN_A_PHONE = ['samsung', 'samsungpay', 'applepay'];

const METHODS_BY_WORD = new Map<string, PaymentMethod>([
  ...Object.values(PaymentMethod).map((method) => [PAY_METHODS[method], method] as const),
  ...CARDS_IN_A_PHONE.map((word) => [word, PaymentMethod.CARD] as const),
]);

/**
 * Windows that do not open without the buyer's telephone number (documented: PortOne developer documentation, pg/v1/inicis,
 * kg, danal, payco, settle, nice-v2, kicc, welcome).
 */
const NEEDS_TEL: Readonly<Record<string, readonly string[]>> = {
  html5_inicis: ['card', 'trans', 'vbank', 'phone'],
  mobilians: ['phone'],
  danal_tpay: ['card', 'trans', 'vbank'],
  danal: ['phone'],
  payco: ['card', 'vbank'],
  settle: ['card', 'vbank', 'phone'],
  nice_v2: ['card', 'trans', 'vbank', 'phone'],
  kicc: ['card'],
  welcome: ['card'],
};

/** @returns how a payment was paid, in our words; undefined for a word that is none of them. */
export function methodOf({ pg, method }: PaidBy): PaymentMethod | undefined {
  const ofPg = pg !== null && Object.hasOwn(PGS_OF_ONE_METHOD, pg) ? PGS_OF_ONE_METHOD[pg] : undefined;
  return ofPg ?? METHODS_BY_WORD.get(method ?? '');
}

/** What the settings offer, in their order. */
export function offersOf(
  { channelKey: commonKey }: Pick<IamportSettings, 'channelKey'>,
  methods: readonly MethodSettings[],
): OfferedMethod[] {
  return methods.map(({ method, channelKey: ownKey, pg }) => {
    const code = pgCodeOf(pg);
    const channelKey = ownKey ?? (pg === undefined ? commonKey : undefined);
    const isOwnWindow = code !== undefined && Object.hasOwn(PGS_OF_ONE_METHOD, code);
    const payMethod = PAY_METHODS[method];
    const rules = (isOwnWindow ? METHODS_INSIDE : [payMethod]).map((word) =>
      rulesOf({ pg: code ?? null, method: word }),
    );
    return {
      method,
      payMethod,
      channelKey,
      pg: channelKey === undefined ? pg : undefined,
      pgNames: rulesOfPg(code ?? '')?.names,
      minAmount: widest(rules, 'minAmount', Math.min),
      maxAmount: widest(rules, 'maxAmount', Math.max),
      needs: code !== undefined && NEEDS_TEL[code]?.includes(payMethod) ? [BuyerField.TEL] : [],
      taxParts: taxPartsOf({ pg: code ?? null, method: payMethod }),
    };
  });
}

/** @param pg `code` or `code.MID`. */
export function pgCodeOf(pg: string | undefined): string | undefined {
  return pg?.split('.')[0];
}

/** What some way inside the window allows; undefined where one of them is not known to have a limit. */
function widest(
  rules: MethodRules[],
  rule: 'maxAmount' | 'minAmount',
  choose: (...amounts: number[]) => number,
): number | undefined {
  const amounts = rules.map((one) => sureOf(one[rule]));
  const known = amounts.filter((amount) => amount !== undefined);
  return known.length === amounts.length ? choose(...known) : undefined;
}

/** Nobody is refused anything for what is only likely. */
function sureOf(rule: Rule<number>): number | undefined {
  const isSure = rule.certainty === Certainty.DOCUMENTED || rule.certainty === Certainty.OBSERVED;
  return isSure ? (rule.value ?? undefined) : undefined;
}
