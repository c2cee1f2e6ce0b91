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

const tabs = [
  `# 1. 가입하고 로그인합니다 (Ctrl+Enter). 이 페이지가 토큰을 기억합니다.
# 1. Sign up and log in (Ctrl+Enter). This page remembers the token.
mutation SignUpAndLogIn {
  createUser(email: "${email}", password: "correct-horse", name: "손님") {
    id
    name
    point
  }
  login(email: "${email}", password: "correct-horse") {
    accessToken
    expiresAt
  }
}
`,
  `# 2. 잔액과 최근 거래. 먼저 첫 탭에서 로그인하세요.
# 2. Balance and latest transactions. Log in on the first tab before.
query Me {
  me {
    name
    point
    availablePoint
  }
  pointPackages
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
  `# 3. 주문을 만듭니다. 결제는 결제 페이지(/payment.html)에서 합니다.
# 3. Make an order. Pay it on the checkout page (/payment.html).
mutation CreateOrder {
  createPaymentOrder(amount: 10000) {
    merchantUid
    name
    state
    expiresAt
    checkout {
      sdkUrl
      userCode
      channelKey
    }
  }
}
`,
  `# 4. 결제창이 돌려준 imp_uid로 충전합니다. 몇 번을 불러도 한 번만 충전됩니다.
# 4. Credit a payment by the imp_uid of the payment window. However often it is called, it is credited once.
mutation Credit($impUid: String!) {
  createPointTransaction(impUid: $impUid) {
    id
    status
    amount
    balanceAfter
  }
}
`,
];

ReactDOM.createRoot(document.getElementById('graphiql')).render(
  React.createElement(GraphiQL, {
    fetcher,
    defaultTabs: tabs.map((query, index) => ({
      query,
      variables: index === 3 ? '{ "impUid": "imp_000000000000" }' : undefined,
    })),
    defaultEditorToolsVisibility: 'variables',
  }),
);
