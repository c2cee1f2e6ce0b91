import { language, texts } from './console-texts.js';
import { control } from './control-call.js';
import { byId } from './elements.js';
import { money } from './language.js';

/**
 * Asks how much to give back and why; a dialog of its own, so that the refreshing list does not take it away. Answers a
 * function that opens it for one payment.
 */
export function cancelDialog(changed) {
  const dialog = byId('cancel-dialog');
  const form = byId('cancel-form');
  let impUid;

  form.addEventListener('submit', (event) => {
    event.preventDefault();
    void cancel();
  });
  byId('cancel-back').addEventListener('click', () => dialog.close());

  async function cancel() {
    byId('cancel-confirm').disabled = true;
    try {
      await control('POST', `/payments/${encodeURIComponent(impUid)}/cancel`, {
        amount: form.elements.amount.valueAsNumber,
        reason: form.elements.reason.value,
      });
      dialog.close();
    } catch (error) {
      byId('cancel-said').textContent = texts.refused(error.message);
    } finally {
      byId('cancel-confirm').disabled = false;
    }
    await changed();
  }

  return (payment) => {
    const left = payment.amount - payment.cancel_amount;
    impUid = payment.imp_uid;
    byId('cancel-what').textContent = [
      payment.name ?? payment.merchant_uid,
      `${texts.left} ${money(language, left, payment.currency)}`,
    ].join(' · ');
    byId('cancel-said').textContent = '';
    form.reset();
    form.elements.amount.max = left;
    form.elements.amount.value = left;
    dialog.showModal();
  };
}
