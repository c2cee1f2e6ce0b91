import { randomUUID } from 'node:crypto';
import { Agent, request } from 'node:http';
import { rememberSecret } from './server-logs.mjs';

const REFRESH_COOKIE = 'refresh_token';
/** Fewer than the 511 that a listening program of Node lets wait, or a busy one would refuse some of a thousand calls. */
const CONNECTIONS_MAX = 400;
const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS_MAX });

/** One entry of `errors` in an answer. */
export interface GraphqlError {
  message: string;
  path?: (string | number)[];
  extensions: {
    code: string;
    retryable: boolean;
    reason?: string;
    retryAfterSeconds?: number;
    [more: string]: unknown;
  };
}

/** An answer as it came over HTTP. */
export interface GraphqlAnswer<Data> {
  status: number;
  headers: Headers;
  /** What the server sent; `null` when the operation failed as a whole. Read it only after a look at `errors`. */
  data: Data;
  errors?: GraphqlError[];
}

/** What a call may set for itself. */
export interface CallOptions {
  /** Another access token than the client's own; `null` sends none. */
  token?: string | null;
  headers?: Record<string, string>;
}

/** The person behind a client. */
export interface Account {
  id: string;
  email: string;
  password: string;
  name: string;
}

/** A user's program: it keeps its access token and its refresh cookie, like a browser. */
export type GraphqlClient = ReturnType<typeof graphqlClient>;

/**
 * A client of the server at `serverUrl` that is nobody yet: sign up or log in.
 *
 * @param localAddress the address that it calls from; by default the operating system's choice.
 */
export function graphqlClient(serverUrl: string, localAddress?: string) {
  let accessToken: string | null = null;
  let refreshToken: string | null = null;

  async function call<Data = Record<string, never>>(
    query: string,
    variables: Record<string, unknown> = {},
    { token = accessToken, headers = {} }: CallOptions = {},
  ): Promise<GraphqlAnswer<Data>> {
    const response = await post(
      `${serverUrl}/graphql`,
      {
        'content-type': 'application/json',
        ...(token ? { authorization: `Bearer ${token}` } : {}),
        ...(refreshToken ? { cookie: `${REFRESH_COOKIE}=${refreshToken}` } : {}),
        ...headers,
      },
      JSON.stringify({ query, variables }),
      localAddress,
    );
    keepCookie(response.headers);
    const body = parse(response.text, response.status) as { data?: Data; errors?: GraphqlError[] };
    return {
      status: response.status,
      headers: response.headers,
      data: (body.data ?? null) as Data,
      errors: body.errors,
    };
  }

  /** Makes a user (a new one with every call unless told otherwise) and logs in. */
  async function signUp(wanted: Partial<Omit<Account, 'id'>> = {}): Promise<Account> {
    const account = {
      email: `user-${randomUUID()}@canary.example`,
      password: `canary-password-${randomUUID()}`,
      name: '김포인트',
      ...wanted,
    };
    rememberSecret('an e-mail address', account.email);
    rememberSecret('a password', account.password);
    const { createUser } = await succeed<{ createUser: { id: string } }>(
      `mutation ($email: String!, $password: String!, $name: String!) {
        createUser(email: $email, password: $password, name: $name) { id }
      }`,
      account,
    );
    await login(account);
    return { ...account, id: createUser.id };
  }

  /** Logs in and uses the new access token from now on. */
  async function login({ email, password }: { email: string; password: string }): Promise<string> {
    const data = await succeed<{ login: { accessToken: string } }>(
      `mutation ($email: String!, $password: String!) {
        login(email: $email, password: $password) { accessToken }
      }`,
      { email, password },
    );
    return useAccessToken(data.login.accessToken);
  }

  /** For calls that must succeed: the data alone. @throws with the server's errors when there are any. */
  async function succeed<Data>(
    query: string,
    variables: Record<string, unknown> = {},
    options: CallOptions = {},
  ): Promise<Data> {
    const { status, data, errors } = await call<Data>(query, variables, options);
    if (errors) throw new Error(`HTTP ${status}: ${JSON.stringify(errors)}`);
    return data;
  }

  function useAccessToken(token: string): string {
    rememberSecret('an access token', token);
    accessToken = token;
    return token;
  }

  function keepCookie(headers: Headers): void {
    for (const cookie of headers.getSetCookie()) {
      const [pair = ''] = cookie.split(';');
      const [name, value = ''] = pair.split('=');
      if (name !== REFRESH_COOKIE) continue;
      const removed = value === '' || /max-age=0\b|expires=thu, 01 jan 1970/i.test(cookie);
      refreshToken = removed ? null : value;
      if (refreshToken) rememberSecret('a refresh token', refreshToken);
    }
  }

  return {
    call,
    succeed,
    signUp,
    login,
    useAccessToken,
    /** The access token of the last login, or null. */
    accessToken: () => accessToken,
    /** The value of the refresh cookie, or null; `setRefreshToken` is how a test plays a stolen or old one. */
    refreshToken: () => refreshToken,
    setRefreshToken: (value: string | null) => {
      refreshToken = value;
    },
  };
}

/** Not by fetch, which gives up on a thousand connections at once when the machine is busy. */
function post(
  url: string,
  headers: Record<string, string>,
  body: string,
  localAddress?: string,
): Promise<{ status: number; headers: Headers; text: string }> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { method: 'POST', agent, headers, localAddress }, (response) => {
      const received = new Headers();
      for (const [name, values = []] of Object.entries(response.headersDistinct)) {
        for (const value of values) received.append(name, value);
      }
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('error', reject);
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: received, text }));
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

function parse(text: string, status: number): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new Error(`HTTP ${status} without a JSON body: ${text.slice(0, 300)}`, { cause });
  }
}
