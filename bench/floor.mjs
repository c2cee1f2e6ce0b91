// A program of its own: the floor. The same durable work as ours with nothing in the way: no framework, no GraphQL, no
// ORM, no checks beyond those that money needs. Whatever we cost above it is ours to save.
//
// It takes the requests of the bench and no others, and it is no example: a claim is not explained, nothing is
// recovered, and whoever dies half-way stays there.
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { Agent, createServer, request as httpRequest } from 'node:http';
import { ulid } from 'ulid';
import { ACCESS_TOKEN } from '../dist/auth/access-token.js';
import { openMariadb } from './floor-mariadb.mjs';
import { openSqlite } from './floor-sqlite.mjs';
import { listen } from './program.mjs';

const SOCKETS_MAX = 64;
const ORDER_LIFETIME_MS = 60 * 60_000;
const FIRST_CHECK_MS = 60_000;
const GRACE_MS = 60_000;
const LOT_LIFETIME_MS = 1827 * 24 * 60 * 60_000;

const {
  BENCH_FLOOR_DATABASE_URL: databaseUrl,
  BENCH_FLOOR_GATEWAY_URL,
  BENCH_FLOOR_JWT_SECRET,
} = process.env;
const gateway = new URL(BENCH_FLOOR_GATEWAY_URL);
const agent = new Agent({ keepAlive: true, maxSockets: SOCKETS_MAX });
const isSqlite = databaseUrl.startsWith('sqlite:');
const database = isSqlite ? openSqlite(databaseUrl) : openMariadb(databaseUrl);

const SQL = {
  lockAccount: `SELECT ownerId AS id, point, heldPoint, transactionCount FROM point_account WHERE ownerId = ?${isSqlite ? '' : ' FOR UPDATE'}`,
  lockPayment: `SELECT payment.id, payment.ownerId, amount - cancelledAmount AS \`left\`, point, heldPoint, transactionCount
    FROM point_payment AS payment JOIN point_account AS account ON account.ownerId = payment.ownerId
    WHERE gateway = 'iamport' AND gatewayPaymentId = ?${isSqlite ? '' : ' FOR UPDATE'}`,
  payment: `INSERT INTO point_payment (id, gateway, gatewayPaymentId, merchantUid, ownerId, creditedOrder, state, amount, cancelledAmount, currency, isTest, paidAt, readAt)
    VALUES (?, 'iamport', ?, ?, ?, ?, 'PAID', ?, 0, 'KRW', 0, ?, ?)`,
  cancelled: 'UPDATE point_payment SET cancelledAmount = cancelledAmount + ?, readAt = ? WHERE id = ?',
  pay: `UPDATE point_payment_order SET state = 'PAID', paidAt = ? WHERE merchantUid = ? AND ownerId = ? AND amount = ? AND state = 'READY'`,
  append:
    'INSERT INTO point_transaction (id, ownerId, reference, paymentId, status, amount, sequence, balanceAfter, createdAt) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)',
  credit:
    'UPDATE point_account SET point = point + ?, transactionCount = transactionCount + 1 WHERE ownerId = ?',
  wish: `INSERT INTO point_cancellation (id, kind, basis, ownerId, paymentId, openPaymentId, state, amount, points, checksum, currency, reason, requestedAmount, idempotencyKey, requestedAt, sentAt, nextAttemptAt, attempts)
    VALUES (?, 'USER', 'SHOP_POLICY', ?, ?, ?, 'PENDING', ?, ?, ?, 'KRW', ?, ?, ?, ?, ?, ?, 0)`,
  hold: 'UPDATE point_account SET heldPoint = heldPoint + ? WHERE ownerId = ?',
  openLot: `INSERT INTO point_lot (id, ownerId, kind, paymentId, initial, remaining, expiresAt, openUntil, nextExpiryAt)
    VALUES (?, ?, 'PAID', ?, ?, ?, ?, ?, ?)`,
  nextLot: `SELECT id, remaining FROM point_lot WHERE ownerId = ? AND openUntil > ? ORDER BY openUntil, kind, id LIMIT 1${isSqlite ? '' : ' FOR UPDATE'}`,
  takeFromLot: `UPDATE point_lot SET openUntil = CASE WHEN remaining = ? THEN NULL ELSE openUntil END,
    nextExpiryAt = CASE WHEN remaining = ? THEN NULL ELSE nextExpiryAt END, remaining = remaining - ? WHERE id = ?`,
  takeFromPaid: `UPDATE point_lot SET openUntil = CASE WHEN remaining = ? THEN NULL ELSE openUntil END,
    nextExpiryAt = CASE WHEN remaining = ? THEN NULL ELSE nextExpiryAt END, remaining = remaining - ?
    WHERE paymentId = ? AND kind = 'PAID' AND remaining >= ?`,
  useLot: 'INSERT INTO point_lot_use (takenBy, lotId, amount, returned) VALUES (?, ?, ?, 0)',
  serviceKey: 'SELECT secretHash FROM point_service_key WHERE id = ? AND revokedAt IS NULL',
  lockForSpend: `SELECT point, heldPoint, transactionCount, first.id AS firstId FROM point_account AS account
    LEFT JOIN point_transaction AS first ON first.reference = ? WHERE account.ownerId = ?${isSqlite ? '' : ' FOR UPDATE'}`,
  spend:
    'INSERT INTO point_transaction (id, ownerId, reference, status, amount, sequence, balanceAfter, reason, actor, createdAt) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
  lockForHold: `SELECT point, heldPoint, first.id AS firstId FROM point_account AS account
    LEFT JOIN point_hold AS first ON first.ownerId = account.ownerId AND first.idempotencyKey = ? WHERE account.ownerId = ?${isSqlite ? '' : ' FOR UPDATE'}`,
  keep: `INSERT INTO point_hold (id, ownerId, amount, state, reason, actor, idempotencyKey, createdAt, expiresAt, nextReleaseAt)
    VALUES (?, ?, ?, 'HELD', ?, ?, ?, ?, ?, ?)`,
  done: `UPDATE point_cancellation SET state = 'DONE', openPaymentId = NULL, nextAttemptAt = NULL, cancellationKey = ?, completedAt = ? WHERE id = ? AND state = 'PENDING'`,
  take: 'UPDATE point_account SET point = point - ?, heldPoint = heldPoint - ?, transactionCount = transactionCount + 1 WHERE ownerId = ?',
  user: 'SELECT id, email, name, point, heldPoint FROM `user` JOIN point_account ON ownerId = id WHERE id = ?',
  history:
    'SELECT entry.id, gatewayPaymentId AS impUid, entry.amount, status, balanceAfter, createdAt, sequence FROM point_transaction AS entry JOIN point_payment AS payment ON payment.id = paymentId WHERE entry.ownerId = ? ORDER BY sequence DESC LIMIT ?',
  order: `INSERT INTO point_payment_order (merchantUid, ownerId, gateway, amount, state, createdAt, expiresAt, nextCheckAt) VALUES (?, ?, 'iamport', ?, 'READY', ?, ?, ?)`,
};

const WORK = {
  createPointTransaction,
  cancelPointTransaction,
  createPaymentOrder,
  me,
  spendPoints,
  holdPoints,
};
const ROOT_FIELD = new RegExp(`\\b(${Object.keys(WORK).join('|')})\\b`);

let gatewayToken;
gatewayToken = (await ask('POST', '/users/getToken', { imp_key: 'bench' })).access_token;
await listen(
  createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text) => {
      body += text;
    });
    request.on('end', () => {
      answer(request.headers.authorization, body).then(
        (data) => send(response, 200, { data }),
        (error) => {
          process.stderr.write(`${error.stack}\n`);
          send(response, 500, { errors: [{ message: error.message }] });
        },
      );
    });
  }),
);

function send(response, status, answered) {
  const text = JSON.stringify(answered);
  response.writeHead(status, {
    'Content-Type': 'application/json; charset=utf-8',
    'Content-Length': Buffer.byteLength(text),
  });
  response.end(text);
}

async function answer(authorization, body) {
  const shown = authorization.slice('Bearer '.length);
  const { query, variables } = JSON.parse(body);
  // A service says for whom it comes.
  const ownerId = shown.startsWith('psk_') ? await forService(shown, variables) : viewer(shown);
  return WORK[ROOT_FIELD.exec(query)[1]](ownerId, variables);
}

async function createPointTransaction(ownerId, { impUid }) {
  const payment = await ask('GET', `/payments/${impUid}`);
  if (
    payment.imp_uid !== impUid ||
    payment.status !== 'paid' ||
    payment.sandbox ||
    payment.currency !== 'KRW'
  )
    throw new Error('not such a payment');
  return { createPointTransaction: await database.transaction(credit(ownerId, payment)) };
}

/** A transaction is told as its statements: one that yields them runs on both databases, waiting or not. */
function* credit(ownerId, { imp_uid: impUid, merchant_uid: merchantUid, amount, cancel_amount }) {
  const now = new Date();
  const [user] = yield [SQL.lockAccount, [ownerId]];
  const paid = yield [SQL.pay, [database.time(now), merchantUid, ownerId, amount]];
  if (paid !== 1 || cancel_amount !== 0) throw new Error('not to be credited');
  const paymentId = ulid();
  const at = database.time(now);
  yield [SQL.payment, [paymentId, impUid, merchantUid, ownerId, merchantUid, amount, at, at]];
  const row = { id: ulid(), impUid, amount, status: 'PAYMENT', balanceAfter: user.point + amount };
  yield append(user, paymentId, `iamport:${impUid}`, row, now);
  yield [SQL.credit, [amount, ownerId]];
  const until = database.time(new Date(now.getTime() + LOT_LIFETIME_MS));
  yield [SQL.openLot, [row.id, ownerId, paymentId, amount, amount, until, until, until]];
  return { ...row, createdAt: now, user: userWith(user, row.balanceAfter, user.heldPoint) };
}

async function cancelPointTransaction(ownerId, { impUid, amount, reason, idempotencyKey }) {
  const id = ulid();
  const { paymentId, checksum } = await database.transaction(
    reserve({ id, ownerId, impUid, amount, reason, idempotencyKey }),
  );
  const payment = await ask('POST', '/payments/cancel', {
    imp_uid: impUid,
    amount,
    checksum,
    reason: `${id} ${reason}`,
  });
  const [entry] = payment.cancel_history;
  if (payment.imp_uid !== impUid || !entry.reason.startsWith(id)) throw new Error('not carried out');
  return {
    cancelPointTransaction: await database.transaction(
      book({ id, ownerId, impUid, paymentId, amount, key: entry.cancellation_id }),
    ),
  };
}

function* reserve({ id, ownerId, impUid, amount, reason, idempotencyKey }) {
  const [known] = yield [SQL.lockPayment, [impUid]];
  const left = Number(known?.left);
  if (known?.ownerId !== ownerId || amount > left || amount > known.point - known.heldPoint)
    throw new Error('not to be cancelled');
  const paymentId = known.id;
  const now = new Date();
  const at = database.time(now);
  const lookAgainAt = database.time(new Date(now.getTime() + GRACE_MS));
  yield [
    SQL.wish,
    [
      id,
      ownerId,
      paymentId,
      paymentId,
      amount,
      amount,
      left,
      reason,
      amount,
      idempotencyKey,
      at,
      at,
      lookAgainAt,
    ],
  ];
  yield [SQL.hold, [amount, ownerId]];
  const taken = yield [SQL.takeFromPaid, [amount, amount, amount, paymentId, amount]];
  if (taken !== 1) throw new Error('its points are spent');
  return { paymentId, checksum: left };
}

function* book({ id, ownerId, impUid, paymentId, amount, key }) {
  const now = new Date();
  const [user] = yield [SQL.lockAccount, [ownerId]];
  const row = { id: ulid(), impUid, amount: -amount, status: 'CANCEL', balanceAfter: user.point - amount };
  yield [SQL.cancelled, [amount, database.time(now), paymentId]];
  yield append(user, paymentId, `iamport:${impUid}:${key}`, row, now);
  const ended = yield [SQL.done, [key, database.time(now), id]];
  if (ended !== 1) throw new Error('ended already');
  yield [SQL.take, [amount, amount, ownerId]];
  const after = userWith(user, row.balanceAfter, user.heldPoint - amount);
  return { id, impUid, amount, state: 'DONE', refusal: null, pointTransaction: { user: after } };
}

function append(user, paymentId, reference, { id, status, amount, balanceAfter }, now) {
  const sequence = user.transactionCount + 1;
  const at = database.time(now);
  return [SQL.append, [id, user.id, reference, paymentId, status, amount, sequence, balanceAfter, at]];
}

async function spendPoints(ownerId, request) {
  return { spendPoints: await database.transaction(spend(ownerId, request)) };
}

function* spend(ownerId, { amount, reason, idempotencyKey, actor }) {
  const now = new Date();
  const id = ulid();
  const reference = `spend:${ownerId.length}:${ownerId}:${idempotencyKey}`;
  const [account] = yield [SQL.lockForSpend, [reference, ownerId]];
  if (account.firstId !== null || amount > account.point - account.heldPoint)
    throw new Error('not to be spent');
  const sequence = account.transactionCount + 1;
  const balanceAfter = account.point - amount;
  const at = database.time(now);
  yield [SQL.spend, [id, ownerId, reference, 'SPEND', -amount, sequence, balanceAfter, reason, actor, at]];
  yield [SQL.credit, [-amount, ownerId]];
  yield* takeFromLots(ownerId, amount, id, at);
  return { id, amount: -amount, status: 'SPEND', balanceAfter, createdAt: now };
}

async function holdPoints(ownerId, request) {
  return { holdPoints: await database.transaction(keep(ownerId, request)) };
}

function* keep(ownerId, { amount, reason, idempotencyKey, until, actor }) {
  const now = new Date();
  const id = ulid();
  const [account] = yield [SQL.lockForHold, [idempotencyKey, ownerId]];
  if (account.firstId !== null || amount > account.point - account.heldPoint)
    throw new Error('not to be held');
  const at = database.time(now);
  const expiresAt = database.time(new Date(until));
  yield [SQL.keep, [id, ownerId, amount, reason, actor, idempotencyKey, at, expiresAt, expiresAt]];
  yield [SQL.hold, [amount, ownerId]];
  yield* takeFromLots(ownerId, amount, id, at);
  return { id, amount, state: 'HELD', createdAt: now };
}

/** The first one has enough: no request of a bench takes more than a point. */
function* takeFromLots(ownerId, amount, takenBy, at) {
  const [lot] = yield [SQL.nextLot, [ownerId, at]];
  if (!lot || lot.remaining < amount) throw new Error('too little in the first lot');
  yield [SQL.takeFromLot, [amount, amount, amount, lot.id]];
  yield [SQL.useLot, [takenBy, lot.id, amount]];
}

async function createPaymentOrder(ownerId, { amount }) {
  const [user] = await database.run(SQL.user, [ownerId]);
  const merchantUid = `pt${ulid()}`;
  const now = Date.now();
  const prepared = await ask('POST', '/payments/prepare', {
    merchant_uid: merchantUid,
    amount,
    currency: 'KRW',
  });
  if (prepared.amount !== amount) throw new Error('not prepared');
  const [createdAt, expiresAt, nextCheckAt] = [now, now + ORDER_LIFETIME_MS, now + FIRST_CHECK_MS].map((at) =>
    database.time(new Date(at)),
  );
  await database.run(SQL.order, [merchantUid, ownerId, amount, createdAt, expiresAt, nextCheckAt]);
  return { createPaymentOrder: { merchantUid, checkout: checkout(merchantUid, amount, user) } };
}

function checkout(merchantUid, amount, { name, email }) {
  return {
    sdkUrl: 'https://cdn.iamport.kr/v1/iamport.js',
    userCode: 'imp00000000',
    channelKey: null,
    testMode: false,
    merchantUid,
    name: `포인트 ${amount}P`,
    amount,
    currency: 'KRW',
    buyerName: name,
    buyerEmail: email,
    mRedirectUrl: `${gateway.origin}/payment.html`,
    noticeUrl: `${gateway.origin}/webhooks/iamport`,
  };
}

async function me(ownerId, { first }) {
  const [[user], rows] = await Promise.all([
    database.run(SQL.user, [ownerId]),
    database.run(SQL.history, [ownerId, first + 1]),
  ]);
  const nodes = rows.slice(0, first);
  const endCursor = nodes.length > 0 ? String(nodes.at(-1).sequence) : null;
  return {
    me: userWith(user, user.point, user.heldPoint),
    pointTransactions: { nodes, pageInfo: { hasNextPage: rows.length > first, endCursor } },
  };
}

function userWith({ id, email, name }, point, heldPoint) {
  return { id, email, name, point, heldPoint, availablePoint: point - heldPoint };
}

/** @returns for whom a service comes. @throws for every other key than that of the database. */
async function forService(shown, variables) {
  const [, id, secret] = /^psk_([0-9A-Z]{26})_(.{43})$/.exec(shown);
  const [key] = await database.run(SQL.serviceKey, [id]);
  const right = Buffer.from(key.secretHash, 'hex');
  if (!timingSafeEqual(createHash('sha256').update(secret).digest(), right)) throw new Error('not our key');
  variables.actor = `service:${id}`;
  return variables.ownerId;
}

/** @returns the id of the user whose access token it is. @throws for every other token. */
function viewer(shown) {
  const [header, payload, signature] = shown.split('.');
  const right = createHmac('sha256', BENCH_FLOOR_JWT_SECRET).update(`${header}.${payload}`).digest();
  const given = Buffer.from(signature, 'base64url');
  if (given.length !== right.length || !timingSafeEqual(given, right)) throw new Error('not our token');
  const { alg } = JSON.parse(Buffer.from(header, 'base64url').toString());
  const { sub, exp, iss, aud, type } = JSON.parse(Buffer.from(payload, 'base64url').toString());
  const isOurs =
    alg === ACCESS_TOKEN.algorithm &&
    iss === ACCESS_TOKEN.issuer &&
    aud === ACCESS_TOKEN.audience &&
    type === ACCESS_TOKEN.type;
  if (!isOurs || exp * 1000 < Date.now()) throw new Error('not a valid token');
  return sub;
}

/** One call of the gateway over a kept connection. @returns the `response` of its envelope. */
function ask(method, path, body) {
  return new Promise((resolve, reject) => {
    const text = body && JSON.stringify(body);
    const call = httpRequest(
      {
        agent,
        method,
        path,
        host: gateway.hostname,
        port: gateway.port,
        headers: {
          ...(gatewayToken && { Authorization: `Bearer ${gatewayToken}` }),
          ...(text && { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(text) }),
        },
      },
      (response) => {
        let answered = '';
        response.setEncoding('utf8').on('data', (piece) => {
          answered += piece;
        });
        response.on('end', () => {
          const { code, response: content } = JSON.parse(answered);
          if (code === 0) resolve(content);
          else reject(new Error(`the gateway says ${code}`));
        });
      },
    );
    call.on('error', reject);
    call.end(text);
  });
}
