/**
 * The cards of orders that wait for a deposit, and of those whose end was just met. Everything is set as text, never as HTML,
 * and only where it has changed: a number that the reader has selected stays selected.
 */
import { moment, points, text, timeLeft, won } from './texts.js';
import { fact, make, part } from './view.js';

const ICONS = { PAID: 'icon-check', waiting: 'icon-clock' };
const END_TEXTS = { PAID: 'creditedText', CANCELLED: 'depositCancelledText', EXPIRED: 'depositExpiredText' };
const MARKS = { PAID: 'credited', waiting: 'waiting' };

/** By merchantUid. */
const shownCards = new Map();

/** @param deposits the Deposits */
export function renderDeposits(deposits) {
  const { cards } = deposits;
  part('deposits').hidden = cards.length === 0;
  for (const merchantUid of shownCards.keys()) {
    if (cards.every(({ order }) => order.merchantUid !== merchantUid)) shownCards.delete(merchantUid);
  }
  const elements = cards.map((card) => {
    const { merchantUid } = card.order;
    const element = shownCards.get(merchantUid) ?? newCard(merchantUid);
    shownCards.set(merchantUid, element);
    renderCard(element, card, deposits);
    return element;
  });
  putInOrder(part('deposit-cards'), elements);
  renderAwaited(deposits.waiting);
}

/** The card of an order takes the focus. @returns false when it has none */
export function focusDeposit(merchantUid) {
  const card = shownCards.get(merchantUid);
  if (card === undefined) return false;
  inside(card, 'title').focus();
  return true;
}

/** The element with an account's number. */
export function depositNumber(merchantUid) {
  return inside(shownCards.get(merchantUid), 'number');
}

/** What a person is told who does not look: how an order ended. @param card of Deposits */
export function endInWords({ order, end }) {
  return `${titleOf(order, end)}. ${endText(end)}`;
}

function newCard(merchantUid) {
  const card = part('deposit-card').content.firstElementChild.cloneNode(true);
  card.dataset.merchantUid = merchantUid;
  return card;
}

function renderCard(element, card, deposits) {
  const { order, end, isReporting } = card;
  const hadFocus = element.contains(document.activeElement);
  const endedNow = end !== null && element.dataset.end === undefined;
  for (const fixed of element.querySelectorAll('[data-text]')) say(fixed, text(fixed.dataset.text));
  if (end === null) delete element.dataset.end;
  else element.dataset.end = end;
  inside(element, 'mark').dataset.outcome = MARKS[end ?? 'waiting'] ?? 'ended';
  inside(element, 'icon').setAttribute('href', `#${ICONS[end ?? 'waiting'] ?? 'icon-stop'}`);
  say(inside(element, 'title'), titleOf(order, end));
  say(inside(element, 'lead'), end === null ? text('depositLead') : endText(end));
  inside(element, 'account').hidden = end !== null;
  if (end === null) renderAccount(element, order);
  renderFacts(element, order, end);
  const note = end === null ? noteOf(card, deposits) : { kind: '', words: '' };
  say(inside(element, 'note'), note.words);
  inside(element, 'note').dataset.kind = note.kind;
  renderActions(element, order, end, isReporting);
  if (endedNow && hadFocus) inside(element, 'title').focus();
}

function titleOf({ amount, pointTransaction }, end) {
  switch (end) {
    case null:
      return text('depositTitle', { amount: won(amount) });
    case 'PAID':
      return text('creditedTitle', { points: points(pointTransaction?.amount ?? amount) });
    case 'CANCELLED':
      return text('depositCancelledTitle', { amount: won(amount) });
    case 'EXPIRED':
      return text('depositExpiredTitle', { amount: won(amount) });
    default:
      return text('depositClosedTitle', { amount: won(amount) });
  }
}

function endText(end) {
  return text(END_TEXTS[end] ?? 'depositClosedText');
}

function renderAccount(element, { amount, deposits }) {
  const [account, ...others] = openAccounts(deposits);
  say(inside(element, 'bank'), account.bank);
  say(inside(element, 'number'), account.number);
  inside(element, 'holder-row').hidden = !account.holder;
  say(inside(element, 'holder'), account.holder ?? '');
  say(inside(element, 'amount'), won(amount));
  inside(element, 'due').setAttribute('datetime', account.dueAt);
  say(inside(element, 'due'), moment(account.dueAt));
  const leftMs = Date.parse(account.dueAt) - Date.now();
  say(inside(element, 'left'), leftMs > 0 ? timeLeft(leftMs) : text('depositDueOver'));
  say(inside(element, 'others'), othersText(others));
}

/** Newest first. The last one is shown also when its time is over: it is being looked at then. */
function openAccounts(deposits) {
  const open = deposits.filter(({ dueAt }) => Date.parse(dueAt) > Date.now());
  return open.length > 0 ? open : deposits.slice(0, 1);
}

function othersText(others) {
  if (others.length === 0) return '';
  const accounts = others.map(({ bank, number }) => `${bank} ${number}`).join(', ');
  return text('depositOthers', { accounts });
}

function renderFacts(element, { pointTransaction }, end) {
  const facts =
    end === 'PAID' && pointTransaction
      ? [
          ['factPaid', points(pointTransaction.amount)],
          ['factBalance', points(pointTransaction.balanceAfter)],
          ['factTime', moment(pointTransaction.createdAt)],
          ['factPayment', pointTransaction.impUid],
        ]
      : [];
  inside(element, 'facts').replaceChildren(...facts.map(fact));
}

/** What is under way just now. */
function noteOf({ isReporting, isReported, copied, error }, deposits) {
  if (isReporting) return { kind: 'wait', words: text('depositAsking') };
  if (error !== null) return { kind: 'bad', words: error.readerText };
  if (copied !== null) {
    return { kind: copied ? 'good' : 'wait', words: text(copied ? 'depositCopied' : 'depositCopyByHand') };
  }
  if (deposits.error !== null) return { kind: 'wait', words: deposits.error.readerText };
  if (deposits.hasGivenUp) return { kind: 'wait', words: text('depositStopped') };
  if (isReported) return { kind: 'wait', words: text('depositNotSeen') };
  return { kind: 'plain', words: text('depositWaits') };
}

function renderActions(element, { amount }, end, isReporting) {
  const isWaiting = end === null;
  const [report, giveUp, close, copy] = ['report', 'give-up', 'close', 'copy'].map((act) =>
    element.querySelector(`[data-act="${act}"]`),
  );
  report.hidden = !isWaiting;
  giveUp.hidden = !isWaiting;
  close.hidden = isWaiting;
  // A button that is switched off would lose the focus.
  report.setAttribute('aria-disabled', String(isReporting));
  report.dataset.working = isReporting;
  say(inside(element, 'report-label'), text(isReporting ? 'depositReporting' : 'depositReport'));
  say(copy, text('depositCopy'));
  // Read out alone, none of them says of what.
  copy.setAttribute('aria-label', text('depositCopyOf'));
  giveUp.setAttribute('aria-label', text('depositGiveUpOf', { amount: won(amount) }));
}

/** The same orders in the history, each with a way to its card. */
function renderAwaited(waiting) {
  const list = part('awaited-deposits');
  const rows = waiting.map(({ order }) => [order.merchantUid, order.amount, order.expiresAt]);
  const shown = JSON.stringify([text('awaitedTitle'), rows]);
  if (list.dataset.shown === shown) return;
  list.dataset.shown = shown;
  const hadFocus = list.contains(document.activeElement);
  list.replaceChildren(...waiting.map(({ order }) => awaitedRow(order)));
  if (hadFocus) part('history-title').focus();
}

function awaitedRow({ merchantUid, amount, expiresAt }) {
  const button = make('button', { type: 'button', className: 'link', textContent: text('awaitedShow') });
  button.dataset.test = 'awaited-show';
  button.setAttribute('aria-label', text('awaitedShowOf', { amount: won(amount) }));
  const row = make('li', { className: 'row open-cancellation' }, [
    make('strong', { textContent: text('awaitedTitle') }),
    make('strong', { className: 'row-amount', textContent: won(amount) }),
    make('p', { className: 'row-note', textContent: text('awaitedUntil', { moment: moment(expiresAt) }) }),
    button,
  ]);
  Object.assign(row.dataset, { test: 'awaited-deposit', merchantUid });
  return row;
}

/** Moving an element takes the focus and the selection away, so that is done only when the order is another one. */
function putInOrder(list, elements) {
  const isInOrder =
    list.children.length === elements.length &&
    elements.every((element, index) => list.children[index] === element);
  if (isInOrder) return;
  const focused = list.contains(document.activeElement) ? document.activeElement : null;
  list.replaceChildren(...elements);
  if (focused !== null && list.contains(focused)) focused.focus();
}

function inside(element, name) {
  return element.querySelector(`[data-part="${name}"]`);
}

function say(element, words) {
  if (element.textContent !== words) element.textContent = words;
}
