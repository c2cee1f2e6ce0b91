import { cancelDialog } from './console-cancel.js';
import { language, texts } from './console-texts.js';
import { control } from './control-call.js';
import { button, byId, drawnWhenNew, element, say } from './elements.js';
import { money } from './language.js';

const PAGE_SIZE = 20;

const time = new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'medium' });
/** Payments whose details are open; they stay open over a refresh. `?payment=` opens one from a receipt link. */
const openIds = new Set([new URLSearchParams(location.search).get('payment')]);

/** The list of payments, newest first, with what the gateway's console can do to each. */
export function startPayments({ addFault }) {
  let page = 1;
  const load = async () => draw(await control('GET', `/payments?page=${page}&limit=${PAGE_SIZE}`));
  const actions = { addFault, changed: load, openCancel: cancelDialog(load) };

  const draw = drawnWhenNew(
    ({ total, shop_url: shopUrl, list, refunds_pending: refundsPending, pg_names: pgNames, receipts }) => {
      byId('total').textContent = texts.total(new Intl.NumberFormat(language).format(total));
      byId('empty').hidden = total > 0;
      byId('shop').hidden = shopUrl === null;
      if (shopUrl !== null) byId('shop').href = shopUrl;
      const focused = document.activeElement?.closest?.('[data-imp-uid]')?.dataset.impUid;
      const focusedAction = document.activeElement?.dataset?.test;
      byId('payments').replaceChildren(
        ...list.map((payment) =>
          paymentItem(payment, pgNames[payment.pg_provider] ?? payment.pg_provider, {
            ...actions,
            refundIsPending: refundsPending.includes(payment.imp_uid),
            receipt: receipts.find(({ imp_uid: impUid }) => impUid === payment.imp_uid),
          }),
        ),
      );
      if (focused) focusAgain(focused, focusedAction);
      const lastPage = Math.max(1, Math.ceil(total / PAGE_SIZE));
      byId('pages').hidden = lastPage === 1;
      byId('page').textContent = `${page} / ${lastPage}`;
      byId('newer').disabled = page === 1;
      byId('older').disabled = page >= lastPage;
    },
  );

  const turnTo = (next) => {
    page = next;
    void load();
  };
  byId('newer').addEventListener('click', () => turnTo(page - 1));
  byId('older').addEventListener('click', () => turnTo(page + 1));
  return { load };
}

function focusAgain(impUid, action) {
  const item = document.querySelector(`[data-imp-uid="${CSS.escape(impUid)}"]`);
  const control = action && item?.querySelector(`[data-test="${CSS.escape(action)}"]`);
  (control || item?.querySelector('summary'))?.focus();
}

function paymentItem(payment, pgName, actions) {
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
      element('span', { className: 'how' }, methodText(payment), element('small', {}, pgName)),
      amount,
    ),
    facts(payment, pgName, actions.receipt),
  );
  if (payment.cancel_history.length > 0) details.append(cancelHistory(payment));
  details.append(actionButtons(payment, actions));
  const item = element('li', {}, details);
  item.dataset.impUid = payment.imp_uid;
  return item;
}

function methodText(payment) {
  const extra = payment.card_name ?? payment.bank_name;
  const method =
    payment.emb_pg_provider === null
      ? (texts[payment.pay_method] ?? payment.pay_method)
      : (texts[payment.emb_pg_provider] ?? payment.emb_pg_provider);
  return extra === null ? method : `${method} · ${extra}`;
}

function facts(payment, pgName, receipt) {
  const buyer = [payment.buyer_name, payment.buyer_email, payment.buyer_tel].filter(Boolean).join(' · ');
  const rows = [
    [texts.order, payment.merchant_uid],
    [texts.buyer, buyer],
    [
      texts.method,
      `${pgName} · ${payment.pg_provider} (${payment.pg_id}) · ${payment.sandbox ? texts.sandbox : texts.live} · ${payment.channel}`,
    ],
    [texts.started, time.format(payment.started_at * 1000)],
    [texts.paidAt, payment.paid_at > 0 ? time.format(payment.paid_at * 1000) : ''],
    [texts.account, [payment.vbank_name, payment.vbank_num, payment.vbank_holder].filter(Boolean).join(' ')],
    [texts.due, payment.vbank_date > 0 ? time.format(payment.vbank_date * 1000) : ''],
    [texts.cashReceipt, receiptText(payment, receipt)],
    [texts.failReason, payment.fail_reason],
    [texts.tid, payment.pg_tid],
  ];
  const list = element('dl');
  for (const [name, value] of rows) {
    if (value) list.append(element('div', {}, element('dt', {}, name), element('dd', {}, value)));
  }
  return list;
}

function receiptText(payment, receipt) {
  if (receipt === undefined) return payment.cash_receipt_issued ? texts.cashReceiptByPg : '';
  const { apply_num: number, type, amount, cancelled_at: cancelledAt } = receipt;
  const text = `${number} · ${type} · ${money(language, amount, payment.currency)}`;
  return cancelledAt > 0 ? `${text} · ${texts.cancelled}` : text;
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

function actionButtons(payment, { addFault, changed, openCancel, refundIsPending }) {
  const path = `/payments/${encodeURIComponent(payment.imp_uid)}`;
  const canCancel = payment.paid_at > 0 && payment.cancel_amount < payment.amount;
  const isAccount = payment.vbank_num !== null;
  const canApprove = !isAccount && (payment.status === 'ready' || payment.status === 'failed');
  const row = element('p', { className: 'actions' });
  const add = (name, text, onClick, properties) => {
    const node = button(text, onClick, properties);
    node.dataset.test = name;
    row.append(node);
  };
  const attempt = async (action) => {
    try {
      say((await action()) ?? '');
    } catch (error) {
      say(texts.refused(error.message));
    }
    await changed();
  };
  if (canCancel) {
    add('cancel', texts.cancelButton, () => openCancel(payment), { className: 'danger' });
  }
  if (canApprove) {
    add('approve', texts.approveButton, () =>
      attempt(async () => {
        await control('POST', `${path}/approve`, {});
      }),
    );
  }
  const play = (action) => () =>
    attempt(async () => {
      await control('POST', `${path}/${action}`, {});
    });
  if (isAccount && payment.status === 'ready') add('deposit', texts.depositButton, play('deposit'));
  if (isAccount && payment.status === 'paid' && payment.cancel_amount === 0)
    add('take-back', texts.takeBackButton, play('take-back'));
  if (refundIsPending) add('refund-done', texts.refundDoneButton, play('refund-done'));
  add('resend', texts.resendButton, () =>
    attempt(async () => {
      const { deliveries } = await control('POST', `${path}/webhook`, {});
      const lost = deliveries.find(({ state }) => state !== 'delivered');
      if (lost === undefined) return texts.resent(deliveries.length);
      return texts.webhookFailed(lost.error ?? `HTTP ${lost.http_status}`);
    }),
  );
  add('fault', texts.faultButton, () => addFault(payment));
  return row;
}
