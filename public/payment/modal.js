/**
 * A dialog over the page. Browsers without modal dialogs (Safari before 15.4) show it in the place of the page, so that
 * nothing behind it can be reached there either.
 */
import { part } from './view.js';

const PAGE_BEHIND = ['top', 'page', 'footer'];

let scrolledTo = 0;

export function openModal(dialog) {
  if (dialog.showModal) {
    dialog.showModal();
  } else {
    if (!document.querySelector('dialog[open]')) scrolledTo = window.scrollY;
    dialog.setAttribute('open', '');
    setPageHidden(true);
    window.scrollTo(0, 0);
  }
  document.documentElement.classList.add('has-modal');
}

/** Does nothing when it is closed already. */
export function closeModal(dialog) {
  if (!dialog.hasAttribute('open')) return;
  // A paper can be read over another dialog, which stays.
  const isLast = document.querySelectorAll('dialog[open]').length === 1;
  if (isLast) document.documentElement.classList.remove('has-modal');
  if (dialog.close) {
    dialog.close();
    return;
  }
  dialog.removeAttribute('open');
  if (isLast) setPageHidden(false);
  if (isLast) window.scrollTo(0, scrolledTo);
  dialog.dispatchEvent(new Event('close'));
}

function setPageHidden(hidden) {
  for (const id of PAGE_BEHIND) part(id).hidden = hidden;
}
