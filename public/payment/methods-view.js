/**
 * How the ways to pay look: each with its mark, what it cannot take, and what is asked for it.
 */
import { methodName, needsTel, shortName, takesAmount } from './methods.js';
import { currentLanguage, days, text, won } from './texts.js';
import { make, part, placeholders, renderMessage } from './view.js';

const SVG = 'http://www.w3.org/2000/svg';

let drawn = '';

/**
 * @param methods the Methods of the page
 * @param amount the chosen one in whole won, or null
 */
export function renderMethods({ offered, chosen }, amount) {
  // Drawn anew only when they are others, or the radio that has the focus would go.
  const now = JSON.stringify([currentLanguage(), offered]);
  if (now !== drawn) {
    drawn = now;
    part('methods').replaceChildren(
      ...(offered === null ? placeholders('choice') : offered.map(methodChoice)),
    );
  }
  for (const method of offered ?? []) {
    const radio = radioOf(method.method);
    radio.checked = method === chosen;
    const fits = takesAmount(method, amount);
    radio.closest('label').dataset.fits = fits;
    setText(radio.closest('label').querySelector('small'), fits ? '' : limitNote(method, amount));
  }
  setText(part('method-hint'), chosen === null ? '' : hintOf(chosen));
  const isTaken = chosen === null || takesAmount(chosen, amount);
  renderMessage('method-error', isTaken ? null : () => limitText(chosen));
  part('tel-field').hidden = !needsTel(chosen);
}

export function focusMethod({ method }) {
  radioOf(method).focus();
}

function radioOf(method) {
  return part('methods').querySelector(`input[value="${method}"]`);
}

function methodChoice({ method }) {
  const radio = make('input', { type: 'radio', name: 'method', value: method });
  radio.dataset.test = `method-${shortName(method)}`;
  radio.setAttribute('aria-describedby', 'method-hint');
  const words = make('span', { textContent: methodName(method) }, [make('small', {})]);
  return make('label', { className: 'choice' }, [radio, markOf(method), words]);
}

function markOf(method) {
  const mark = document.createElementNS(SVG, 'svg');
  mark.setAttribute('aria-hidden', 'true');
  const drawing = document.createElementNS(SVG, 'use');
  drawing.setAttribute('href', `#mark-${shortName(method)}`);
  mark.append(drawing);
  return mark;
}

function hintOf({ dueDays, pgName }) {
  const hints = [];
  if (dueDays !== null) hints.push(text('vbankHint', { days: days(dueDays) }));
  if (pgName !== null) hints.push(text('pgHint', { pg: pgName }));
  return hints.join(' ');
}

/** Below the name: which end of what it takes is crossed. */
function limitNote({ minAmount, maxAmount }, amount) {
  return minAmount !== null && amount < minAmount
    ? text('methodFrom', { amount: won(minAmount) })
    : text('methodUpTo', { amount: won(maxAmount) });
}

function limitText({ method, minAmount, maxAmount }) {
  const values = { method: methodName(method), min: won(minAmount ?? 0), max: won(maxAmount ?? 0) };
  if (maxAmount === null) return text('methodTakesFrom', values);
  return text(minAmount === null ? 'methodTakesUpTo' : 'methodTakesBetween', values);
}

/** A status that says the same again would be read out again. */
function setText(element, words) {
  if (element.textContent !== words) element.textContent = words;
}
