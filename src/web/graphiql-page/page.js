/* global React, ReactDOM, GraphiQL */

/** The token of the last login in this page; every later call carries it, so that nothing has to be copied. */
let accessToken;

async function fetcher(params, options) {
  const headers = { 'content-type': 'application/json', ...options?.headers };
  if (accessToken && !headers.Authorization) headers.Authorization = `Bearer ${accessToken}`;
  const response = await fetch('/graphql', { method: 'POST', headers, body: JSON.stringify(params) });
  const answer = await response.json();
  for (const value of Object.values(answer.data ?? {})) {
    if (value?.accessToken) accessToken = value.accessToken;
  }
  if (answer.data?.logout) accessToken = undefined;
  return answer;
}

const email = `guest-${Date.now()}@example.com`;

// Another one in each page, so that a spend of yesterday is not its answer.
const orderNumber = `order-${Date.now()}`;
const inAnHour = new Date(Date.now() + 60 * 60 * 1000).toISOString();

const VARIABLES = {
  impUid: 'imp_000000000000',
  ownerId: '',
  spendId: '',
  holdId: '',
};

const tabs = [
  `# 1. 가입하고 로그인합니다 (Ctrl+Enter).
#    토큰은 이 페이지가 기억합니다.
# 1. Sign up and log in (Ctrl+Enter).
#    This page remembers the token.
mutation SignUpAndLogIn {
  createUser(
    email: "${email}"
    password: "correct-horse"
    name: "손님"
  ) {
    id
    name
    point
  }
  login(
    email: "${email}"
    password: "correct-horse"
  ) {
    accessToken
    expiresAt
  }
}
`,
  `# 2. 잔액과 최근 거래 (1번 탭에서 로그인한 뒤)
# 2. Balance and latest transactions
#    (after the login of tab 1)
query Me {
  me {
    id
    name
    point
    availablePoint
  }
  pointPackages
  paymentMethods {
    method
    pgName
  }
  pointTransactions(first: 5) {
    nodes {
      impUid
      status
      amount
      balanceAfter
      createdAt
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}
`,
  `# 3. 주문을 만듭니다. 결제창을 여는 데
#    필요한 것은 모두 checkout에 있습니다.
# 3. Make an order. \`checkout\` has all that
#    the payment window needs.
mutation CreateOrder {
  createPaymentOrder(
    amount: 10000
    method: CARD
  ) {
    merchantUid
    name
    state
    expiresAt
    checkout {
      sdkUrl
      userCode
      payMethod
      channelKey
    }
  }
}
`,
  `# 4. 아래 Variables에 결제창이 돌려준
#    imp_uid를 넣고 충전합니다.
#    몇 번을 불러도 한 번만 충전됩니다.
# 4. Put the imp_uid of the payment window
#    into Variables below, and credit it.
#    Called again, it is not credited again.
mutation Credit($impUid: String!) {
  createPointTransaction(impUid: $impUid) {
    id
    status
    amount
    balanceAfter
  }
}
`,
  `# 5. 같은 결제를 취소합니다. amount를 빼면
#    전부, PENDING이면 저절로 끝납니다.
# 5. Cancel the same payment, all of it
#    without \`amount\`. PENDING ends by itself.
mutation Cancel($impUid: String!) {
  cancelPointTransaction(
    impUid: $impUid
    amount: 1000
    reason: "GraphiQL"
  ) {
    state
    amount
    pointTransaction {
      amount
      balanceAfter
    }
  }
}
`,
  `# 6. 취소할 수 있는 금액과 취소 내역
# 6. What can be cancelled, and cancellations
query RefundQuote($impUid: String!) {
  refundQuote(impUid: $impUid) {
    left
    refundable
  }
  cancellations(first: 5) {
    nodes {
      impUid
      state
      amount
    }
  }
}
`,
  `# 7. 운영자나 서비스 키: 포인트를 씁니다.
#    ownerId는 2번 탭의 me.id. 키는 아래 Headers에
#    { "Authorization": "Bearer psk_..." }
# 7. Operators, or a service key: spend points
#    of an owner (me.id of tab 2). Headers below:
#    { "Authorization": "Bearer psk_..." }
mutation Spend($ownerId: ID!) {
  spendPoints(
    ownerId: $ownerId
    amount: 3000
    reason: "GraphiQL"
    reference: "${orderNumber}"
    idempotencyKey: "${orderNumber}-pay"
  ) {
    id
    amount
    balanceAfter
  }
}
`,
  `# 8. 쓴 것을 되돌립니다. amount를 빼면 전부.
# 8. Give a spend back, all without \`amount\`.
mutation CancelSpend($spendId: ID!) {
  cancelSpend(
    spendId: $spendId
    amount: 1000
    reason: "GraphiQL"
    idempotencyKey: "${orderNumber}-return"
  ) {
    amount
    balanceAfter
  }
}
`,
  `# 9. 나중에 쓸 포인트를 묶어 둡니다.
# 9. Hold points for a spend that may follow.
mutation Hold($ownerId: ID!) {
  holdPoints(
    ownerId: $ownerId
    amount: 2000
    reason: "GraphiQL"
    reference: "${orderNumber}"
    idempotencyKey: "${orderNumber}-hold"
    until: "${inAnHour}"
  ) {
    id
    state
    until
  }
}
`,
  `# 10. 지금 묶여 있는 것. ownerId를 빼면 내 것
# 10. What is held now; yours without ownerId
query Holds($ownerId: ID) {
  pointHolds(ownerId: $ownerId, first: 5) {
    nodes {
      id
      amount
      reason
      reference
      actor
      until
    }
  }
}
`,
  `# 11. 묶은 것을 씁니다. 나머지는 풀립니다.
#     전부 풀려면 voidHold(holdId).
# 11. Spend of it; the rest is free again.
#     voidHold(holdId) frees all of it.
mutation ConfirmHold($holdId: ID!) {
  confirmHold(holdId: $holdId, amount: 500) {
    amount
    balanceAfter
  }
}
`,
  `# 12. 운영자만 (npm run operator -- grant 이메일):
#    충전할 수 없어 돌려준 돈
# 12. For operators (npm run operator -- grant
#    e-mail): money that went back
query GiveBacks {
  giveBacks(first: 5) {
    nodes {
      impUid
      amount
      state
      reason
    }
  }
}
`,
  `# 13. 운영자만: 사람이 정해야 하는 일.
#    처리한 뒤 resolveAttention으로 적어 둡니다.
# 13. For operators: what a person must decide;
#    resolveAttention says that it is done.
query Attentions {
  attentions(open: true, first: 5) {
    nodes {
      id
      kind
      subject
      note
      since
    }
  }
}
`,
];

function variablesOf(query) {
  const name = Object.keys(VARIABLES).find((one) => query.includes(`$${one}`));
  return name && JSON.stringify({ [name]: VARIABLES[name] }, null, 2);
}

ReactDOM.createRoot(document.getElementById('graphiql')).render(
  React.createElement(GraphiQL, {
    fetcher,
    defaultTabs: tabs.map((query) => ({
      query,
      variables: variablesOf(query),
    })),
    defaultEditorToolsVisibility: 'variables',
  }),
);
