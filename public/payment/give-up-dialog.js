/**
 * The dialog in which a person confirms that an order that waits for a deposit is given up.
 */
import { ApiError } from './api.js';
import { closeModal, openModal } from './modal.js';
import { text, won } from './texts.js';
import { fact, part } from './view.js';

const CANCEL_PAYMENT_ORDER = `mutation ($merchantUid: ID!) {
  cancelPaymentOrder(merchantUid: $merchantUid) { merchantUid state }
}`;

export class GiveUpDialog {
  /** `{ order, isWorking, error }`; null while it is closed. */
  #shown = null;
  #call;
  #onAnswer;
  #onEnded;

  /**
   * @param call a call as the logged-in user
   * @param onAnswer called with the order's merchantUid when the server has answered or was not reached, and waited for; tells
   *   whether the order still waits
   * @param onEnded called with it when the dialog has closed because the order does not wait any more
   */
  constructor({ call, onAnswer, onEnded }) {
    this.#call = call;
    this.#onAnswer = onAnswer;
    this.#onEnded = onEnded;
    part('give-up-confirm').addEventListener('click', () => void this.#confirm());
    part('give-up-close').addEventListener('click', () => this.leave());
    part('give-up-dialog').addEventListener('close', () => {
      // Escape closes it past our button.
      document.documentElement.classList.remove('has-modal');
      this.#shown = null;
    });
  }

  open(order) {
    this.#shown = { order, isWorking: false, error: null };
    this.render();
    openModal(part('give-up-dialog'));
    part('give-up-title').focus();
  }

  leave() {
    this.#shown = null;
    closeModal(part('give-up-dialog'));
  }

  /** An order has ended by itself: there is nothing to confirm any more. */
  take({ merchantUid }) {
    if (this.#shown?.order.merchantUid === merchantUid && !this.#shown.isWorking) this.#end();
  }

  render() {
    if (this.#shown === null) return;
    const { order, isWorking, error } = this.#shown;
    const [account] = order.deposits;
    const facts = [['depositAmount', won(order.amount)]];
    if (account) facts.push(['depositNumber', `${account.bank} ${account.number}`]);
    part('give-up-facts').replaceChildren(...facts.map(fact));
    part('give-up-error').textContent = error?.readerText ?? '';
    part('give-up-confirm').setAttribute('aria-disabled', String(isWorking));
    part('give-up-confirm').dataset.working = isWorking;
    part('give-up-confirm-label').textContent = text(isWorking ? 'giveUpWorking' : 'giveUpConfirm');
  }

  async #confirm() {
    if (this.#shown === null || this.#shown.isWorking) return;
    const shown = Object.assign(this.#shown, { isWorking: true, error: null });
    const { merchantUid } = shown.order;
    this.render();
    try {
      await this.#call(CANCEL_PAYMENT_ORDER, { merchantUid });
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      shown.error = error;
    }
    // Also after an error: its answer may be what was lost.
    const stillWaits = await this.#onAnswer(merchantUid);
    if (this.#shown !== shown) return;
    shown.isWorking = false;
    if (stillWaits && shown.error !== null) this.render();
    else this.#end();
  }

  #end() {
    const { merchantUid } = this.#shown.order;
    // Closing gives the focus back to a button that is there no more.
    this.leave();
    this.#onEnded(merchantUid);
  }
}
