import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startServerWithoutGateway } from '../support/top-up-service.js';

const SDK_ORIGIN = 'https://sdk.example';

let service: Awaited<ReturnType<typeof startServerWithoutGateway>>;

beforeAll(async () => {
  service = await startServerWithoutGateway({ IAMPORT_SDK_URL: `${SDK_ORIGIN}/v1/iamport.js` });
});

afterAll(() => service.stop());

function get(path: string, headers: Record<string, string> = {}) {
  return fetch(`${service.url}${path}`, { headers, redirect: 'manual' });
}

/** A policy by its directives. */
function policyOf(response: Response): Record<string, string[]> {
  const text = response.headers.get('content-security-policy') ?? '';
  return Object.fromEntries(
    text.split(';').map((directive) => {
      const [name = '', ...sources] = directive.trim().split(' ');
      return [name, sources];
    }),
  );
}

test('/ leads to the checkout page', async () => {
  const response = await get('/');
  expect(response.status).toBe(302);
  expect(response.headers.get('location')).toBe('/payment.html');
});

describe('the checkout page', () => {
  test('loads scripts from us and from iamport only, and none that is written into the page', async () => {
    const page = await get('/payment.html');

    expect(page.status).toBe(200);
    const policy = policyOf(page);
    expect(policy['script-src']).toEqual(["'self'", SDK_ORIGIN]);
    expect(policy['default-src']).toEqual(["'self'"]);
    expect(policy['object-src']).toEqual(["'none'"]);
    expect(policy['base-uri']).toEqual(["'none'"]);
  });

  test('lets the payment windows of PGs work: pop-ups that speak back, frames and forms on https', async () => {
    const page = await get('/payment.html');

    expect(page.headers.get('cross-origin-opener-policy')).toBe('same-origin-allow-popups');
    expect(page.headers.get('cross-origin-embedder-policy')).toBeNull();
    const policy = policyOf(page);
    for (const directive of ['frame-src', 'form-action', 'connect-src', 'img-src']) {
      expect(policy[directive]).toEqual(expect.arrayContaining(["'self'", 'https:', SDK_ORIGIN]));
    }
    expect(page.headers.get('referrer-policy')).toBe('strict-origin-when-cross-origin');
  });

  test('cannot be put into a frame of another site', async () => {
    const page = await get('/payment.html');

    expect(policyOf(page)['frame-ancestors']).toEqual(["'none'"]);
  });
});

test('the checkout page loads that one script of a shop with its own login, and may ask its server', async () => {
  const other = await startServerWithoutGateway({
    AUTH_JWKS_URL: 'http://127.0.0.1:9/jwks.json',
    AUTH_ISSUER: 'shop',
    AUTH_AUDIENCE: 'points',
    AUTH_PAGE_SCRIPT_URL: 'https://shop.example/points/page.js?v="2"',
  });
  try {
    const page = await fetch(`${other.url}/payment.html`);
    const policy = policyOf(page);
    expect(policy['script-src']?.filter((source) => source.includes('shop.example'))).toEqual([
      'https://shop.example/points/page.js',
    ]);
    expect(policy['connect-src']).toContain('https://shop.example');
    const html = await page.text();
    expect(html).toContain(' data-login="host">');
    const [host, ours] = [
      'src="https://shop.example/points/page.js?v=&quot;2&quot;"',
      'src="/payment/main.js"',
    ];
    expect(html).toContain(`<script defer ${host}></script>`);
    expect(html.indexOf(host)).toBeLessThan(html.indexOf(ours));
  } finally {
    await other.stop();
  }
});

test.each(['/payment.css', '/health/live', '/nothing-here', '/graphql?query={__typename}'])(
  '%s says what it is, names no maker and cannot be framed',
  async (path) => {
    const response = await get(path, { 'apollo-require-preflight': 'yes' });

    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    expect(response.headers.get('x-powered-by')).toBeNull();
    expect(response.headers.get('server')).toBeNull();
    expect(policyOf(response)['frame-ancestors']).toEqual(["'none'"]);
    expect(response.headers.get('strict-transport-security')).toContain('max-age=');
  },
);

test('an answer of the API may load nothing', async () => {
  const response = await fetch(`${service.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query: '{ pointPackages }' }),
  });

  expect(policyOf(response)['default-src']).toEqual(["'none'"]);
  expect(response.headers.get('cache-control')).toContain('no-store');
});

test.each([
  '/../package.json',
  '/%2e%2e/package.json',
  '/..%2fpackage.json',
  '/payment/../../src/main.ts',
  '/.env',
])('a file outside the public folder is not given out: %s', async (path) => {
  // fetch would shorten the path before it sends it.
  const status = await new Promise<number>((resolve, reject) => {
    request(service.url, { path }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    })
      .on('error', reject)
      .end();
  });

  expect([400, 403, 404]).toContain(status);
});
