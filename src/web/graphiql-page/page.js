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
  `# 3. 주문을 만듭니다. 결제창을 여는 데
#    필요한 것은 모두 checkout에 있습니다.
# 3. Make an order. \`checkout\` has all that
#    the payment window needs.
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
