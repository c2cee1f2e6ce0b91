// What is measured: for each case what is asked, of us and of the floor, and what has to be in the database first.
import { ulid } from 'ulid';
import { MERCHANT_UID_PREFIX } from './program.mjs';

/** What every payment of a bench costs, in whole won; one of the default POINT_PACKAGES. */
export const AMOUNT = 5000;
/** Rows of a page, the default of the API. */
export const PAGE_SIZE = 20;

const SPREAD_USERS = 1000;
/** Whole points of a spend or a hold: an owner has enough for a whole bench. */
const SPENT = 1;
const HOLD_MS = 60 * 60_000;
const BALANCE = 'id point heldPoint availablePoint';
const USER = `${BALANCE} email name`;

// The documents are the checkout page's own, so that an answer costs what it costs for a real caller.
const CHARGE = `mutation ($impUid: String!) {
  createPointTransaction(impUid: $impUid) {
    id impUid amount status balanceAfter createdAt
    user { ${BALANCE} }
  }
}`;
const CANCEL = `mutation ($impUid: String!, $amount: Int!, $reason: String, $idempotencyKey: String!) {
  cancelPointTransaction(impUid: $impUid, amount: $amount, reason: $reason, idempotencyKey: $idempotencyKey) {
    id impUid amount state refusal
    pointTransaction { user { ${BALANCE} } }
  }
}`;
const ORDER = `mutation ($amount: Int!) {
  createPaymentOrder(amount: $amount) {
    merchantUid
    checkout {
      sdkUrl userCode channelKey testMode merchantUid name amount currency buyerName buyerEmail mRedirectUrl
      noticeUrl
    }
  }
}`;
const SPEND = `mutation ($ownerId: ID!, $amount: Int!, $reason: String!, $idempotencyKey: String!) {
  spendPoints(ownerId: $ownerId, amount: $amount, reason: $reason, idempotencyKey: $idempotencyKey) {
    id amount status balanceAfter createdAt
  }
}`;
const HOLD = `mutation ($ownerId: ID!, $amount: Int!, $reason: String!, $idempotencyKey: String!, $until: DateTime!) {
  holdPoints(ownerId: $ownerId, amount: $amount, reason: $reason, idempotencyKey: $idempotencyKey, until: $until) {
    id amount state createdAt
  }
}`;
const ME = `query ($first: Int!) {
  me { ${USER} }
  pointTransactions(first: $first) {
    nodes { id impUid amount status balanceAfter createdAt }
    pageInfo { hasNextPage endCursor }
  }
}`;
const PAGE = `query ($first: Int!, $after: String) {
  pointTransactions(first: $first, after: $after) {
    nodes { id impUid amount status balanceAfter createdAt }
    pageInfo { hasNextPage endCursor }
  }
}`;

/**
 * `users` are there before the runs; with `eachAnotherUser` each request is a new one's. `payments` says which ones a run
 * uses up, each request another: `paid` ones that wait for their credit, or `credited` ones. `writes` is the table that
 * gets one row for each answered request: `key` is a ULID behind `keyPrefix`, so that it tells old rows from new ones, and
 * `where` tells these from prepared ones. `isService`: asked with a service key for the owner. `isRight` looks at an
 * answer's body.
 */
export const CASES = {
  charge: {
    users: SPREAD_USERS,
    payments: 'paid',
    writes: { table: 'point_transaction', key: 'id', keyPrefix: '', where: `status = 'PAYMENT'` },
    query: CHARGE,
    variables: ({ impUid }) => ({ impUid }),
    isRight: (body) => body.includes('"createPointTransaction":{') && body.includes('"status":"PAYMENT"'),
  },
  cancel: {
    users: SPREAD_USERS,
    payments: 'credited',
    writes: { table: 'point_transaction', key: 'id', keyPrefix: '', where: `status = 'CANCEL'` },
    query: CANCEL,
    variables: ({ impUid }) => ({
      impUid,
      amount: AMOUNT,
      reason: 'bench',
      idempotencyKey: impUid,
    }),
    isRight: (body) => body.includes('"cancelPointTransaction":{') && body.includes('"state":"DONE"'),
  },
  me: {
    users: SPREAD_USERS,
    history: PAGE_SIZE,
    query: ME,
    variables: () => ({ first: PAGE_SIZE }),
    isRight: (body) => body.includes('"me":{') && body.split('"balanceAfter":').length === PAGE_SIZE + 1,
  },
  page: {
    query: PAGE,
    variables: ({ after }) => ({ first: PAGE_SIZE, after }),
    isRight: (body) => body.split('"balanceAfter":').length === PAGE_SIZE + 1,
  },
  spend: {
    users: SPREAD_USERS,
    history: 1,
    isService: true,
    writes: { table: 'point_transaction', key: 'id', keyPrefix: '', where: `status = 'SPEND'` },
    query: SPEND,
    variables: ({ ownerId }) => ({ ownerId, amount: SPENT, reason: 'bench', idempotencyKey: ulid() }),
    isRight: (body) => body.includes('"spendPoints":{') && body.includes('"status":"SPEND"'),
  },
  hold: {
    users: SPREAD_USERS,
    history: 1,
    isService: true,
    writes: { table: 'point_hold', key: 'id', keyPrefix: '', where: `state = 'HELD'` },
    query: HOLD,
    variables: ({ ownerId }) => ({
      ownerId,
      amount: SPENT,
      reason: 'bench',
      idempotencyKey: ulid(),
      until: new Date(Date.now() + HOLD_MS).toISOString(),
    }),
    isRight: (body) => body.includes('"holdPoints":{') && body.includes('"state":"HELD"'),
  },
  order: {
    // Who asks for the same again gets the order that is still open, and no row is written.
    eachAnotherUser: true,
    writes: {
      table: 'point_payment_order',
      key: 'merchantUid',
      keyPrefix: MERCHANT_UID_PREFIX,
      where: `state = 'READY'`,
    },
    query: ORDER,
    variables: () => ({ amount: AMOUNT }),
    isRight: (body) => body.includes('"createPaymentOrder":{') && body.includes('"noticeUrl":'),
  },
};
CASES['charge-hot'] = { ...CASES.charge, users: 1 };
/** Both are asked at the same rate, half of what the floor reaches in that pair: how long one waits on a usual day. */
CASES['charge-half'] = { ...CASES.charge, shareOfFloorsRate: 0.5 };
