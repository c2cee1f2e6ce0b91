import { applyTexts, money, pickLanguage } from './language.js';

const TEXTS = {
  ko: {
    title: '결제',
    notReal: '시뮬레이터 · 실제 결제가 아닙니다',
    close: '닫기',
    buyer: '구매자',
    order: '주문번호',
    payment: '결제번호',
    method: '결제수단',
    card: '카드',
    kakaopay: '카카오페이',
    naverpay: '네이버페이',
    tosspay: '토스페이',
    payco: '페이코',
    smilepay: '스마일페이',
    trans: '계좌이체',
    phone: '휴대폰',
    vbank: '가상계좌',
    quota: '할부',
    once: '일시불',
    months: '개월',
    bank: '은행',
    easyPayBy: (name) => `${name}에서 결제할 방법`,
    easyPayMoney: '머니·포인트',
    easyPayCard: '연결된 카드',
    phoneHint: '다음 달 통신 요금에 합산되는 결제를 흉내 냅니다.',
    vbankHint: '이 결제만을 위한 계좌를 발급합니다. 입금은 콘솔에서 합니다.',
    issue: '계좌 발급',
    approve: (amount) => `${amount} 결제 승인`,
    decline: '결제 거절',
    working: '처리 중…',
    noAnswer: '시뮬레이터가 응답하지 않습니다. 다시 시도해 주세요.',
    concluded: '이 결제는 이미 처리되었습니다. 쇼핑몰로 돌아가 주세요.',
    nowhere: '결과가 기록되었습니다. m_redirect_url이 없어 쇼핑몰로 돌아갈 수 없습니다.',
    noRequest: '결제 요청이 없습니다. 쇼핑몰에서 다시 시작해 주세요.',
    none: '없음',
  },
  en: {
    title: 'Payment',
    notReal: 'Simulator · no real payment (실제 결제 아님)',
    close: 'Close',
    buyer: 'Buyer',
    order: 'Order',
    payment: 'Payment',
    method: 'Pay with',
    card: 'Card',
    kakaopay: 'KakaoPay',
    naverpay: 'Naver Pay',
    tosspay: 'Toss Pay',
    payco: 'Payco',
    smilepay: 'Smile Pay',
    trans: 'Transfer',
    phone: 'Phone',
    vbank: 'Virtual account',
    quota: 'Instalments',
    once: 'Pay at once',
    months: ' months',
    bank: 'Bank',
    easyPayBy: (name) => `Inside ${name}, pay with`,
    easyPayMoney: 'Its money or points',
    easyPayCard: 'A linked card',
    phoneHint: 'Plays a payment that goes on next month’s phone bill.',
    vbankHint: 'An account for this payment alone is opened. Pay into it in the console.',
    issue: 'Open an account',
    approve: (amount) => `Approve ${amount}`,
    decline: 'Decline',
    working: 'One moment…',
    noAnswer: 'The simulator does not answer. Please try again.',
    concluded: 'This payment is already finished. Please go back to the shop.',
    nowhere: 'The result is kept. There is no m_redirect_url, so this page cannot go back to the shop.',
    noRequest: 'There is no payment request. Please start again from the shop.',
    none: 'none',
  },
};

/** documented: instalments only from 50,000 won. */
const QUOTA_FROM_KRW = 50_000;
const QUOTAS_MONTHS = [2, 3, 6, 12];
const REQUEST_TIMEOUT_MS = 30_000;

const byId = (id) => document.getElementById(id);
const isFramed = window.parent !== window;

let texts = TEXTS[pickLanguage()];
/** The origin of the shop's page, the only one that is told the result. */
let shopOrigin = null;
let checkout = null;

async function read(path) {
  return answerOf(await fetch(`/_simulator${path}`, { signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS) }));
}

async function send(path, body = {}) {
  const response = await fetch(`/_simulator${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
  });
  return answerOf(response);
}

async function answerOf(response) {
  const answer = await response.json();
  if (!response.ok) throw Object.assign(new Error(answer.error), { status: response.status });
  return answer;
}

function tellShop(message) {
  window.parent.postMessage({ source: 'iamport-simulator', ...message }, shopOrigin);
}

/** A request in the hash opens a new payment; an imp_uid in the path shows one that is open (phone, reload). */
async function start() {
  const hash = location.hash.slice(1);
  const impUidInPath = location.pathname.split('/')[2];
  if (hash === '') {
    if (impUidInPath === undefined) return showConcluded(texts.noRequest);
    return show(impUidInPath);
  }
  const request = JSON.parse(decodeURIComponent(hash));
  shopOrigin = new URL(request.shop_url).origin;
  const outcome = await send('/checkouts', request);
  // A reload must not open a second payment.
  const impUid = outcome.imp_uid;
  history.replaceState(null, '', impUid === undefined ? '/window' : `/window/${impUid}`);
  if (!outcome.opened) {
    tellShop({ type: 'refused', result: outcome.result, redirect_url: outcome.redirect_url });
    return undefined;
  }
  tellShop({ type: 'opened', window_url: location.href });
  if (request.is_mobile) return undefined;
  return show(impUid);
}

async function show(impUid) {
  checkout = await read(`/checkouts/${impUid}`);
  const { payment, shop_url: shopUrl } = checkout;
  const language = pickLanguage(checkout.language);
  texts = TEXTS[language];
  applyTexts(language, texts);
  document.body.classList.toggle('framed', isFramed);
  if (shopUrl !== null) shopOrigin = new URL(shopUrl).origin;

  document.title = `${texts.title} · iamport simulator`;
  byId('pg').textContent = `${checkout.pg} · ${payment.pg_provider}`;
  byId('shop').textContent =
    shopUrl === null ? checkout.user_code : `${new URL(shopUrl).host} · ${checkout.user_code}`;
  byId('order-name').textContent = payment.name ?? texts.none;
  byId('amount').textContent = money(language, payment.amount, payment.currency);
  byId('buyer').textContent =
    [payment.buyer_name, payment.buyer_email, payment.buyer_tel].filter(Boolean).join(' · ') || texts.none;
  byId('merchant-uid').textContent = payment.merchant_uid;
  byId('imp-uid').textContent = payment.imp_uid;
  fillChoices();
  document.querySelector('main').hidden = false;
  if (payment.status === 'ready' && payment.vbank_num === null) byId('approve').focus();
  else showConcluded(texts.concluded);
}

function fillChoices() {
  const { payment, requested_method: requestedMethod, methods: offered } = checkout;
  byId('methods').replaceChildren(...offered.map((method) => methodTab(method, method === requestedMethod)));
  fillSelect(
    'cards',
    checkout.cards.map(({ code, name }) => [code, name]),
  );
  for (const select of ['banks', 'vbank-banks']) {
    fillSelect(
      select,
      checkout.banks.map(({ code, name }) => [code, name]),
    );
  }
  const months = payment.amount < QUOTA_FROM_KRW ? [] : QUOTAS_MONTHS;
  fillSelect('quotas', [[0, texts.once], ...months.map((count) => [count, `${count}${texts.months}`])]);
  showPanel(requestedMethod);
}

function methodTab(method, isChosen) {
  const label = document.createElement('label');
  const input = document.createElement('input');
  const text = document.createElement('span');
  Object.assign(input, { type: 'radio', name: 'pay_method', value: method, checked: isChosen });
  input.addEventListener('change', () => showPanel(method));
  text.textContent = texts[method];
  label.dataset.method = method;
  label.append(input, text);
  return label;
}

function fillSelect(id, options) {
  byId(id).replaceChildren(...options.map(([value, text]) => new Option(text, value)));
}

function showPanel(method) {
  const shown = checkout.easy_pays.includes(method) ? 'easypay' : method;
  for (const panel of document.querySelectorAll('[data-panel]')) panel.hidden = panel.dataset.panel !== shown;
  byId('easy-pay-by').textContent = texts.easyPayBy(texts[method]);
  byId('approve').textContent = method === 'vbank' ? texts.issue : texts.approve(byId('amount').textContent);
}

async function press(button, body) {
  setBusy(true);
  try {
    const outcome = await send(`/payments/${checkout.payment.imp_uid}/${button}`, body);
    leave(outcome);
  } catch (error) {
    setBusy(false);
    if (error.status === 409) showConcluded(texts.concluded);
    else byId('notice').textContent = `${texts.noAnswer} (${error.message})`;
  }
}

/** The result goes to the shop: by message from a frame, by GET redirect from a whole page. */
function leave({ result, redirect_url: redirectUrl }) {
  if (isFramed) tellShop({ type: 'finished', result });
  else if (redirectUrl !== null) location.replace(redirectUrl);
  else showConcluded(texts.nowhere);
}

/** Close and Escape: the buyer gives up. When there was nothing to pay, the shop only learns that its wait is over. */
function close() {
  if (byId('close').hidden || byId('close').disabled) return;
  if (byId('choice').hidden) {
    const text = byId('concluded').textContent;
    tellShop({ type: 'finished', result: { imp_uid: null, error_code: 'F500', error_msg: text } });
    return;
  }
  if (checkout !== null) void press('close');
}

function setBusy(isBusy) {
  for (const id of ['approve', 'decline', 'close']) byId(id).disabled = isBusy;
  byId('notice').textContent = isBusy ? texts.working : '';
}

/** Nothing can be chosen any more. In a frame the shop still waits, so Close stays and ends its wait. */
function showConcluded(text) {
  document.querySelector('main').hidden = false;
  document.querySelector('.order').hidden = checkout === null;
  byId('choice').hidden = true;
  byId('close').hidden = !isFramed;
  byId('close').disabled = false;
  byId('concluded').textContent = text;
  byId('concluded').hidden = false;
}

byId('choice').addEventListener('submit', (event) => {
  event.preventDefault();
  const choice = Object.fromEntries(new FormData(byId('choice')));
  const { vbank_code: vbankCode, ...rest } = choice;
  const bank = choice.pay_method === 'vbank' ? { bank_code: vbankCode } : {};
  void press('approve', { ...rest, ...bank, card_quota: Number(choice.card_quota) });
});
byId('decline').addEventListener('click', () => void press('decline'));
byId('close').addEventListener('click', close);
document.addEventListener('keydown', (event) => {
  if (event.key === 'Escape') close();
});
window.addEventListener('message', (event) => {
  const isShop = event.source === window.parent && event.origin === shopOrigin;
  if (isShop && event.data?.source === 'iamport-simulator' && event.data.type === 'close') close();
});

applyTexts(pickLanguage(), texts);
start().catch((error) => {
  showConcluded(`${texts.noAnswer} (${error.message})`);
});
