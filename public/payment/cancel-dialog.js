/**
 * The dialog in which a person confirms a cancellation, and the cancellations that were confirmed and have no answer yet.
 */
import { ApiError } from './api.js';
import {
  CANCEL_POINT_TRANSACTION,
  LATEST_CANCELLATIONS,
  REFUND_QUOTE,
  requestCancellation,
} from './cancellation.js';
import { renderCancelDialog } from './cancel-view.js';
import { newIdempotencyKey } from './idempotency-key.js';
import { closeModal, openModal } from './modal.js';
import { Pause } from './pause.js';
import { focusFault, needsAccount, readRefundAccount, REFUND_BANKS } from './refund-account.js';
import { part } from './view.js';

const WHOLE_WON = /^[1-9]\d{0,9}$/;
/** Of typing, before the server is asked what goes for a part. */
const TYPING_PAUSE_MS = 300;
// The request is kept, with its key: asking again is the only way to learn what became of it.
const WITHOUT_ANSWER = ['undecided', 'loginNeeded'];

export class CancelDialog {
  /** What the dialog shows, see renderCancelDialog; null while it is closed. */
  #shown = null;
  /** By imp_uid: what was confirmed, by whom, and how asking for it ended so far. */
  #attempts = new Map();
  #typing;
  #call;
  #currentUser;
  #onAttempts;
  #onEnded;
  #onClosed;

  /**
   * @param call a call as the logged-in user
   * @param currentUser gives the logged-in user, or null
   * @param onAttempts called when `askedFor` has changed
   * @param onEnded called with what requestCancellation has returned, and whether the dialog shows it
   * @param onClosed called with the imp_uid that the dialog was about
   */
  constructor({ call, currentUser, onAttempts, onEnded, onClosed }) {
    this.#call = call;
    this.#currentUser = currentUser;
    this.#onAttempts = onAttempts;
    this.#onEnded = onEnded;
    this.#onClosed = onClosed;
    part('cancel-form').addEventListener('submit', (event) => {
      event.preventDefault();
      void this.#confirm();
    });
    part('cancel-form').addEventListener('input', () => {
      this.#change({ amountError: null, accountFaults: {}, error: null });
      this.#askForPart();
    });
    part('cancel-again').addEventListener('click', () => this.#again());
    part('cancel-close').addEventListener('click', () => closeModal(part('cancel-dialog')));
    part('cancel-dialog').addEventListener('close', () => this.#closed());
  }

  /** The imp_uids of payments whose cancellation was confirmed here and has no answer yet. */
  get askedFor() {
    const userId = this.#currentUser()?.id;
    return new Set(
      [...this.#attempts].filter(([, attempt]) => attempt.userId === userId).map(([impUid]) => impUid),
    );
  }

  /** @param payment the PAYMENT row */
  open(payment) {
    const attempt = this.#attempts.get(payment.impUid);
    part('cancel-form').reset();
    this.#shown = {
      payment,
      attempt,
      stage: attempt === undefined ? 'quoting' : attempt.ended === null ? 'sending' : 'ended',
      quote: null,
      partPlan: null,
      banks: [],
      error: null,
      amountError: null,
      accountFaults: {},
      ended: attempt?.ended ?? null,
    };
    this.render();
    openModal(part('cancel-dialog'));
    part('cancel-title').focus();
    if (attempt === undefined) void this.#showQuote();
  }

  /** Closes without a trace on the page; the user has gone. Confirmed cancellations stay known to their user. */
  leave() {
    this.#shown = null;
    part('cancel-form').reset();
    closeModal(part('cancel-dialog'));
  }

  /** The user is back: shows a cancellation that a log-in has interrupted. */
  resume() {
    const attempt = [...this.#attempts.values()].find(
      ({ userId, ended }) => userId === this.#currentUser().id && ended?.outcome === 'loginNeeded',
    );
    if (attempt !== undefined) this.open(attempt.payment);
  }

  /** The device is online again: goes on with what has got no answer. */
  askAgain() {
    for (const attempt of this.#attempts.values()) {
      if (attempt.ended === null) attempt.pause.end();
      else if (attempt.userId === this.#currentUser()?.id && attempt.ended.outcome === 'undecided')
        void this.#run(attempt);
    }
  }

  /**
   * Tells the dialog how a cancellation ended that it may be showing.
   *
   * @returns whether it shows it
   */
  take(ended) {
    const showsIt =
      this.#shown?.ended?.cancellation !== undefined &&
      this.#shown.ended.cancellation.id === ended.cancellation.id;
    if (showsIt) this.#change({ ended });
    return showsIt;
  }

  render() {
    const user = this.#currentUser();
    if (this.#shown === null || user === null) return;
    const extent = this.#extent();
    const amount = this.#amount(extent);
    renderCancelDialog({ ...this.#shown, extent, amount, plan: this.#plan(extent, amount) }, user);
  }

  async #showQuote() {
    const { payment } = this.#shown;
    this.#change({ stage: 'quoting', error: null });
    const found = await this.#quote(payment);
    if (this.#shown?.payment === payment && this.#shown.stage === 'quoting') this.#change(found);
  }

  async #quote({ impUid }) {
    try {
      const { refundQuote } = await this.#call(REFUND_QUOTE, { impUid });
      const takesAccount = needsAccount(refundQuote.refundAccount) && refundQuote.refundable > 0;
      const banks = takesAccount ? (await this.#call(REFUND_BANKS, { impUid })).refundBanks : [];
      return { stage: 'form', quote: refundQuote, banks };
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      return { stage: 'quoteFailed', error };
    }
  }

  /** `all` or `part`. A part that was chosen before it was known to be impossible is chosen no longer. */
  #extent() {
    const choice = part('cancel-form').elements.extent;
    if (this.#shown.quote?.partialCancel === 'NO') choice.value = 'all';
    return choice.value;
  }

  /** Whole won; null when nothing that could be an amount is chosen. */
  #amount(extent) {
    const { quote } = this.#shown;
    if (quote === null) return null;
    if (extent === 'all') return quote.refundable;
    const figure = part('cancel-amount').value.replaceAll(/[\s,]/g, '');
    return WHOLE_WON.test(figure) && Number(figure) <= quote.refundable ? Number(figure) : null;
  }

  /** What goes back and what goes for it; null while that is not known. Without a bonus it is as many points as won. */
  #plan(extent, amount) {
    const { quote, partPlan } = this.#shown;
    if (amount === null || !quote.plan) return null;
    if (extent === 'all') return quote.plan;
    if (quote.plan.bonus === 0) return { ...quote.plan, amount, points: amount };
    return partPlan?.amount === amount ? partPlan : null;
  }

  /** Asks the server what goes for a part, once nobody types any more. */
  #askForPart() {
    clearTimeout(this.#typing);
    if (this.#shown?.stage !== 'form') return;
    const extent = this.#extent();
    const amount = this.#amount(extent);
    if (amount === null || this.#plan(extent, amount) !== null) return;
    const { payment } = this.#shown;
    this.#typing = setTimeout(() => void this.#showPart(payment, amount), TYPING_PAUSE_MS);
  }

  async #showPart(payment, amount) {
    let change;
    try {
      const { refundQuote } = await this.#call(REFUND_QUOTE, { impUid: payment.impUid, amount });
      change = { partPlan: refundQuote.plan };
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      change = { error };
    }
    if (this.#shown?.payment === payment && this.#shown.stage === 'form') this.#change(change);
  }

  async #confirm() {
    if (this.#shown?.stage !== 'form') return;
    const extent = this.#extent();
    const amount = this.#amount(extent);
    if (amount === null) {
      this.#change({ amountError: 'cancelAmountWrong' });
      part('cancel-amount').focus();
      return;
    }
    const plan = this.#plan(extent, amount);
    if (plan === null) {
      // By the key Enter, before the answer.
      this.#askForPart();
      return;
    }
    const { payment, quote } = this.#shown;
    const refund = needsAccount(quote.refundAccount)
      ? readRefundAccount(quote.refundAccount)
      : { account: null, faults: {} };
    if (Object.keys(refund.faults).length > 0) {
      this.#change({ accountFaults: refund.faults });
      focusFault(refund.faults);
      return;
    }
    const attempt = {
      payment,
      userId: this.#currentUser().id,
      amount,
      quoted: { amount, points: plan.points, bonus: plan.bonus, fee: plan.fee },
      reason: part('cancel-reason').value.trim() || null,
      refundAccount: refund.account,
      // One key for one confirmation, however often it has to be sent.
      idempotencyKey: newIdempotencyKey(),
      pause: new Pause(),
      isAskingAgain: false,
      ended: null,
    };
    this.#attempts.set(payment.impUid, attempt);
    this.#change({ attempt });
    await this.#run(attempt);
  }

  async #run(attempt) {
    const { payment, userId, amount, quoted, reason, idempotencyKey, refundAccount } = attempt;
    const { impUid } = payment;
    Object.assign(attempt, { isAskingAgain: false, ended: null });
    this.#showAttempt(attempt, { stage: 'sending', error: null, ended: null });
    this.#onAttempts();
    const ended = await requestCancellation(
      async () => {
        if (this.#currentUser()?.id !== userId)
          throw new ApiError('UNAUTHENTICATED', 'the user has logged out');
        const variables = { impUid, amount, reason, idempotencyKey, refundAccount, quoted };
        return (await this.#call(CANCEL_POINT_TRANSACTION, variables)).cancelPointTransaction;
      },
      attempt.pause,
      () => {
        attempt.isAskingAgain = true;
        this.render();
      },
    );
    if (ended.outcome === 'refused') ended.cancellation = await this.#refused(ended.error);
    attempt.ended = ended;
    if (!WITHOUT_ANSWER.includes(ended.outcome)) this.#attempts.delete(impUid);
    if (this.#currentUser()?.id !== userId) return;
    const isShown = this.#shown?.attempt === attempt;
    this.#onEnded(ended, isShown);
    if (!isShown) return;
    if (ended.outcome === 'declined') {
      await this.#showDecline(ended.error);
    } else {
      this.#change({ stage: 'ended', ended });
      part('cancel-end-title').focus();
    }
  }

  /** The error names the refused cancellation, and its row says why. @returns undefined when that cannot be read now */
  async #refused({ details }) {
    try {
      const { cancellations } = await this.#call(LATEST_CANCELLATIONS);
      return cancellations.nodes.find(({ id }) => id === details.cancellationId);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      return undefined;
    }
  }

  /** Nothing was done. The figures may have changed since they were shown. */
  async #showDecline(error) {
    const { payment } = this.#shown;
    this.#change({ stage: 'form', attempt: undefined, error });
    const { quote, banks } = await this.#quote(payment);
    if (quote === undefined || this.#shown?.payment !== payment || this.#shown.stage !== 'form') return;
    this.#change({ quote, banks, partPlan: null });
    this.#askForPart();
    if (part('cancel-confirm').hidden) part('cancel-close').focus();
  }

  /** What a second press of the button does: the quote again, or the same request with the same key. */
  #again() {
    const { attempt } = this.#shown;
    if (attempt === undefined) void this.#showQuote();
    else if (attempt.ended !== null) void this.#run(attempt);
    part('cancel-title').focus();
  }

  #showAttempt(attempt, change) {
    if (this.#shown?.attempt === attempt) this.#change(change);
  }

  #change(change) {
    if (this.#shown === null) return;
    this.#shown = { ...this.#shown, ...change };
    this.render();
  }

  #closed() {
    // Escape closes it past our button.
    document.documentElement.classList.remove('has-modal');
    if (this.#shown === null) return;
    const { impUid } = this.#shown.payment;
    this.#shown = null;
    // Nobody who comes to this device later reads the account.
    part('cancel-form').reset();
    this.#onClosed(impUid);
  }
}
