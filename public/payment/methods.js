/**
 * The ways to pay that the shop offers, which of them is chosen, and which one this device used last.
 */
import { text } from './texts.js';

const STORAGE_KEY = 'point-top-up.method';

/** By the API's names: the key of the name, and the short name that marks and tests have. */
const KNOWN = {
  CARD: { name: 'methodCard', short: 'card' },
  KAKAOPAY: { name: 'methodKakaopay', short: 'kakaopay' },
  NAVERPAY: { name: 'methodNaverpay', short: 'naverpay' },
  TOSSPAY: { name: 'methodTosspay', short: 'tosspay' },
  TRANSFER: { name: 'methodTrans', short: 'trans' },
  PHONE: { name: 'methodPhone', short: 'phone' },
  VIRTUAL_ACCOUNT: { name: 'methodVbank', short: 'vbank' },
};

/** What a shopper calls it. */
export function methodName(method) {
  return isKnown(method) ? text(KNOWN[method].name) : method;
}

export function shortName(method) {
  return KNOWN[method].short;
}

export class Methods {
  /** OfferedMethods of the API in the order of the shop, or null while they are not known. */
  offered = null;
  #chosen = lastUsed();

  /** @param offered as the API tells them; a newer server may name some that this page cannot show */
  take(offered) {
    this.offered = offered.filter(({ method }) => isKnown(method));
  }

  choose(method) {
    this.#chosen = method;
  }

  /** The chosen one, else the shop's first one; null while they are not known. */
  get chosen() {
    return this.offered?.find(({ method }) => method === this.#chosen) ?? this.offered?.[0] ?? null;
  }

  /** For the next time on this device. */
  keepChosen() {
    this.#chosen = this.chosen.method;
    try {
      localStorage.setItem(STORAGE_KEY, this.#chosen);
    } catch {
      // Storage may be blocked; the choice then holds until the page is left.
    }
  }

  /** Whoever comes next finds what this device used last. */
  reset() {
    this.#chosen = lastUsed();
  }
}

/** Whether a method takes this amount. @param amount whole won, or null for none chosen */
export function takesAmount({ minAmount, maxAmount }, amount) {
  return amount === null || (amount >= (minAmount ?? 0) && amount <= (maxAmount ?? Infinity));
}

export function needsTel(offered) {
  return offered?.needs.includes('TEL') ?? false;
}

function isKnown(method) {
  return Object.keys(KNOWN).includes(method);
}

function lastUsed() {
  try {
    return localStorage.getItem(STORAGE_KEY);
  } catch {
    // Storage may be blocked: then the shop's first one is chosen.
    return null;
  }
}
