/**
 * The dialog of a person's own account: another password, the end of all log-ins, and leaving.
 */
import { ApiError } from './api.js';
import { closeModal, openModal } from './modal.js';
import { text } from './texts.js';
import { part, renderFieldError, renderMessage } from './view.js';

const PASSWORD_MIN_LENGTH = 8;
const FORMS = ['change-password', 'log-out-everywhere', 'leave'];
/** Which of the dialog's fields an argument comes from. */
const FIELDS = {
  'change-password': { currentPassword: 'current-password', newPassword: 'new-password' },
  leave: { currentPassword: 'leave-password' },
};

export class AccountDialog {
  #session;
  #onGone;
  #working = null;

  /**
   * @param session the one of this page
   * @param onGone called when nobody is logged in any more, with the key of what there is to say
   */
  constructor({ session, onGone }) {
    this.#session = session;
    this.#onGone = onGone;
    this.#onSubmit('change-password', () => this.#changePassword());
    this.#onSubmit('log-out-everywhere', () => this.#logOutEverywhere());
    this.#onSubmit('leave', () => this.#leave());
    part('account-close').addEventListener('click', () => this.close());
    part('account-dialog').addEventListener('close', () => {
      // Escape closes it past our button.
      document.documentElement.classList.remove('has-modal');
      this.#forget();
    });
  }

  open() {
    this.#forget();
    part('account-email').textContent = this.#session.user.email;
    // For programs that keep passwords.
    for (const field of document.querySelectorAll('[data-account-name]'))
      field.value = this.#session.user.email;
    openModal(part('account-dialog'));
    part('account-dialog-title').focus();
  }

  close() {
    closeModal(part('account-dialog'));
  }

  async #changePassword() {
    const [current, next] = [part('current-password').value, part('new-password').value];
    const areFine = this.#check('change-password', [
      ['current-password', current === '' && 'passwordMissing'],
      ['new-password', next.length < PASSWORD_MIN_LENGTH && 'passwordTooShort'],
    ]);
    if (!areFine) return;
    await this.#do('change-password', async () => {
      await this.#session.changePassword(current, next);
      part('change-password').reset();
      renderMessage('change-password-done', () => text('passwordChanged'));
    });
  }

  async #logOutEverywhere() {
    await this.#do('log-out-everywhere', async () => {
      await this.#session.logOutEverywhere();
      this.close();
      this.#onGone('loggedOutEverywhere');
    });
  }

  async #leave() {
    const password = part('leave-password').value;
    if (!this.#check('leave', [['leave-password', password === '' && 'passwordMissing']])) return;
    await this.#do('leave', async () => {
      await this.#session.leave(password);
      this.close();
      this.#onGone('hasLeft');
    });
  }

  /** One thing at a time. */
  async #do(form, act) {
    if (this.#working !== null) return;
    this.#setWorking(form);
    renderMessage(`${form}-error`, null);
    renderMessage('change-password-done', null);
    try {
      await act();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      const field = FIELDS[form]?.[error.details.field];
      if (field) {
        const fault = error.details.field === 'newPassword' ? 'badPassword' : 'wrongPassword';
        renderFieldError(field, () => text(fault));
        part(field).focus();
      } else renderMessage(`${form}-error`, () => error.readerText);
    } finally {
      this.#setWorking(null);
    }
  }

  #check(form, faults) {
    renderMessage(`${form}-error`, null);
    for (const [id, fault] of faults) renderFieldError(id, fault ? () => text(fault) : null);
    const firstFault = faults.find(([, fault]) => fault);
    if (firstFault) part(firstFault[0]).focus();
    return firstFault === undefined;
  }

  #setWorking(form) {
    this.#working = form;
    for (const id of FORMS) {
      part(`${id}-submit`).setAttribute('aria-disabled', String(form !== null));
      part(`${id}-submit`).dataset.working = id === form;
    }
  }

  #forget() {
    for (const id of FORMS) {
      part(id).reset();
      renderMessage(`${id}-error`, null);
    }
    renderMessage('change-password-done', null);
    for (const id of ['current-password', 'new-password', 'leave-password']) renderFieldError(id, null);
  }

  #onSubmit(id, act) {
    part(id).addEventListener('submit', (event) => {
      event.preventDefault();
      void act();
    });
  }
}
