/**
 * The account that a refund goes to, where the payment company cannot send the money back the way it came.
 */
import { text } from './texts.js';
import { make, part } from './view.js';

export const REFUND_BANKS = `query ($impUid: String!) { refundBanks(impUid: $impUid) { code name } }`;

const FIELDS = ['bank', 'number', 'holder', 'phone'];
// Korean banks write account numbers with hyphens; no bank has longer or shorter ones.
const NUMBER_FORM = /^\d{6,20}$/;
const PHONE_FORM = /^0\d{8,10}$/;

/** @param need a RefundAccountNeed of the API, or null when it is not known */
export function needsAccount(need) {
  return need === 'ACCOUNT' || need === 'ACCOUNT_AND_PHONE';
}

/**
 * What is written into the form.
 *
 * @returns `{ account, faults }`: the account as the API takes it, and by field the key of a text that says what is wrong
 *   with it. An account that has faults is not to be sent.
 */
export function readRefundAccount(need) {
  const [bank, number, holder, phone] = FIELDS.map((field) => part(`refund-${field}`).value.trim());
  const digits = number.replace(/[\s-]/g, '');
  const phoneDigits = phone.replace(/[^\d+]/g, '').replace(/^\+82(?:0)?/, '0');
  const account = { holder, bank, number: digits };
  const faults = {};
  if (bank === '') faults.bank = 'refundBankMissing';
  if (!NUMBER_FORM.test(digits)) faults.number = digits === '' ? 'refundNumberMissing' : 'refundNumberWrong';
  if (holder === '') faults.holder = 'refundHolderMissing';
  if (need === 'ACCOUNT_AND_PHONE') {
    account.phone = phoneDigits;
    if (!PHONE_FORM.test(phoneDigits)) faults.phone = 'refundPhoneWrong';
  }
  return { account, faults };
}

/** @param banks `[{ code, name }]` */
export function renderBanks(banks) {
  const list = part('refund-bank');
  const options = [['', text('refundBankChoose')], ...banks.map(({ code, name }) => [code, name])];
  // New options would close a list that is open, and forget what was chosen.
  const shown = JSON.stringify(options);
  if (list.dataset.shown === shown) return;
  list.dataset.shown = shown;
  const chosen = list.value;
  list.replaceChildren(...options.map(([value, textContent]) => make('option', { value, textContent })));
  list.value = options.some(([value]) => value === chosen) ? chosen : '';
}

/** @param faults of readRefundAccount */
export function renderRefundAccount({ need, faults, isSending }) {
  part('refund-account').hidden = !needsAccount(need);
  part('refund-account').disabled = isSending;
  part('refund-phone-field').hidden = need !== 'ACCOUNT_AND_PHONE';
  for (const field of FIELDS) {
    part(`refund-${field}-error`).textContent = faults[field] ? text(faults[field]) : '';
    part(`refund-${field}`).setAttribute('aria-invalid', String(Boolean(faults[field])));
  }
}

/** The first field that is wrong takes the focus. */
export function focusFault(faults) {
  const field = FIELDS.find((one) => faults[one]);
  if (field !== undefined) part(`refund-${field}`).focus();
}
