import { get } from 'node:http';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startServerWithoutGateway } from '../support/top-up-service.js';

const SDK_URL = 'https://sdk.example/v1/iamport.js?a=1&b="2"';

type Service = Awaited<ReturnType<typeof startServerWithoutGateway>>;

let testServer: Service;
let liveServer: Service;

beforeAll(async () => {
  [testServer, liveServer] = await Promise.all([
    startServerWithoutGateway({ IAMPORT_TEST_MODE: 'true', IAMPORT_SDK_URL: SDK_URL }),
    startServerWithoutGateway({ IAMPORT_TEST_MODE: 'false' }),
  ]);
});

afterAll(() => Promise.all([testServer.stop(), liveServer.stop()]));

/** As it comes over the line: fetch would unpack it. */
function load(path: string, headers: Record<string, string> = {}, service = testServer) {
  return new Promise<{ status: number; headers: Record<string, unknown>; body: Buffer }>(
    (resolve, reject) => {
      get(`${service.url}${path}`, { headers, agent: false }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: Buffer.concat(chunks),
          }),
        );
      }).on('error', reject);
    },
  );
}

const FILES = [
  '/payment.html',
  '/payment.css',
  '/payment/texts.js',
  '/graphiql/graphiql.js',
  '/graphiql/page.js',
];

describe.each(FILES)('%s', (path) => {
  test('comes packed to whoever takes it so, and is the same file', async () => {
    const plain = await load(path);
    const brotli = await load(path, { 'accept-encoding': 'gzip, deflate, br' });
    const gzip = await load(path, { 'accept-encoding': 'gzip' });
    const refused = await load(path, { 'accept-encoding': 'br;q=0, gzip;q=0' });

    expect([plain, brotli, gzip, refused].map(({ headers }) => headers['content-encoding'])).toEqual([
      undefined,
      'br',
      'gzip',
      undefined,
    ]);
    expect(brotliDecompressSync(brotli.body)).toEqual(plain.body);
    expect(gunzipSync(gzip.body)).toEqual(plain.body);
    expect(refused.body).toEqual(plain.body);
    expect(brotli.body.length).toBeLessThan(plain.body.length / 2);
    for (const { headers, body } of [plain, brotli, gzip]) {
      expect(headers['content-length']).toBe(String(body.length));
      expect(String(headers.vary)).toMatch(/\baccept-encoding\b/i);
    }
  });

  test('is asked for again each time, and answered with 304 while it is the same', async () => {
    const packed = { 'accept-encoding': 'br' };
    const first = await load(path, packed);
    expect(first.headers['cache-control']).toBe('no-cache');
    const etag = String(first.headers.etag);

    for (const known of [etag, `W/${etag}`, `"other", ${etag}`]) {
      const again = await load(path, { ...packed, 'if-none-match': known });
      expect(again.status).toBe(304);
      expect(again.body).toHaveLength(0);
      expect(again.headers.etag).toBe(etag);
      expect(String(again.headers.vary)).toMatch(/\baccept-encoding\b/i);
    }
    expect((await load(path, { ...packed, 'if-none-match': '"other"' })).status).toBe(200);
    expect((await load(path, { 'if-none-match': etag })).status).toBe(200);
  });
});

test('a part of a file is a part of it as it is', async () => {
  const whole = await load('/payment.css');
  const part = await load('/payment.css', { range: 'bytes=10-19', 'accept-encoding': 'br' });
  expect(part.status).toBe(206);
  expect(part.headers['content-encoding']).toBeUndefined();
  expect(part.body).toEqual(whole.body.subarray(10, 20));
  expect((await load('/payment.css', { range: 'bytes=9999999-' })).status).toBe(416);
});

test('a HEAD says the same and sends nothing', async () => {
  const head = await fetch(`${testServer.url}/payment.css`, { method: 'HEAD' });
  expect(head.status).toBe(200);
  expect(head.headers.get('etag')).toMatch(/^"[\w-]{22}-(br|gzip)"$/);
  expect(await head.text()).toBe('');
});

describe('the page as it is served', () => {
  test('says from its first byte whether money is real, and which script opens the window', async () => {
    const [underTest, live] = await Promise.all([
      load('/payment.html'),
      load('/payment.html', {}, liveServer),
    ]);
    expect(underTest.body.toString()).toContain(
      '<html lang="ko" data-test-mode="true" data-sdk-url="https://sdk.example/v1/iamport.js?a=1&amp;b=&quot;2&quot;">',
    );
    expect(live.body.toString()).toContain('<html lang="ko" data-test-mode="false" data-sdk-url="');
  });

  test('is another one for a browser that knows the page of the other kind of server', async () => {
    const underTest = await load('/payment.html');
    const known = { 'if-none-match': String(underTest.headers.etag) };
    expect((await load('/payment.html', known, liveServer)).status).toBe(200);
  });
});
