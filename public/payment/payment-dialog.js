/**
 * The dialog that shows one payment: how it was paid, and all that happened to it with its receipts.
 */
import { ApiError } from './api.js';
import { CASH_RECEIPT_FIELDS, CashReceiptForm } from './cash-receipt.js';
import { closeModal, openModal } from './modal.js';
import { methodText, receiptLink } from './paid-by.js';
import { moment, text, won } from './texts.js';
import { fact, make, part } from './view.js';

const PAYMENT = `query ($impUid: String!) {
  payment(impUid: $impUid) {
    impUid merchantUid state amount cancelledAmount method cardName cardNumber
    timeline { kind at amount receiptUrl }
    ${CASH_RECEIPT_FIELDS}
  }
}`;

const EVENTS = {
  ORDERED: 'eventOrdered',
  ACCOUNT_ISSUED: 'eventAccountIssued',
  PAID: 'eventPaid',
  FAILED: 'eventFailed',
  CREDITED: 'eventCredited',
  CANCEL_REQUESTED: 'eventCancelRequested',
  CANCELLED: 'eventCancelled',
  CANCEL_REFUSED: 'eventCancelRefused',
  DEPOSIT_TAKEN_BACK: 'eventTakenBack',
};

export class PaymentDialog {
  /** `{ impUid, payment, isLoading, error }`; null while it is closed. */
  #shown = null;
  #call;
  #cashReceipt;

  /** @param call a call as the logged-in user */
  constructor({ call }) {
    this.#call = call;
    this.#cashReceipt = new CashReceiptForm({ call, onAsked: () => void this.#load() });
    part('payment-close').addEventListener('click', () => this.leave());
    part('payment-again').addEventListener('click', () => void this.#load());
    part('payment-dialog').addEventListener('close', () => {
      // Escape closes it past our button.
      document.documentElement.classList.remove('has-modal');
      this.#shown = null;
    });
  }

  open(impUid) {
    this.#shown = { impUid, payment: null, isLoading: true, error: null };
    this.#cashReceipt.reset();
    this.render();
    openModal(part('payment-dialog'));
    part('payment-title').focus();
    void this.#load();
  }

  leave() {
    this.#shown = null;
    closeModal(part('payment-dialog'));
  }

  render() {
    if (this.#shown === null) return;
    const { payment, isLoading, error } = this.#shown;
    part('payment-dialog').setAttribute('aria-busy', String(isLoading));
    part('payment-loading').hidden = !isLoading || payment !== null;
    part('payment-error').textContent = error?.readerText ?? '';
    part('payment-again').hidden = error === null;
    part('payment-facts').hidden = payment === null;
    part('payment-facts').replaceChildren(...(payment === null ? [] : factsOf(payment).map(fact)));
    this.#cashReceipt.render(payment);
    part('payment-timeline').replaceChildren(...(payment === null ? [] : payment.timeline.map(eventRow)));
  }

  async #load() {
    if (this.#shown === null) return;
    const shown = Object.assign(this.#shown, { isLoading: true, error: null });
    this.render();
    try {
      const { payment } = await this.#call(PAYMENT, { impUid: shown.impUid });
      shown.payment = payment;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      shown.error = error;
    }
    shown.isLoading = false;
    if (this.#shown === shown) this.render();
  }
}

function factsOf({ impUid, merchantUid, amount, cancelledAmount, method, cardName, cardNumber }) {
  const facts = [['factPaidAmount', won(amount)]];
  if (cancelledAmount > 0) facts.push(['factCancelled', won(cancelledAmount)]);
  const how = methodText(method);
  if (how !== null) facts.push(['chooseMethod', how]);
  if (cardName ?? cardNumber) facts.push(['factCard', [cardName, cardNumber].filter(Boolean).join(' ')]);
  return [...facts, ['factPayment', impUid], ['factOrder', merchantUid]];
}

function eventRow({ kind, at, amount, receiptUrl }) {
  const what = EVENTS[kind];
  const row = make('li', {}, [
    make('strong', { textContent: what ? text(what) : kind }),
    make('span', { className: 'row-amount', textContent: won(amount) }),
    make('time', { dateTime: at, textContent: moment(at) }),
  ]);
  Object.assign(row.dataset, { test: 'payment-event', kind });
  const link = receiptLink(
    receiptUrl,
    text('receiptOfEvent', { event: text(what ?? 'receipt'), moment: moment(at) }),
  );
  if (link !== null) row.append(link);
  return row;
}
