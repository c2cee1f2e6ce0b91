import { texts } from './console-texts.js';
import { control } from './control-call.js';
import { byId, drawnWhenNew, element, say } from './elements.js';

/** How webhooks are sent, and those that were. */
export function startWebhooks() {
  const form = byId('webhook-form');
  const { elements } = form;

  const load = async () => {
    const { modes, url, ...deliveries } = await control('GET', '/webhooks');
    drawSettings({ modes, url });
    drawDeliveries(deliveries);
  };
  const drawSettings = drawnWhenNew(({ modes, url }) => {
    const words = new Map(modes.split(',').map((word) => word.split('=')));
    elements.url.value = url ?? '';
    for (const mode of ['never', 'twice', 'form', 'late', 'shuffled']) {
      elements[mode].checked = words.has(mode);
    }
    if (words.has('late')) elements.late_ms.value = words.get('late');
    if (words.has('shuffled')) elements.shuffle_count.value = words.get('shuffled');
    showFields(elements);
    // What this form does not show must outlive it.
    form.dataset.otherModes = ['attempts', 'retry']
      .filter((word) => words.has(word))
      .map((word) => `${word}=${words.get(word)}`)
      .join(',');
  });
  const drawDeliveries = drawnWhenNew(({ open, recent }) => {
    byId('webhooks-open').textContent = open > 0 ? texts.open(open) : '';
    byId('no-deliveries').hidden = recent.length > 0;
    byId('deliveries').replaceChildren(...recent.map(deliveryItem));
  });

  form.addEventListener('change', () => showFields(elements));
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    void save();
  });

  async function save() {
    try {
      await control('PUT', '/webhooks', { modes: modesOf(form), url: elements.url.value.trim() || null });
      say(texts.saved);
    } catch (error) {
      say(texts.refused(error.message));
    }
    await load();
  }
  return { load };
}

function showFields(elements) {
  elements.late_ms.closest('label').hidden = !elements.late.checked;
  elements.shuffle_count.closest('label').hidden = !elements.shuffled.checked;
}

function modesOf({ elements, dataset }) {
  const words = ['never', 'twice', 'form'].filter((mode) => elements[mode].checked);
  if (elements.late.checked) words.push(`late=${elements.late_ms.value}`);
  if (elements.shuffled.checked) words.push(`shuffled=${elements.shuffle_count.value}`);
  return [...words, dataset.otherModes].filter(Boolean).join(',');
}

function deliveryItem({ url, notice, state, attempts, http_status: status, error }) {
  const result = [status === null ? null : `HTTP ${status}`, error, attempts > 1 ? `${attempts} ×` : null];
  return element(
    'li',
    { className: 'card' },
    element('span', { className: `state ${STATE_COLOURS[state] ?? ''}` }, texts.delivery[state]),
    element(
      'span',
      { className: 'what' },
      element('b', {}, `${notice.status} · ${notice.imp_uid}`),
      element('small', {}, [url, ...result].filter(Boolean).join(' · ')),
    ),
  );
}

const STATE_COLOURS = { delivered: 'paid', failed: 'failed', dropped: 'failed', 'not sent': 'cancelled' };
