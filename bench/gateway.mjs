// A program of its own: answers like the iamport gateway, as fast as it can. It keeps nothing: an `imp_uid` holds its
// order's id, every payment is paid, and every cancel is a whole one that is carried out.
import { createServer } from 'node:http';
import { AMOUNT } from './cases.mjs';
import { listen, merchantUidOf } from './program.mjs';

const TOKEN_LIFETIME_SECONDS = 1800;
// The callers' kept connections must outlive the pauses between two runs.
const KEEP_ALIVE_TIMEOUT_MS = 10 * 60_000;
const PAID = /^\/payments\/(imp_[0-9A-Z]{26})$/;

const server = createServer((request, response) => {
  let body = '';
  request.setEncoding('utf8').on('data', (text) => {
    body += text;
  });
  request.on('end', () => {
    const answer = answerTo(request.method, request.url, body);
    const text = JSON.stringify(answer ?? { code: -1, message: 'not in the bench', response: null });
    response.writeHead(answer ? 200 : 404, {
      'Content-Type': 'application/json; charset=utf-8',
      'Content-Length': Buffer.byteLength(text),
    });
    response.end(text);
  });
});
server.keepAliveTimeout = KEEP_ALIVE_TIMEOUT_MS;
await listen(server);

function answerTo(method, url, body) {
  const impUid = method === 'GET' ? PAID.exec(url)?.[1] : undefined;
  if (impUid) return yes(payment(impUid));
  if (url === '/payments/prepare') {
    const { merchant_uid, amount } = JSON.parse(body);
    return yes({ merchant_uid, amount });
  }
  if (url === '/payments/cancel') {
    const { imp_uid, amount, reason } = JSON.parse(body);
    return yes(cancelled(payment(imp_uid), amount, reason));
  }
  if (url === '/users/getToken') {
    const now = unixSeconds();
    return yes({ access_token: 'bench', now, expired_at: now + TOKEN_LIFETIME_SECONDS });
  }
  return undefined;
}

function yes(response) {
  return { code: 0, message: null, response };
}

function unixSeconds() {
  return Math.floor(Date.now() / 1000);
}

/** All fields that the gateway sends for a card payment, because reading them is part of the work. */
function payment(impUid) {
  const paidAt = unixSeconds();
  return {
    amount: AMOUNT,
    apply_num: '30012345',
    bank_code: null,
    bank_name: null,
    buyer_addr: null,
    buyer_email: 'buyer@example.com',
    buyer_name: '구매자',
    buyer_postcode: null,
    buyer_tel: '010-0000-0000',
    cancel_amount: 0,
    cancel_history: [],
    cancel_reason: null,
    cancel_receipt_urls: [],
    cancelled_at: 0,
    card_code: '361',
    card_issuer_code: null,
    card_issuer_name: null,
    card_name: 'BC카드',
    card_number: '910000*********0',
    card_publisher_code: null,
    card_publisher_name: null,
    card_quota: 0,
    card_type: 0,
    cash_receipt_issued: false,
    channel: 'pc',
    currency: 'KRW',
    custom_data: null,
    customer_uid: null,
    customer_uid_usage: null,
    deposit_history: [],
    emb_pg_provider: null,
    escrow: false,
    fail_reason: null,
    failed_at: 0,
    imp_uid: impUid,
    merchant_uid: merchantUidOf(impUid),
    name: '포인트 5000P',
    paid_at: paidAt,
    pay_method: 'card',
    pg_id: 'bench',
    pg_provider: 'html5_inicis',
    pg_tid: `StdpayCARDbench${impUid}`,
    promotion: null,
    receipt_url: 'https://example.com/receipt',
    sandbox: false,
    started_at: paidAt,
    status: 'paid',
    user_agent: 'bench',
    vbank_code: null,
    vbank_date: 0,
    vbank_holder: null,
    vbank_issued_at: 0,
    vbank_name: null,
    vbank_num: null,
  };
}

function cancelled(paid, amount, reason) {
  const cancelledAt = unixSeconds();
  return {
    ...paid,
    status: 'cancelled',
    cancel_amount: amount,
    cancel_reason: reason,
    cancelled_at: cancelledAt,
    cancel_history: [
      {
        amount,
        cancellation_id: paid.imp_uid.slice(-20),
        cancelled_at: cancelledAt,
        pg_tid: paid.pg_tid,
        reason,
        receipt_url: paid.receipt_url,
      },
    ],
    cancel_receipt_urls: [paid.receipt_url],
  };
}
