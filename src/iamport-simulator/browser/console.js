import { applyTexts, money, pickLanguage } from './language.js';

const TEXTS = {
  ko: {
    title: '결제 내역',
    notReal: '아임포트 시뮬레이터 · 실제 결제가 아닙니다',
    shop: '쇼핑몰로 돌아가기',
    refresh: '자동 새로고침',
    empty: '아직 결제가 없습니다. 쇼핑몰에서 결제창을 열면 여기에 나타납니다.',
    newer: '← 최근',
    older: '이전 →',
    total: (count) => `전체 ${count}건`,
    noAnswer: '시뮬레이터가 응답하지 않습니다.',
    ready: '미결제',
    paid: '결제완료',
    cancelled: '취소',
    partlyCancelled: '부분취소',
    failed: '실패',
    sandbox: '테스트',
    live: '실연동',
    left: '남은 금액',
    cancels: '취소 내역',
    order: '주문번호',
    buyer: '구매자',
    method: '결제수단',
    started: '시작',
    paidAt: '결제',
    failReason: '실패 사유',
    tid: 'PG 거래번호',
    noReason: '사유 없음',
    card: '카드',
    kakaopay: '카카오페이',
    point: '카카오페이 머니',
    trans: '계좌이체',
    phone: '휴대폰',
    vbank: '가상계좌',
  },
  en: {
    title: 'Payments',
    notReal: 'iamport simulator · no real payments',
    shop: 'Back to the shop',
    refresh: 'Refresh by itself',
    empty: 'No payments yet. They appear here as soon as a shop opens the payment window.',
    newer: '← Newer',
    older: 'Older →',
    total: (count) => `${count} in all`,
    noAnswer: 'The simulator does not answer.',
    ready: 'Not paid',
    paid: 'Paid',
    cancelled: 'Cancelled',
    partlyCancelled: 'Partly cancelled',
    failed: 'Failed',
    sandbox: 'Test',
    live: 'Live',
    left: 'Left',
    cancels: 'Cancels',
    order: 'Order',
    buyer: 'Buyer',
    method: 'Method',
    started: 'Started',
    paidAt: 'Paid at',
    failReason: 'Why it failed',
    tid: 'PG transaction',
    noReason: 'no reason given',
    card: 'Card',
    kakaopay: 'KakaoPay',
    point: 'KakaoPay money',
    trans: 'Transfer',
    phone: 'Phone bill',
    vbank: 'Virtual account',
  },
};

const PAGE_SIZE = 20;
const REFRESH_MS = 2000;
const REQUEST_TIMEOUT_MS = 10_000;

const language = pickLanguage();
const texts = TEXTS[language];
const byId = (id) => document.getElementById(id);
const time = new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'medium' });
/** Payments whose details are open; they stay open over a refresh. `?payment=` opens one from a receipt link. */
const openIds = new Set([new URLSearchParams(location.search).get('payment')]);
let page = 1;
let lastAnswer = '';

async function load() {
  try {
    const response = await fetch(`/_simulator/payments?page=${page}&limit=${PAGE_SIZE}`, {
      signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(text);
    byId('notice').textContent = '';
    // Redrawing without need would take the focus and the selection away.
    if (text === lastAnswer) return;
    lastAnswer = text;
    draw(JSON.parse(text));
  } catch (error) {
    byId('notice').textContent = `${texts.noAnswer} (${error.message})`;
  }
}

function draw({ total, shop_url: shopUrl, list }) {
  byId('total').textContent = texts.total(new Intl.NumberFormat(language).format(total));
  byId('empty').hidden = total > 0;
  byId('shop').hidden = shopUrl === null;
  if (shopUrl !== null) byId('shop').href = shopUrl;
  const focusedId = document.activeElement?.closest?.('[data-imp-uid]')?.dataset.impUid;
  byId('payments').replaceChildren(...list.map(paymentItem));
  if (focusedId) document.querySelector(`[data-imp-uid="${CSS.escape(focusedId)}"] summary`)?.focus();
  const lastPage = Math.max(1, Math.ceil(total / PAGE_SIZE));
  byId('pages').hidden = lastPage === 1;
  byId('page').textContent = `${page} / ${lastPage}`;
  byId('newer').disabled = page === 1;
  byId('older').disabled = page >= lastPage;
}

function paymentItem(payment) {
  const left = payment.amount - payment.cancel_amount;
  const isPartly = payment.cancel_amount > 0 && left > 0;
  const details = element('details', { open: openIds.has(payment.imp_uid) });
  details.addEventListener('toggle', () => {
    if (details.open) openIds.add(payment.imp_uid);
    else openIds.delete(payment.imp_uid);
  });
  const amount = element('span', { className: 'amount' }, money(language, payment.amount, payment.currency));
  if (isPartly) {
    amount.append(element('small', {}, `${texts.left} ${money(language, left, payment.currency)}`));
  }
  const state = isPartly ? texts.partlyCancelled : texts[payment.status];
  details.append(
    element(
      'summary',
      {},
      element('span', { className: `state ${payment.status}` }, state),
      element(
        'span',
        { className: 'what' },
        element('b', {}, payment.name ?? payment.merchant_uid),
        element('small', {}, `${time.format(payment.started_at * 1000)} · ${payment.imp_uid}`),
      ),
      element('span', { className: 'how' }, methodText(payment)),
      amount,
    ),
    facts(payment),
  );
  if (payment.cancel_history.length > 0) details.append(cancelHistory(payment));
  const item = element('li', {}, details);
  item.dataset.impUid = payment.imp_uid;
  return item;
}

function methodText(payment) {
  const extra = payment.card_name ?? payment.bank_name;
  const method =
    payment.emb_pg_provider === 'kakaopay'
      ? texts.kakaopay
      : (texts[payment.pay_method] ?? payment.pay_method);
  return extra === null ? method : `${method} · ${extra}`;
}

function facts(payment) {
  const buyer = [payment.buyer_name, payment.buyer_email, payment.buyer_tel].filter(Boolean).join(' · ');
  const rows = [
    [texts.order, payment.merchant_uid],
    [texts.buyer, buyer],
    [
      texts.method,
      `${payment.pg_provider} (${payment.pg_id}) · ${payment.sandbox ? texts.sandbox : texts.live} · ${payment.channel}`,
    ],
    [texts.started, time.format(payment.started_at * 1000)],
    [texts.paidAt, payment.paid_at > 0 ? time.format(payment.paid_at * 1000) : ''],
    [texts.failReason, payment.fail_reason],
    [texts.tid, payment.pg_tid],
  ];
  const list = element('dl');
  for (const [name, value] of rows) {
    if (value) list.append(element('div', {}, element('dt', {}, name), element('dd', {}, value)));
  }
  return list;
}

function cancelHistory(payment) {
  const list = element('ul');
  for (const entry of payment.cancel_history) {
    list.append(
      element(
        'li',
        {},
        element('b', {}, `−${money(language, entry.amount, payment.currency)}`),
        element('span', {}, entry.reason ?? texts.noReason),
        element('small', {}, `${time.format(entry.cancelled_at * 1000)} · ${entry.cancellation_id}`),
      ),
    );
  }
  return element('section', { className: 'cancels' }, element('h2', {}, texts.cancels), list);
}

/** Texts only ever become text: what shops send is never read as HTML. */
function element(name, properties = {}, ...children) {
  const node = Object.assign(document.createElement(name), properties);
  node.append(...children);
  return node;
}

function turnTo(next) {
  page = next;
  void load();
}

byId('newer').addEventListener('click', () => turnTo(page - 1));
byId('older').addEventListener('click', () => turnTo(page + 1));
setInterval(() => {
  if (byId('refresh').checked && !document.hidden) void load();
}, REFRESH_MS);

applyTexts(language, texts);
document.title = `${texts.title} · iamport simulator`;
void load();
