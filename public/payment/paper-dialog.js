/**
 * The dialog in which a paper of the shop is read that has no address of its own.
 */
import { ApiError } from './api.js';
import { closeModal, openModal } from './modal.js';
import { currentShop, paperText } from './shop.js';
import { part } from './view.js';

/** Which paper is open; an answer for another one comes too late. */
let openedKind = null;

/** @param kind of one of the shop's papers */
export async function openPaper(kind) {
  const paper = currentShop()?.papers.find((one) => one.kind === kind);
  if (!paper) return;
  openedKind = kind;
  part('paper-title').textContent = paper.title;
  show({});
  openModal(part('paper-dialog'));
  part('paper-title').focus();
  await load(kind);
}

async function load(kind) {
  show({});
  try {
    const text = await paperText(kind);
    if (openedKind === kind) show({ text });
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    if (openedKind === kind) show({ error });
  }
}

function show({ text, error }) {
  part('paper-loading').hidden = text !== undefined || error !== undefined;
  part('paper-text').textContent = text ?? '';
  part('paper-error').textContent = error?.readerText ?? '';
  part('paper-again').hidden = error === undefined;
}

/** Opens papers from wherever they are named, and makes the dialog's own buttons work. */
export function listenForPapers() {
  document.addEventListener('click', ({ target }) => {
    const button = target instanceof Element ? target.closest('[data-paper]') : null;
    if (button) void openPaper(button.dataset.paper);
  });
  part('paper-close').addEventListener('click', () => closeModal(part('paper-dialog')));
  part('paper-again').addEventListener('click', () => void load(openedKind));
  part('paper-dialog').addEventListener('close', () => {
    openedKind = null;
    if (!document.querySelector('dialog[open]')) document.documentElement.classList.remove('has-modal');
  });
}
