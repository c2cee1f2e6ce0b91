// What is measured: for each case what is asked, of us and of the floor, and what has to be in the database first.

/** What every payment of a bench costs, in whole won; one of the default POINT_PACKAGES. */
export const AMOUNT = 5000;
export const HISTORY_LENGTH = 20;

const SPREAD_USERS = 1000;
const USER = 'id email name point heldPoint availablePoint';

// The documents are the checkout page's own, so that an answer costs what it costs for a real caller.
const CHARGE = `mutation ($impUid: String!) {
  createPointTransaction(impUid: $impUid) {
    id impUid amount status balanceAfter createdAt
    user { ${USER} }
  }
}`;
const CANCEL = `mutation ($impUid: String!, $amount: Int!, $reason: String, $idempotencyKey: String!) {
  cancelPointTransaction(impUid: $impUid, amount: $amount, reason: $reason, idempotencyKey: $idempotencyKey) {
    id impUid amount state refusal
    pointTransaction { user { ${USER} } }
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
const ME = `query ($first: Int!) {
  me { ${USER} }
  pointTransactions(first: $first) {
    nodes { id impUid amount status balanceAfter createdAt }
    pageInfo { hasNextPage endCursor }
  }
}`;

/**
 * `payments` says which ones a run uses up, each request another: `paid` ones that wait for their credit, or `credited`
 * ones. `writes` is the table that gets one row for each answered request, and `where` tells these rows from prepared
 * ones. `isRight` looks at an answer's body.
 */
export const CASES = {
  charge: {
    users: SPREAD_USERS,
    payments: 'paid',
    writes: { table: 'point_transaction', where: `status = 'PAYMENT'` },
    query: CHARGE,
    variables: ({ impUid }) => ({ impUid }),
    isRight: (body) => body.includes('"createPointTransaction":{') && body.includes('"status":"PAYMENT"'),
  },
  cancel: {
    users: SPREAD_USERS,
    payments: 'credited',
    writes: { table: 'point_transaction', where: `status = 'CANCEL'` },
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
    history: HISTORY_LENGTH,
    query: ME,
    variables: () => ({ first: HISTORY_LENGTH }),
    isRight: (body) => body.includes('"me":{') && body.split('"balanceAfter":').length === HISTORY_LENGTH + 1,
  },
  order: {
    users: SPREAD_USERS,
    writes: { table: 'payment_order', where: `state = 'READY'` },
    query: ORDER,
    variables: () => ({ amount: AMOUNT }),
    isRight: (body) => body.includes('"createPaymentOrder":{') && body.includes('"noticeUrl":'),
  },
};
CASES['charge-hot'] = { ...CASES.charge, users: 1 };
