import { type IncomingHttpHeaders, request } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { getIntrospectionQuery } from 'graphql';
import type { GraphqlError } from '../support/graphql-client.js';
import { startServerWithoutGateway } from '../support/top-up-service.js';

const BODY_MAX_BYTES = 32 * 1024;
const FOREIGN_ORIGIN = 'https://evil.example';

let service: Awaited<ReturnType<typeof startServerWithoutGateway>>;

beforeAll(async () => {
  service = await startServerWithoutGateway();
});

afterAll(() => service.stop());

interface Answer {
  status: number;
  headers: Headers;
  text: string;
  errors: GraphqlError[];
}

async function post(body: string, headers: Record<string, string> = {}): Promise<Answer> {
  const response = await fetch(`${service.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body,
  });
  const text = await response.text();
  const { errors = [] } = text.startsWith('{') ? (JSON.parse(text) as { errors?: GraphqlError[] }) : {};
  return { status: response.status, headers: response.headers, text, errors };
}

const ask = (query: string, more: object = {}) => post(JSON.stringify({ query, ...more }));

const repeat = (count: number, text: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => text(index)).join(' ');

/** The limit is a refusal for the developer: no fault of the server, and it does not look like one. */
function expectRefused(answer: Answer, code: string, message: RegExp, more: object = {}) {
  expect(answer.status).toBe(400);
  expect(answer.errors.map(({ extensions }) => extensions)).toContainEqual({
    code,
    retryable: false,
    ...more,
  });
  expect(answer.errors.map((error) => error.message)).toContainEqual(expect.stringMatching(message));
  expect(answer.text).not.toContain('"data"');
}

describe('a document', () => {
  test('may be 8 levels deep and not 9', async () => {
    const nested = (levels: number): string => (levels === 1 ? 'id' : `me { ${nested(levels - 1)} }`);
    expectRefused(await ask(`{ ${nested(9)} }`), 'GRAPHQL_VALIDATION_FAILED', /depth/i);
    // Fields that do not exist are refused as well, but not for their depth.
    expect((await ask(`{ ${nested(8)} }`)).text).not.toMatch(/depth/i);
  });

  test('cannot hide its depth in fragments', async () => {
    const fragments = repeat(9, (index) => `fragment F${index} on User { me { ...F${index + 1} } }`);
    const answer = await ask(`{ me { ...F0 } } ${fragments} fragment F9 on User { id }`);
    expectRefused(answer, 'GRAPHQL_VALIDATION_FAILED', /depth/i);
  });

  test('may have 15 aliases and not 16', async () => {
    const aliases = (count: number) => `{ ${repeat(count, (index) => `a${index}: pointPackages`)} }`;
    expect((await ask(aliases(15))).errors).toEqual([]);
    expectRefused(await ask(aliases(16)), 'GRAPHQL_VALIDATION_FAILED', /alias/i);
  });

  test('may have 10 directives and not 11', async () => {
    const directives = (count: number) =>
      `{ ${repeat(count, (index) => `...F${index} @include(if: true)`)} }
       ${repeat(count, (index) => `fragment F${index} on Query { pointPackages }`)}`;
    expect((await ask(directives(10))).errors).toEqual([]);
    expectRefused(await ask(directives(11)), 'GRAPHQL_VALIDATION_FAILED', /directive/i);
  });

  test('may have 1,000 tokens and not 1,001', async () => {
    const fields = (count: number) => `{ ${repeat(count, () => 'pointPackages')} }`;
    // So many equal fields are refused by graphql-js, but not for their tokens. The braces count as well.
    expect((await ask(fields(998))).text).not.toMatch(/token/i);
    expectRefused(await ask(fields(999)), 'GRAPHQL_PARSE_FAILED', /token/i);
  });

  test('may ask for the largest page with everything in it and not for four of them', async () => {
    const client = service.client();
    await client.signUp();
    const page = `pointTransactions(first: 100) {
      edges { cursor node { id impUid merchantUid amount status balanceAfter createdAt } }
      nodes {
        id impUid merchantUid amount status balanceAfter createdAt
        user { id email name point heldPoint availablePoint createdAt }
      }
      pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    }`;
    const cost = 1 + 100 * (10 + 16 + 5);
    const pages = (count: number) => `{ ${repeat(count, (index) => `a${index}: ${page}`)} }`;

    expect((await client.call(pages(3))).errors).toBeUndefined();
    expectRefused(await ask(pages(4)), 'GRAPHQL_VALIDATION_FAILED', /cost/i, {
      cost: 4 * cost,
      maxCost: 10_000,
    });
  });

  test('cannot hide its cost in fragments that multiply', async () => {
    const fragments = repeat(3, (index) => {
      const next = repeat(200, () => `...F${index + 1}`);
      return `fragment F${index} on Query { ${index < 2 ? next : 'pointPackages'} }`;
    });
    const startedAtMs = performance.now();
    const answer = await ask(`{ ...F0 } ${fragments}`);

    expectRefused(answer, 'GRAPHQL_VALIDATION_FAILED', /cost/i, { maxCost: 10_000 });
    expect(performance.now() - startedAtMs).toBeLessThan(5000);
  });

  test('is one of one operation at a time: a batch is refused', async () => {
    const answer = await post(
      JSON.stringify([{ query: '{ pointPackages }' }, { query: '{ pointPackages }' }]),
    );
    expect(answer.status).toBe(400);
    expect(answer.errors[0]?.extensions).toEqual({ code: 'BAD_REQUEST', retryable: false });
  });

  test('is sent itself and not as a hash', async () => {
    const extensions = { persistedQuery: { version: 1, sha256Hash: '0'.repeat(64) } };
    const answer = await post(JSON.stringify({ extensions }));
    expect(answer.errors[0]?.extensions).toEqual({ code: 'PERSISTED_QUERY_NOT_SUPPORTED', retryable: false });
  });

  test('says which of its operations it means', async () => {
    const answer = await ask('query A { pointPackages } query B { pointPackages }');
    expect(answer.errors[0]?.extensions).toEqual({ code: 'OPERATION_RESOLUTION_FAILURE', retryable: false });
  });

  test('cannot change anything by GET', async () => {
    const query = encodeURIComponent('mutation { logout }');
    const response = await fetch(`${service.url}/graphql?query=${query}`, {
      headers: { 'apollo-require-preflight': 'yes', accept: 'application/json' },
    });
    expect(response.status).toBe(405);
  });
});

describe('a body', () => {
  const ofSize = (bytes: number) => {
    const frame = JSON.stringify({ query: '{ pointPackages }', padding: '' });
    return JSON.stringify({ query: '{ pointPackages }', padding: 'x'.repeat(bytes - frame.length) });
  };

  test('may have 32 kB and not a byte more', async () => {
    expect((await post(ofSize(BODY_MAX_BYTES))).status).toBe(200);
    const tooLarge = await post(ofSize(BODY_MAX_BYTES + 1));
    expect(tooLarge.status).toBe(413);
    expect(tooLarge.text).not.toMatch(/node_modules|\.js|stack/);
  });

  test.each([
    ['broken JSON', '{"query":'],
    ['no JSON', 'query { pointPackages }'],
    ['a number', '1'],
    ['nothing', ''],
    ['an object without a query', '{}'],
    ['a query that is no text', '{"query":{"a":1}}'],
    ['variables that are no object', '{"query":"{ pointPackages }","variables":"x"}'],
  ])('of %s is answered with 400 and nothing of the server’s inside', async (_title, body) => {
    const before = service.server.output();
    const answer = await post(body);

    expect(answer.status).toBe(400);
    expect(answer.text).not.toMatch(/node_modules|\.js\b|stack/);
    // It is the caller's fault, so nobody is to be woken up by it.
    expect(service.server.output().slice(before.length)).not.toContain('"level":50');
  });
});

test.each(['[', 'a b', 'points.example:port', 'a/b?'])(
  'a Host header that names no host (%s) is answered with 400, and nobody is to be woken up by it',
  async (host) => {
    const before = service.server.output();
    const status = await new Promise<number | undefined>((resolve, reject) => {
      request(`${service.url}/graphql`, { method: 'POST', headers: { host } }, (response) => {
        response.resume();
        resolve(response.statusCode);
      })
        .on('error', reject)
        .end();
    });

    expect(status).toBe(400);
    expect(service.server.output().slice(before.length)).not.toContain('"level":50');
  },
);

test('an address that cannot be decoded is answered with 400, and is in the log like every request', async () => {
  const { status, headers } = await new Promise<{ status?: number; headers: IncomingHttpHeaders }>(
    (resolve, reject) => {
      // fetch would mend the address.
      request(service.url, { path: '/%E0%A4%A' }, (response) => {
        response.resume();
        resolve({ status: response.statusCode, headers: response.headers });
      })
        .on('error', reject)
        .end();
    },
  );

  expect(status).toBe(400);
  expect(headers['content-security-policy']).toContain("default-src 'none'");
  const line = await service.server.lineWith(String(headers['x-request-id']));
  expect(JSON.parse(line)).toMatchObject({ msg: 'request', path: '(other)', status: 400 });
});

describe('another site', () => {
  test.each(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x'])(
    'cannot send a form of the type %s',
    async (contentType) => {
      const body = JSON.stringify({ query: 'mutation { logout }' });
      const answer = await post(body, { 'content-type': contentType, origin: FOREIGN_ORIGIN });
      expect(answer.status).toBe(400);
      expect(answer.text).not.toContain('"logout":true');
    },
  );

  test('cannot read by GET without a header that needs a preflight', async () => {
    const response = await fetch(`${service.url}/graphql?query={pointPackages}`, {
      headers: { accept: 'application/json' },
    });
    expect(response.status).toBe(400);
  });

  test('is not let in by CORS; the one of PUBLIC_URL is, with its cookies', async () => {
    const preflight = (origin: string) =>
      fetch(`${service.url}/graphql`, {
        method: 'OPTIONS',
        headers: {
          origin,
          'access-control-request-method': 'POST',
          'access-control-request-headers': 'content-type,authorization',
        },
      });
    for (const origin of [FOREIGN_ORIGIN, 'null', `${service.url}.evil.example`]) {
      const { headers } = await preflight(origin);
      expect(headers.get('access-control-allow-origin')).toBe(service.url);
    }
    const { headers } = await preflight(service.url);
    expect(headers.get('access-control-allow-origin')).toBe(service.url);
    expect(headers.get('access-control-allow-credentials')).toBe('true');
  });
});

test('introspection and GraphiQL are open outside production', async () => {
  expect((await ask(getIntrospectionQuery())).errors).toEqual([]);
  const page = await fetch(`${service.url}/graphql`, { headers: { accept: 'text/html' } });
  expect(page.status).toBe(200);
  expect(await page.text()).toContain('graphiql');
});
