import { language, texts } from './console-texts.js';
import { control } from './control-call.js';
import { byId, drawnWhenNew, element } from './elements.js';
import { money } from './language.js';

/** The channels of the shop: what each PG takes, how it answers, and what it refuses. */
export function startChannels() {
  const draw = drawnWhenNew(({ channels }) => {
    byId('channels').replaceChildren(...channels.map(channelItem));
  });
  return { load: async () => draw(await control('GET', '/channels')) };
}

function channelItem({ key, pg, pg_id: pgId, name, sandbox, style, methods, closed, limits, rules }) {
  const how = [sandbox ? texts.sandbox : texts.live, style === 'new' ? texts.newStyle : texts.oldStyle];
  const lines = [
    closed ?? methods.map((method) => nameOf(method) + brackets(limitTexts(limits[method]))).join(', '),
    ...Object.entries(rules).map(([method, rule]) => `${nameOf(method)}: ${ruleTexts(rule).join(', ')}`),
  ];
  const item = element(
    'li',
    { className: 'card' },
    element(
      'span',
      { className: `state ${closed === null ? 'paid' : 'cancelled'}` },
      closed === null ? how.join(' · ') : texts.neverOpens,
    ),
    element(
      'span',
      { className: 'what' },
      element('b', {}, `${name} · ${pg} (${pgId})`),
      element('code', {}, key),
      ...lines.map((line) => element('small', {}, line)),
    ),
  );
  item.dataset.channel = key;
  return item;
}

/** `*` is all of them. */
function nameOf(method) {
  return method === '*' ? '' : (texts[method] ?? method);
}

function brackets(told) {
  return told.length === 0 ? '' : ` (${told.join(', ')})`;
}

function limitTexts({ min, max } = {}) {
  const won = (amount) => money(language, amount, 'KRW');
  return [
    ...(min === undefined ? [] : [texts.from(won(min))]),
    ...(max === undefined ? [] : [texts.upTo(won(max))]),
  ];
}

function ruleTexts({ onlyWhole, partialCancelsMax, until, closedFromTo, refundAccount }) {
  const told = [];
  if (onlyWhole) told.push(texts.wholeOnly);
  if (partialCancelsMax) told.push(texts.parts(partialCancelsMax));
  if (until === 'never') told.push(texts.never);
  if (until === 'month-of-payment') told.push(texts.thisMonth);
  if (until?.months) told.push(texts.withinMonths(until.months));
  if (until?.days) told.push(texts.withinDays(until.days));
  if (closedFromTo) told.push(texts.closedHours(...closedFromTo));
  if (refundAccount) {
    told.push(refundAccount === 'needed' ? texts.refundAccountNeeded : texts.refundTelNeeded);
  }
  return told;
}
