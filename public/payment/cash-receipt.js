/**
 * The cash receipt of a payment, in the dialog that shows the payment: how far it is, or the form that asks for one.
 */
import { ApiError } from './api.js';
import { text, won } from './texts.js';
import { fact, part, renderFieldError } from './view.js';

export const CASH_RECEIPT_FIELDS = `canRequestCashReceipt
  cashReceipt { state purpose identifier isSelfIssued amount number }`;

const REQUEST = `mutation ($impUid: String!, $purpose: PointCashReceiptPurpose!, $identifier: String!) {
  requestCashReceipt(impUid: $impUid, purpose: $purpose, identifier: $identifier) { state }
}`;

const STATES = {
  PENDING: 'cashReceiptPending',
  ISSUED: 'cashReceiptIssued',
  CANCELLED: 'cashReceiptCancelled',
  FAILED: 'cashReceiptFailed',
  BY_PG: 'cashReceiptByPg',
};

/** The same forms as the server's, so that a slip is told before anything is sent. */
const FORMS = { PERSON: /^(01[016789]\d{7,8}|\d{16,19})$/, COMPANY: /^\d{10}$/ };

export class CashReceiptForm {
  #call;
  #onAsked;
  #isWorking = false;
  #impUid = null;

  /**
   * @param call a call as the logged-in user
   * @param onAsked called when a receipt was asked for
   */
  constructor({ call, onAsked }) {
    this.#call = call;
    this.#onAsked = onAsked;
    part('cash-receipt-form').addEventListener('submit', (event) => {
      event.preventDefault();
      void this.#ask();
    });
    part('cash-receipt-form').addEventListener('change', () => {
      renderFieldError('cash-receipt-number', null);
      this.#renderLabels();
    });
  }

  /** Forgets what was typed. */
  reset() {
    part('cash-receipt-form').reset();
    part('cash-receipt-error').textContent = '';
    renderFieldError('cash-receipt-number', null);
  }

  /** @param payment as the API tells it, or null */
  render(payment) {
    const receipt = payment?.cashReceipt ?? null;
    const canAsk = payment?.canRequestCashReceipt ?? false;
    this.#impUid = payment?.impUid ?? null;
    part('cash-receipt').hidden = receipt === null && !canAsk;
    part('cash-receipt-facts').hidden = receipt === null;
    part('cash-receipt-facts').replaceChildren(...(receipt === null ? [] : factsOf(receipt).map(fact)));
    part('cash-receipt-form').hidden = !canAsk;
    this.#renderLabels();
  }

  #renderLabels() {
    const isCompany = part('cash-receipt-form').elements.purpose.value === 'COMPANY';
    part('cash-receipt-number-label').textContent = text(
      isCompany ? 'cashReceiptBusiness' : 'cashReceiptPhone',
    );
    part('cash-receipt-ask').textContent = text(this.#isWorking ? 'working' : 'cashReceiptAsk');
    part('cash-receipt-ask').disabled = this.#isWorking;
  }

  async #ask() {
    const { purpose, identifier } = part('cash-receipt-form').elements;
    const variables = { impUid: this.#impUid, purpose: purpose.value, identifier: identifier.value };
    const isRight = FORMS[purpose.value].test(identifier.value.replaceAll(/[\s-]/g, ''));
    renderFieldError('cash-receipt-number', isRight ? null : () => text('cashReceiptNumberWrong'));
    if (!isRight) {
      identifier.focus();
      return;
    }
    this.#isWorking = true;
    part('cash-receipt-error').textContent = '';
    this.#renderLabels();
    try {
      await this.#call(REQUEST, variables);
      this.reset();
      this.#onAsked();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      part('cash-receipt-error').textContent = error.readerText;
    } finally {
      this.#isWorking = false;
      this.#renderLabels();
    }
  }
}

function factsOf({ state, purpose, identifier, isSelfIssued, amount, number }) {
  const facts = [['cashReceiptState', text(STATES[state] ?? 'cashReceiptPending')]];
  if (state === 'BY_PG') return facts;
  const what = isSelfIssued
    ? 'cashReceiptSelf'
    : purpose === 'COMPANY'
      ? 'cashReceiptCompany'
      : 'cashReceiptPerson';
  facts.push(['cashReceiptFor', `${text(what)} ${identifier}`]);
  if (amount !== null) facts.push(['cashReceiptAmount', won(amount)]);
  if (number !== null) facts.push(['cashReceiptNumber', number]);
  return facts;
}
