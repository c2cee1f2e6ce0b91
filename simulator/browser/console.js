import { startChannels } from './console-channels.js';
import { startFaults } from './console-faults.js';
import { startPayments } from './console-payments.js';
import { language, texts } from './console-texts.js';
import { startWebhooks } from './console-webhooks.js';
import { byId } from './elements.js';
import { applyTexts } from './language.js';

const REFRESH_MS = 2000;
const SECTIONS = ['payments', 'faults', 'webhooks', 'channels'];

applyTexts(language, texts);
document.title = `${texts.title} · iamport simulator`;

/** Shows one of the views; the address remembers it. */
function show(name) {
  for (const section of SECTIONS) {
    byId(`section-${section}`).hidden = section !== name;
    byId(`tab-${section}`).setAttribute('aria-pressed', String(section === name));
  }
  history.replaceState(null, '', `${location.search}#${name}`);
}

const faults = startFaults();
const payments = startPayments({
  addFault(payment) {
    faults.prepare(payment);
    show('faults');
  },
});
const webhooks = startWebhooks();
const channels = startChannels();

async function load() {
  try {
    // Faults always: their tab counts the calls that are held.
    await Promise.all([
      faults.load(),
      byId('section-payments').hidden ? undefined : payments.load(),
      byId('section-webhooks').hidden ? undefined : webhooks.load(),
      byId('section-channels').hidden ? undefined : channels.load(),
    ]);
    byId('notice').textContent = '';
  } catch (error) {
    byId('notice').textContent = `${texts.noAnswer} (${error.message})`;
  }
}

for (const section of SECTIONS) {
  byId(`tab-${section}`).addEventListener('click', () => {
    show(section);
    void load();
  });
}
setInterval(() => {
  if (byId('refresh').checked && !document.hidden) void load();
}, REFRESH_MS);

const named = location.hash.slice(1);
show(SECTIONS.includes(named) ? named : 'payments');
void load();
