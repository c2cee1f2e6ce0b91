/**
 * How a payment was made, in words, and the links to its receipts.
 */
import { text } from './texts.js';
import { make } from './view.js';

/** The gateway's words for methods that the page has a word for. */
const METHODS = new Map([
  ['card', 'methodCard'],
  ['kakaopay', 'methodKakaopay'],
  ['trans', 'methodTrans'],
  ['phone', 'methodPhone'],
  ['vbank', 'methodVbank'],
]);

/** @returns null for a method that the page has no word for */
export function methodText(method) {
  return METHODS.has(method) ? text(METHODS.get(method)) : null;
}

/** @param label what it is a receipt of, for those to whom it is read out alone. @returns null where there is no address */
export function receiptLink(receiptUrl, label) {
  if (!/^https?:\/\//.test(receiptUrl ?? '')) return null;
  const link = make('a', {
    href: receiptUrl,
    target: '_blank',
    rel: 'noopener noreferrer',
    textContent: text('receipt'),
  });
  link.dataset.test = 'receipt';
  link.setAttribute('aria-label', label);
  return link;
}
