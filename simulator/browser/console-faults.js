import { texts } from './console-texts.js';
import { control } from './control-call.js';
import { button, byId, drawnWhenNew, element, say } from './elements.js';

const ANY_CALL = '*';
const FIRST_CHOICE = { call: 'POST /payments/cancel', kind: 'cut-after' };

/** Faults: what is planned, what is held, and the form that adds one. */
export function startFaults() {
  const form = byId('fault-form');
  const { elements } = form;

  const load = async () => {
    const [faults, { holds }, habits] = await Promise.all([
      control('GET', '/faults'),
      control('GET', '/holds'),
      control('GET', '/habits'),
    ]);
    fillChoices(elements, faults);
    drawFaults(faults);
    drawHolds(holds);
    drawHabits(habits);
    const count = faults.faults.length + holds.length;
    byId('faults-count').textContent = count > 0 ? String(count) : '';
  };

  const attempt = async (action) => {
    try {
      await action();
      say('');
    } catch (error) {
      say(texts.refused(error.message));
    }
    await load();
  };

  const drawFaults = drawnWhenNew(({ seed, faults }) => {
    byId('seed').textContent = String(seed);
    byId('no-faults').hidden = faults.length > 0;
    byId('faults-clear').hidden = faults.length === 0;
    byId('faults').replaceChildren(...faults.map((fault) => faultItem(fault, attempt)));
  });
  const drawHolds = drawnWhenNew((holds) => {
    byId('holds-part').hidden = holds.length === 0;
    byId('holds').replaceChildren(...holds.map((hold) => holdItem(hold, attempt)));
  });
  const drawHabits = drawnWhenNew(
    ({ partial_cancel_status: status, unsettled_won: unsettledWon, receipt_after_part: afterPart }) => {
      byId('partial-status').value = status;
      byId('receipt-after-part').value = afterPart;
      byId('unsettled').value = unsettledWon === null ? '' : '0';
    },
  );

  form.addEventListener('submit', (event) => {
    event.preventDefault();
    void attempt(async () => {
      await control('POST', '/faults', wishOf(elements));
    });
  });
  form.addEventListener('change', () => showFields(elements));
  byId('faults-clear').addEventListener('click', () => void attempt(() => control('DELETE', '/faults')));
  byId('partial-status').addEventListener('change', (event) => {
    void attempt(() => control('PUT', '/habits', { partial_cancel_status: event.target.value }));
  });
  byId('receipt-after-part').addEventListener('change', (event) => {
    void attempt(() => control('PUT', '/habits', { receipt_after_part: event.target.value }));
  });
  byId('unsettled').addEventListener('change', (event) => {
    const unsettledWon = event.target.value === '' ? null : Number(event.target.value);
    void attempt(() => control('PUT', '/habits', { unsettled_won: unsettledWon }));
  });
  return {
    load,
    /** The form, bound to one payment. */
    prepare(payment) {
      elements.imp_uid.value = payment.imp_uid;
      elements.merchant_uid.value = '';
      elements.kind.focus();
    },
  };
}

/** Once: the calls and kinds are those that the simulator knows. */
function fillChoices(elements, { calls, kinds }) {
  if (elements.call.length > 0) return;
  elements.call.append(
    element('option', { value: ANY_CALL }, texts.anyCall),
    ...calls.map((call) => element('option', { value: call }, call)),
  );
  elements.kind.append(
    ...Object.keys(kinds).map((kind) =>
      element('option', { value: kind }, `${texts.kinds[kind][0]} — ${kind}`),
    ),
  );
  elements.call.value = FIRST_CHOICE.call;
  elements.kind.value = FIRST_CHOICE.kind;
  showFields(elements);
}

/** Only the fields that the chosen fault has. */
function showFields(elements) {
  const kind = elements.kind.value;
  const often = elements.often.value;
  byId('kind-hint').textContent = texts.kinds[kind][1];
  elements.times.closest('label').hidden = often !== 'times';
  elements.percent.closest('label').hidden = often !== 'percent';
  elements.delay_ms.closest('label').hidden = !['slow', 'slow-answer', 'late'].includes(kind);
  elements.http_status.closest('label').hidden = !kind.startsWith('error-');
}

function wishOf(elements) {
  const often = {
    once: { times: 1 },
    times: { times: elements.times.valueAsNumber },
    percent: { probability: elements.percent.valueAsNumber / 100 },
    always: { times: 'always' },
  }[elements.often.value];
  return {
    call: elements.call.value,
    kind: elements.kind.value,
    ...often,
    delay_ms: elements.delay_ms.valueAsNumber,
    http_status: elements.http_status.valueAsNumber,
    imp_uid: elements.imp_uid.value.trim(),
    merchant_uid: elements.merchant_uid.value.trim(),
  };
}

function faultItem(fault, attempt) {
  const facts = [
    fault.call === ANY_CALL ? texts.anyCall : fault.call,
    fault.imp_uid,
    fault.merchant_uid,
    fault.probability < 1 ? texts.percentText(Math.round(fault.probability * 1000) / 10) : null,
    texts.timesText(fault.times),
    texts.happened(fault.happened, fault.matched),
  ];
  const remove = button(texts.remove, () => attempt(() => control('DELETE', `/faults/${fault.id}`)));
  return element(
    'li',
    { className: 'card' },
    element(
      'span',
      { className: 'what' },
      element('b', {}, `${texts.kinds[fault.kind][0]} — ${fault.kind}`),
      element('small', {}, facts.filter(Boolean).join(' · ')),
    ),
    remove,
  );
}

function holdItem(hold, attempt) {
  const release = (text, how) =>
    button(text, () => attempt(() => control('POST', `/holds/${hold.id}/release`, how)));
  const choices =
    hold.stage === 'before'
      ? [
          release(texts.applyAnswer, {}),
          release(texts.applyCut, { answer: false }),
          release(texts.dropAnswer, { apply: false }),
          release(texts.dropCut, { apply: false, answer: false }),
        ]
      : [release(texts.answerHeld, {}), release(texts.cutHeld, { answer: false })];
  const facts = [
    hold.imp_uid ?? hold.merchant_uid,
    hold.body.amount === undefined ? null : `amount ${hold.body.amount}`,
    hold.caller_gone ? texts.callerGone : null,
  ];
  return element(
    'li',
    { className: 'card held' },
    element(
      'span',
      { className: 'what' },
      element('b', {}, `${hold.call} — ${hold.stage === 'before' ? texts.heldBefore : texts.heldAfter}`),
      element('small', {}, facts.filter(Boolean).join(' · ')),
    ),
    element('span', { className: 'actions' }, ...choices),
  );
}
