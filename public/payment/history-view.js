/**
 * The history: open cancellations and holds, the transactions, and what can be done about them.
 */
import { cancelStateOf } from './cancellation.js';
import { noticeOf } from './cancel-view.js';
import { methodText, receiptLink } from './paid-by.js';
import { day, moment, pointChange, points, text, won } from './texts.js';
import { make, part, placeholders } from './view.js';
import { shopperWords } from './window-failure.js';

/**
 * @param history the History
 * @param askedFor imp_uids of payments whose cancellation this page has asked for without an answer so far
 * @param notice how a cancellation ended that nobody was looking at (see endOf), or null
 */
export function renderHistory(history, askedFor, notice) {
  keepingFocus(() => {
    part('open-cancellations').replaceChildren(
      ...history.openCancellations.map(openCancellationRow(history)),
    );
    part('open-holds').hidden = history.holds.length === 0;
    part('open-holds').replaceChildren(...history.holds.map(holdRow));
    part('history').replaceChildren(...transactionRows(history, askedFor));
  });
  const { transactions, hasMore, loading, error } = history;
  part('open-holds-more').hidden = !history.hasMoreHolds;
  part('history').setAttribute('aria-busy', String(loading));
  part('history-error').textContent = error === null ? '' : error.readerText;
  part('history-empty').hidden = transactions === null || transactions.length > 0;
  part('history-more').hidden = loading ? transactions === null : transactions !== null && !hasMore;
  part('history-more').disabled = loading;
  part('history-more').textContent = text(
    loading ? 'working' : transactions === null ? 'tryAgain' : 'historyMore',
  );
  renderNotice(notice);
}

/** Puts the focus where a payment is cancelled, or beside it when that is over. */
export function focusCancelButton(impUid) {
  const button = part('history').querySelector(`[data-imp-uid="${CSS.escape(impUid)}"] [data-test=cancel]`);
  (button ?? part('history-title')).focus();
}

function renderNotice(notice) {
  part('cancel-notice').hidden = notice === null;
  if (notice === null) return;
  part('cancel-notice').dataset.outcome = notice.outcome;
  const { title, detail } = noticeOf(notice);
  part('cancel-notice-title').textContent = title;
  part('cancel-notice-text').textContent = detail;
}

function openCancellationRow({ hasGivenUp, followError }) {
  return ({ id, impUid, amount, expectedAt }) => {
    const waits = expectedAt
      ? text('cancelOpenExpected', { day: day(expectedAt) })
      : text(hasGivenUp ? 'cancelOpenStopped' : 'cancelOpenText');
    const row = make('li', { className: 'row open-cancellation' }, [
      make('strong', { textContent: text('cancelOpenTitle') }),
      make('strong', { className: 'row-amount', textContent: won(amount) }),
      make('p', {
        className: 'row-note',
        textContent: followError?.readerText ?? waits,
      }),
      hooked('check-cancellation', 'button', {
        type: 'button',
        className: 'link',
        textContent: text('cancelAskNow'),
      }),
    ]);
    Object.assign(row.dataset, { test: 'open-cancellation', id, impUid });
    return row;
  };
}

/** Points that the shop keeps for a use that may follow: they are a part of the balance still. */
function holdRow({ id, amount, reason, reference, until }) {
  const row = make('li', { className: 'row open-hold' }, [
    make('strong', { textContent: text('holdTitle') }),
    make('strong', { className: 'row-amount', textContent: points(amount) }),
    make('time', { dateTime: until, textContent: text('holdUntil', { moment: moment(until) }) }),
    ...whatFor({ status: 'SPEND', reason, reference }),
  ]);
  Object.assign(row.dataset, { test: 'open-hold', id });
  return row;
}

function transactionRows({ transactions, cancellations, loading }, askedFor) {
  if (transactions === null) return loading ? placeholders('row', 'li') : [];
  return transactions.map((transaction) => {
    const row = transactionRow(transaction);
    row.append(...whatFor(transaction));
    row.append(...paidBy(transaction));
    if (transaction.status === 'PAYMENT') {
      const state = cancelStateOf(transaction, transactions, cancellations);
      row.append(...paymentFooter(transaction, state, askedFor.has(transaction.impUid)));
    }
    return row;
  });
}

const SVG = 'http://www.w3.org/2000/svg';

/** What a row is called, and its drawing. One that this page does not know yet looks like the way that its points went. */
const LOOKS = new Map([
  ['PAYMENT', ['historyPayment', 'come']],
  ['CANCEL', ['historyCancel', 'back']],
  ['SPEND', ['historySpend', 'spend']],
  ['SPEND_CANCEL', ['historySpendCancel', 'back']],
  ['GRANT', ['historyGrant', 'gift']],
  ['IMPORT', ['historyImport', 'come']],
  ['BONUS', ['historyBonus', 'gift']],
  ['BONUS_CANCEL', ['historyBonusCancel', 'back']],
  ['EXPIRE', ['historyExpire', 'expire']],
  ['EXPIRE_CANCEL', ['historyExpireCancel', 'back']],
  ['REFUND_FEE', ['historyRefundFee', 'back']],
]);

function transactionRow({ status, amount, balanceAfter, createdAt, impUid }) {
  const [title] = LOOKS.get(status) ?? [];
  const row = make('li', { className: 'row' }, [
    make('strong', { className: 'row-title' }, [
      iconOf(status, amount),
      text(title ?? (amount < 0 ? 'historySpend' : 'historyGrant')),
    ]),
    make('strong', { className: 'row-amount', textContent: pointChange(amount) }),
    make('time', { dateTime: createdAt, textContent: moment(createdAt) }),
    make('span', { textContent: text('historyBalance', { points: points(balanceAfter) }) }),
  ]);
  Object.assign(row.dataset, { test: 'history-row', status, way: amount < 0 ? 'gone' : 'come' });
  // Only what came of a payment, or went back to one.
  if (impUid) row.dataset.impUid = impUid;
  return row;
}

/** Of other rows it is no order of the shop. */
const WITH_ORDER = new Set(['SPEND', 'SPEND_CANCEL', 'GRANT']);

/** Why, and for which order of the shop, as whoever spent or granted it says. */
function whatFor({ status, reason, reference }) {
  const parts = [];
  if (reason) parts.push(hooked('reason', 'span', { textContent: reason }));
  if (reference && WITH_ORDER.has(status)) {
    parts.push(hooked('reference', 'span', { textContent: text('historyReference', { reference }) }));
  }
  return parts.length > 0 ? [make('p', { className: 'row-note row-what-for' }, parts)] : [];
}

function iconOf(status, amount) {
  const [, icon] = LOOKS.get(status) ?? [];
  const element = document.createElementNS(SVG, 'svg');
  element.setAttribute('class', 'row-icon');
  element.setAttribute('aria-hidden', 'true');
  const drawing = document.createElementNS(SVG, 'use');
  drawing.setAttribute('href', `#row-${icon ?? (amount < 0 ? 'spend' : 'come')}`);
  element.append(drawing);
  return element;
}

/** How it was paid, where its receipt is, and the button that shows all of it. */
function paidBy({ status, method, cardName, cardNumber, receiptUrl, amount, createdAt }) {
  const of = { points: points(Math.abs(amount)), moment: moment(createdAt) };
  const isPayment = status === 'PAYMENT';
  const parts = [];
  const how = methodText(method);
  if (isPayment && how !== null) parts.push(hooked('method', 'span', { textContent: how }));
  const card = [cardName, cardNumber].filter(Boolean).join(' ');
  if (isPayment && card !== '') parts.push(hooked('card', 'span', { textContent: card }));
  // Read out alone, "receipt" does not say of what.
  const link = receiptLink(receiptUrl, text(isPayment ? 'receiptOf' : 'receiptOfCancel', of));
  if (link !== null) parts.push(link);
  if (isPayment) {
    const button = hooked('details', 'button', {
      type: 'button',
      className: 'row-details',
      textContent: text('details'),
    });
    button.setAttribute('aria-label', text('detailsOf', of));
    parts.push(button);
  }
  return parts.length > 0 ? [make('p', { className: 'row-note row-paid-by' }, parts)] : [];
}

/** What became of a payment, and the button that cancels what is left of it. */
function paymentFooter(payment, { cancelled, left, isOpen, refusal }, isAskedFor) {
  const states = [];
  if (left <= 0) states.push(['ALL', text('cancelledAll')]);
  else if (cancelled > 0) states.push(['PART', text('cancelledPart', { amount: won(cancelled) })]);
  if (isAskedFor) states.push(['ASKING', text('cancelAsking')]);
  else if (isOpen) states.push(['PENDING', text('cancelPending')]);
  else if (refusal !== null && left > 0) states.push(['REFUSED', text('cancelRefused')]);

  const footer = make('div', { className: 'row-footer' }, states.map(stateMark));
  if (left > 0 && (isAskedFor || !isOpen)) footer.append(cancelButton(payment));
  const parts = footer.childElementCount > 0 ? [footer] : [];
  const words = shopperWords(refusal ?? '');
  if (states.some(([state]) => state === 'REFUSED') && words !== '') {
    parts.push(
      make('p', { className: 'row-note', textContent: text('cancelRefusedBecause', { refusal: words }) }),
    );
  }
  return parts;
}

function stateMark([state, label]) {
  const mark = hooked('cancellation-state', 'span', { className: 'state', textContent: label });
  mark.dataset.state = state;
  return mark;
}

function cancelButton({ amount, createdAt }) {
  const button = hooked('cancel', 'button', {
    type: 'button',
    className: 'row-cancel',
    textContent: text('cancel'),
  });
  // Read out alone, "cancel" does not say what.
  button.setAttribute('aria-label', text('cancelOf', { points: points(amount), moment: moment(createdAt) }));
  return button;
}

function hooked(hook, tag, properties) {
  const element = make(tag, properties);
  element.dataset.test = hook;
  return element;
}

/** New rows take the place of the old ones; the focus goes to the same button of the same payment. */
function keepingFocus(render) {
  const focused = document.activeElement?.closest('.history li button');
  const { test } = focused?.dataset ?? {};
  const impUid = focused?.closest('li').dataset.impUid;
  render();
  if (!focused) return;
  const successor = [...document.querySelectorAll(`.history li button[data-test="${test}"]`)].find(
    (button) => button.closest('li').dataset.impUid === impUid,
  );
  (successor ?? part('history-title')).focus();
}
