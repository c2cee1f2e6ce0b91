import { createHmac } from 'node:crypto';
import type { DataSource } from 'typeorm';
import { addUser } from '../support/books.js';
import { type GraphqlAnswer, graphqlClient } from '../support/graphql-client.js';
import { rememberSecret } from '../support/server-logs.mjs';

/** The secret of every server of a crash test, so that a login lives through kills. */
export const JWT_SECRET = 'canary-jwt-secret-of-the-crash-tests-0123456789';

/** Longer than any run: logging in is not what these tests are about, and argon2 would take their time. */
const LOGIN_LIFETIME_SECONDS = 24 * 60 * 60;

export interface CancellationAnswer {
  id: string;
  state: 'PENDING' | 'DONE' | 'REFUSED';
}

/** Where the money of a virtual account goes back to. */
export interface RefundAccount {
  holder: string;
  bank: string;
  number: string;
}

export interface AccountAnswer {
  me: { point: number };
  paymentOrder: { amount: number; state: string } | null;
  pointTransactions: { nodes: { id: string; impUid: string; amount: number }[] };
  cancellations: { nodes: { id: string }[] };
}

/** A user who is logged in everywhere; which server they speak to is said at each call. */
export type Customer = Awaited<ReturnType<typeof addCustomer>>;

/** @param localAddress the address that they call from. */
export async function addCustomer(books: DataSource, localAddress?: string) {
  const { id: ownerId } = await addUser(books);
  const token = accessToken(ownerId);
  rememberSecret('an access token', token);

  function call<Data>(
    serverUrl: string,
    query: string,
    variables: Record<string, unknown>,
  ): Promise<GraphqlAnswer<Data>> {
    return graphqlClient(serverUrl, localAddress).call<Data>(query, variables, { token });
  }

  return {
    ownerId,
    balance: (serverUrl: string) => call<{ me: { point: number } }>(serverUrl, '{ me { point } }', {}),
    order: (serverUrl: string, amount: number) =>
      call<{ createPaymentOrder: { merchantUid: string } }>(
        serverUrl,
        'mutation ($amount: Int!) { createPaymentOrder(amount: $amount) { merchantUid } }',
        { amount },
      ),
    credit: (serverUrl: string, impUid: string) =>
      call<{ createPointTransaction: { id: string; amount: number } }>(
        serverUrl,
        'mutation ($impUid: String!) { createPointTransaction(impUid: $impUid) { id amount } }',
        { impUid },
      ),
    /** Without an amount: all that is left. */
    cancel: (
      serverUrl: string,
      request: { impUid: string; amount?: number; idempotencyKey: string; refundAccount?: RefundAccount },
    ) =>
      call<{ cancelPointTransaction: CancellationAnswer }>(
        serverUrl,
        `mutation ($impUid: String!, $amount: Int, $idempotencyKey: String, $refundAccount: PointRefundAccountInput) {
          cancelPointTransaction(
            impUid: $impUid, amount: $amount, idempotencyKey: $idempotencyKey, refundAccount: $refundAccount
          ) { id state }
        }`,
        request,
      ),
    /** Asks for a cash receipt. */
    receipt: (serverUrl: string, impUid: string) =>
      call<{ requestCashReceipt: { state: string } }>(
        serverUrl,
        `mutation ($impUid: String!) {
          requestCashReceipt(impUid: $impUid, purpose: PERSON, identifier: "010-1234-5678") { state }
        }`,
        { impUid },
      ),
    /** Gives a virtual account up. */
    giveUp: (serverUrl: string, merchantUid: string) =>
      call<{ cancelPaymentOrder: { state: string } }>(
        serverUrl,
        'mutation ($merchantUid: ID!) { cancelPaymentOrder(merchantUid: $merchantUid) { state } }',
        { merchantUid },
      ),
    /** Says to have paid in. */
    report: (serverUrl: string, merchantUid: string) =>
      call<{ reportDeposit: { state: string } }>(
        serverUrl,
        'mutation ($merchantUid: ID!) { reportDeposit(merchantUid: $merchantUid) { state } }',
        { merchantUid },
      ),
    /** What the caller is told of everything that they have. */
    account: (serverUrl: string, merchantUid: string) =>
      call<AccountAnswer>(
        serverUrl,
        `query ($merchantUid: ID!) {
          me { point }
          paymentOrder(merchantUid: $merchantUid) { amount state }
          pointTransactions(first: 50) { nodes { id impUid amount } }
          cancellations(first: 50) { nodes { id } }
        }`,
        { merchantUid },
      ),
  };
}

/** As the server itself makes it. */
function accessToken(ownerId: string): string {
  const nowSeconds = Math.floor(Date.now() / 1000);
  const claims = {
    sub: ownerId,
    type: 'access',
    iss: 'point-top-up-server',
    aud: 'point-top-up-server/graphql',
    iat: nowSeconds,
    exp: nowSeconds + LOGIN_LIFETIME_SECONDS,
  };
  const body = `${base64url({ alg: 'HS256', typ: 'JWT' })}.${base64url(claims)}`;
  return `${body}.${createHmac('sha256', JWT_SECRET).update(body).digest('base64url')}`;
}

function base64url(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
