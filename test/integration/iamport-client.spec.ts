import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { Agent, type AgentOptions, createServer as createTlsServer } from 'node:https';
import { type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import axios from 'axios';
import fc from 'fast-check';
import { readSettings } from '../../src/config/settings.js';
import { GatewayUnavailable } from '../../src/gateway/errors.js';
import { directHttp } from '../../src/iamport/direct-http.js';
import { IamportClient } from '../../src/iamport/iamport-client.js';
import { isImpUid } from '../../src/iamport/imp-uid.js';
import { createLogger } from '../../src/logging/logger.js';

const IMP_UID = 'imp_123456789012';
/** For the tests of waiting; all others have the usual time, so that a busy machine cannot fail them. */
const SHORT_TIMEOUT_MS = 500;
/** For a connection that is to be used by a call that moves money. */
const LONGER_THAN_A_MOMENT_MS = 1_000;
const PAYMENT = {
  imp_uid: IMP_UID,
  merchant_uid: 'pt01ABC',
  status: 'paid',
  amount: 10_000,
  cancel_amount: 0,
  currency: 'KRW',
  sandbox: false,
  paid_at: 1_700_000_000,
};

interface SeenRequest {
  method: string | undefined;
  url: string | undefined;
  authorization: string | undefined;
  body: string;
}
type Handler = (response: ServerResponse, request: SeenRequest) => void;

/** A gateway that answers as a test says: its own `getToken`, and one handler for everything else. */
class StubGateway {
  readonly requests: SeenRequest[] = [];
  /** Tokens in the order in which they are given; the last one is given again and again. */
  tokens = ['token-1'];
  handle: Handler = (response) => answer(response, 200, envelope(PAYMENT));
  private server: Server | undefined;

  async start(): Promise<string> {
    this.server = createServer((request, response) => void this.receive(request, response));
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.server?.close();
    this.server?.closeAllConnections();
    this.server = undefined;
  }

  get tokenCalls(): number {
    return this.requests.filter(({ url }) => url === '/users/getToken').length;
  }

  /** All calls but those for the token. */
  get calls(): SeenRequest[] {
    return this.requests.filter(({ url }) => url !== '/users/getToken');
  }

  private async receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = '';
    for await (const part of request) body += String(part);
    const { method, url, headers } = request;
    const seen = { method, url, authorization: headers.authorization, body };
    this.requests.push(seen);
    if (url !== '/users/getToken') return this.handle(response, seen);
    const access_token = this.tokens[Math.min(this.tokenCalls, this.tokens.length) - 1];
    answer(response, 200, envelope({ access_token, now: 1000, expired_at: 2800 }));
  }
}

describe('the client of the gateway', () => {
  let gateway: StubGateway;
  /** Where the gateway may try to send us. */
  let elsewhere: StubGateway;
  let logLines: string[];
  let baseUrl: string;

  beforeEach(async () => {
    gateway = new StubGateway();
    elsewhere = new StubGateway();
    baseUrl = await gateway.start();
    logLines = [];
  });
  afterEach(async () => {
    await gateway.stop();
    await elsewhere.stop();
    expect(logLines.join('')).not.toMatch(/canary/);
  });

  const newClient = (changed: NodeJS.ProcessEnv = {}) =>
    new IamportClient(
      readSettings({
        JWT_SECRET: 'x'.repeat(32),
        DATABASE_URL: 'mariadb://unused@127.0.0.1/unused',
        IAMPORT_API_KEY: 'canary-key',
        IAMPORT_API_SECRET: 'canary-secret',
        IAMPORT_USER_CODE: 'imp00000000',
        PAYMENT_METHODS: 'card',
        IAMPORT_BASE_URL: baseUrl,
        ...changed,
      }),
      createLogger('trace', { write: (line) => logLines.push(line) }),
    );

  const faultOf = async (reading: Promise<unknown>): Promise<string> => {
    const error = await reading.then(
      (value) => {
        throw new Error(`it was answered: ${JSON.stringify(value)}`);
      },
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(GatewayUnavailable);
    expect(`${JSON.stringify(error)} ${(error as Error).stack}`).not.toMatch(/canary|token-1/);
    return (error as GatewayUnavailable).fault;
  };

  describe('reading a payment', () => {
    test('asks for it by its id with the token, and gives what the gateway knows', async () => {
      await expect(newClient().readPayment(IMP_UID)).resolves.toEqual({
        gateway: 'iamport',
        paymentId: IMP_UID,
        merchantUid: 'pt01ABC',
        state: 'PAID',
        amount: 10_000,
        cancelledAmount: 0,
        currency: 'KRW',
        isTest: false,
        method: null,
        pg: null,
        receiptUrl: null,
        paidAt: new Date(1_700_000_000_000),
        failedAt: null,
        failReason: null,
        dueAt: null,
        cancellations: [],
      });

      expect(gateway.calls).toEqual([
        { method: 'GET', url: `/payments/${IMP_UID}`, authorization: 'Bearer token-1', body: '' },
      ]);
    });

    test('asks for test payments where they are expected, and nowhere else', async () => {
      await newClient({ IAMPORT_TEST_MODE: 'true' }).readPayment(IMP_UID);
      await newClient({ IAMPORT_TEST_MODE: 'false' }).readPayment(IMP_UID);

      expect(gateway.calls.map(({ url }) => url)).toEqual([
        `/payments/${IMP_UID}?include_sandbox=true`,
        `/payments/${IMP_UID}`,
      ]);
    });

    test('says that a packed answer is welcome, and unpacks it', async () => {
      gateway.handle = (response) =>
        response.req.headers['accept-encoding'] === 'gzip'
          ? response
              .writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' })
              .end(gzipSync(JSON.stringify(envelope(PAYMENT))))
          : page(response, 406);

      await expect(newClient().readPayment(IMP_UID)).resolves.toMatchObject({ paymentId: IMP_UID });
    });

    test('goes on with the connection of the call before', async () => {
      const connections = new Set<unknown>();
      gateway.handle = (response) => {
        connections.add(response.socket);
        answer(response, 200, envelope(PAYMENT));
      };
      const client = newClient();

      for (let read = 0; read < 5; read++) await client.readPayment(IMP_UID);

      expect(connections.size).toBe(1);
    });

    test('sends no other header whatever the token holds', async () => {
      gateway.tokens = ['token-1\r\nX-Injected: 1'];
      const injected: unknown[] = [];
      gateway.handle = (response) => {
        injected.push(response.req.headers['x-injected']);
        answer(response, 200, envelope(PAYMENT));
      };

      await newClient().readPayment(IMP_UID);

      expect(injected).toEqual([undefined]);
    });

    test('gives nothing for a payment that the gateway does not know', async () => {
      gateway.handle = (response) =>
        answer(response, 404, envelope(null, -1, '존재하지 않는 결제정보입니다.'));

      await expect(newClient().readPayment(IMP_UID)).resolves.toBeUndefined();
    });

    test('asks no other path for any id that has the right form', async () => {
      const client = newClient();
      gateway.handle = (response, { url = '' }) =>
        answer(response, 200, envelope({ ...PAYMENT, imp_uid: url.slice('/payments/'.length) }));
      const almost = fc
        .tuple(fc.constantFrom('imp_', 'imps_'), fc.string({ unit: 'binary', maxLength: 30 }))
        .map((parts) => parts.join(''));
      const right = fc
        .tuple(fc.constantFrom('imp_', 'imps_'), fc.stringMatching(/^[0-9A-Za-z]{1,27}$/))
        .map((parts) => parts.join(''));

      await fc.assert(
        fc.asyncProperty(fc.oneof(almost, right), async (impUid) => {
          if (!isImpUid(impUid)) return;
          await client.readPayment(impUid);
          expect(gateway.calls.at(-1)).toMatchObject({ method: 'GET', url: `/payments/${impUid}` });
        }),
        { numRuns: 100 },
      );
      expect(gateway.calls.length).toBeGreaterThan(20);
    });

    test.each([
      'imp_1?include_sandbox=true',
      'imp_1/../../users/getToken',
      '../users/getToken',
      'imp_1#x',
      'imp_1%2F..',
      'imp_1\r\nX-Injected: 1',
      'imp_1&include_sandbox=true',
    ])('would ask for it as one part of the path even if nobody had checked %j', async (text) => {
      gateway.handle = (response) => answer(response, 404, envelope(null, -1));

      await newClient().readPayment(text);

      expect(gateway.calls.map(({ url }) => url)).toEqual([`/payments/${encodeURIComponent(text)}`]);
    });
  });

  describe('telling the amount of an order', () => {
    test('sends it, and is content with a plain yes', async () => {
      gateway.handle = (response) =>
        answer(response, 200, envelope({ merchant_uid: 'pt01ABC', amount: 10_000 }));

      await newClient().registerAmount({ merchantUid: 'pt01ABC', amount: 10_000 });

      expect(gateway.calls).toEqual([
        {
          method: 'POST',
          url: '/payments/prepare',
          authorization: 'Bearer token-1',
          body: JSON.stringify({ merchant_uid: 'pt01ABC', amount: 10_000, currency: 'KRW' }),
        },
      ]);
    });

    test('fails when the gateway says no in an answer with HTTP 200', async () => {
      gateway.handle = (response) =>
        answer(response, 200, envelope(null, 1, '이미 등록된 merchant_uid입니다.'));

      expect(await faultOf(newClient().registerAmount({ merchantUid: 'pt01ABC', amount: 10_000 }))).toMatch(
        /HTTP 200, code 1/,
      );
    });
  });

  describe('asking for the payments of an order', () => {
    const page = (...list: object[]) => envelope({ total: list.length, previous: 0, next: 0, list });

    test('gives all those of that order, whatever became of them', async () => {
      gateway.handle = (response) =>
        answer(
          response,
          200,
          page(
            PAYMENT,
            { ...PAYMENT, imp_uid: 'imp_000000000002', status: 'failed' },
            { ...PAYMENT, imp_uid: 'imp_000000000003', status: 'cancelled', cancel_amount: 10_000 },
            { ...PAYMENT, imp_uid: 'imp_000000000004', merchant_uid: 'pt01ABCD' },
          ),
        );

      const payments = await newClient().findPaymentsOfOrder('pt01ABC');

      expect(payments.map(({ paymentId }) => paymentId)).toEqual([
        IMP_UID,
        'imp_000000000002',
        'imp_000000000003',
      ]);
      expect(gateway.calls).toMatchObject([{ method: 'GET', url: '/payments/findAll/pt01ABC?limit=100' }]);
    });

    test('gives none when the gateway knows none', async () => {
      gateway.handle = (response) =>
        answer(response, 404, envelope(null, -1, '존재하지 않는 결제정보입니다.'));

      await expect(newClient().findPaymentsOfOrder('pt01ABC')).resolves.toEqual([]);
    });

    test('asks again when the gateway has just closed the kept connection', async () => {
      const client = newClient();
      gateway.handle = (response) => answer(response, 200, page(PAYMENT));
      await client.findPaymentsOfOrder('pt01ABC');
      const answering = gateway.handle;
      gateway.handle = (response) => {
        gateway.handle = answering;
        response.destroy();
      };

      await expect(client.findPaymentsOfOrder('pt01ABC')).resolves.toHaveLength(1);
      expect(gateway.calls).toHaveLength(3);
    });

    test('fails when the answer is no list', async () => {
      gateway.handle = (response) => answer(response, 200, envelope(PAYMENT));

      expect(await faultOf(newClient().findPaymentsOfOrder('pt01ABC'))).toMatch(/another body than expected/);
    });
  });

  describe('cancelling a payment', () => {
    const WISH = { paymentId: IMP_UID, amount: 3_000, checksum: 10_000, reason: '01ABC customer request' };

    test('sends what is believed to be left as the checksum, and gives the payment as it is afterwards', async () => {
      gateway.handle = (response) =>
        answer(response, 200, envelope({ ...PAYMENT, status: 'cancelled', cancel_amount: 3_000 }));

      await expect(newClient().cancel(WISH)).resolves.toMatchObject({
        paymentId: IMP_UID,
        cancelledAmount: 3_000,
      });

      expect(gateway.calls).toEqual([
        {
          method: 'POST',
          url: '/payments/cancel',
          authorization: 'Bearer token-1',
          body: JSON.stringify({
            imp_uid: IMP_UID,
            amount: 3_000,
            checksum: 10_000,
            reason: '01ABC customer request',
          }),
        },
      ]);
    });

    test('names of the tax-free part and of the VAT those that the payment has, also when they are 0', async () => {
      gateway.handle = (response) =>
        answer(response, 200, envelope({ ...PAYMENT, status: 'cancelled', cancel_amount: 3_000 }));

      await newClient().cancel({ ...WISH, tax: { taxFree: 0, vat: 273 } });
      await newClient().cancel({ ...WISH, tax: { taxFree: 3_000, vat: null } });
      await newClient().cancel({ ...WISH, tax: { taxFree: null, vat: null } });

      const sent = gateway.calls.map(({ body }) => JSON.parse(body ?? '') as object);
      expect(sent[0]).toMatchObject({ tax_free: 0, vat_amount: 273 });
      expect(sent[1]).toMatchObject({ tax_free: 3_000 });
      expect(sent[1]).not.toHaveProperty('vat_amount');
      expect(Object.keys(sent[2] ?? {})).toEqual(['imp_uid', 'amount', 'checksum', 'reason']);
    });

    test.each([0, -1, Number.NaN])(
      'of %d, which the gateway would read as everything, is not sent',
      async (amount) => {
        await expect(newClient().cancel({ ...WISH, amount })).rejects.toThrow(/above 0/);

        expect(gateway.requests).toEqual([]);
      },
    );

    test('is refused when the gateway says no, in its words', async () => {
      gateway.handle = (response) => answer(response, 200, envelope(null, 1, '취소할 수 없습니다.'));

      await expect(newClient().cancel(WISH)).rejects.toMatchObject({
        httpStatus: 200,
        gatewayCode: 1,
        gatewayMessage: '취소할 수 없습니다.',
      });
    });

    test.each([
      ['a payment that failed, although the code is 0', { ...PAYMENT, status: 'failed' }],
      ['another payment', { ...PAYMENT, imp_uid: 'imp_000000000002' }],
      ['nothing', null],
    ])('is not known to be done when the answer is %s', async (_, response) => {
      gateway.handle = (reply) => answer(reply, 200, envelope(response));

      await faultOf(newClient().cancel(WISH));
    });

    test('goes on with a connection that answered a cancel a moment ago, and with none that has rested', async () => {
      const connections = new Set<unknown>();
      const cancelled = envelope({ ...PAYMENT, status: 'cancelled', cancel_amount: 3_000 });
      const answering: Handler = (response) => {
        connections.add(response.socket);
        answer(response, 200, cancelled);
      };
      gateway.handle = answering;
      const client = newClient();

      await client.readPayment(IMP_UID);
      await client.cancel(WISH);
      // An answer may take its time.
      gateway.handle = (...call) => void setTimeout(() => answering(...call), LONGER_THAN_A_MOMENT_MS);
      await client.cancel(WISH);
      expect(connections.size).toBe(2);
      gateway.handle = answering;

      await sleep(LONGER_THAN_A_MOMENT_MS);
      await client.cancel(WISH);
      expect(connections.size).toBe(3);
    });

    test('is sent once when the connection breaks, because it is not known what was done', async () => {
      gateway.handle = (response) => response.destroy();

      await faultOf(newClient().cancel(WISH));

      expect(gateway.calls).toHaveLength(1);
    });
  });

  describe('a gateway that cannot be used', () => {
    test.each<[string, Handler, RegExp]>([
      ['answers 500', (response) => answer(response, 500, envelope(PAYMENT)), /HTTP 500/],
      ['answers 502 with a page', (response) => page(response, 502), /HTTP 502/],
      ['answers 503', (response) => answer(response, 503, envelope(null, -1)), /HTTP 503/],
      [
        'answers that there were too many calls',
        (response) => answer(response, 429, envelope(PAYMENT)),
        /HTTP 429/,
      ],
      ['answers 200 with a page', (response) => page(response, 200), /another body/],
      [
        'answers 404 with a page, so that it is not the gateway',
        (response) => page(response, 404),
        /another body/,
      ],
      ['answers with nothing', (response) => response.end(), /another body/],
      ['answers {}', (response) => answer(response, 200, {}), /another body/],
      ['answers a list', (response) => answer(response, 200, [PAYMENT]), /another body/],
      [
        'answers a payment without its envelope',
        (response) => answer(response, 200, PAYMENT),
        /another body/,
      ],
      ['answers half a body', (response) => halfABody(response), /GET \/payments/],
      ['answers code 0 with nothing', (response) => answer(response, 200, envelope(null)), /another payment/],
      [
        'answers another payment than the one asked for',
        (response) => answer(response, 200, envelope({ ...PAYMENT, imp_uid: 'imp_999999999999' })),
        /another payment/,
      ],
      [
        'answers a payment without an amount',
        (response) => answer(response, 200, envelope({ ...PAYMENT, amount: undefined })),
        /another payment/,
      ],
      [
        'says no with HTTP 200',
        (response) => answer(response, 200, envelope(PAYMENT, 1, 'no')),
        /refused: HTTP 200, code 1/,
      ],
      [
        'says no with HTTP 400',
        (response) => answer(response, 400, envelope(null, 1, 'no')),
        /refused: HTTP 400, code 1/,
      ],
    ])('because it %s is one that does not answer', async (_, handle, fault) => {
      gateway.handle = handle;

      expect(await faultOf(newClient().readPayment(IMP_UID))).toMatch(fault);

      expect(gateway.calls).toHaveLength(1);
      expect(logLines).toHaveLength(1);
    });

    test('because it breaks every connection is one that does not answer, after one more attempt', async () => {
      gateway.handle = (response) => response.destroy();

      expect(await faultOf(newClient().readPayment(IMP_UID))).toMatch(/GET \/payments: ECONNRESET/);

      // Sent again only after a kept connection, so once more at most.
      expect(gateway.calls.length).toBeLessThanOrEqual(2);
    });

    test('because it has just closed a kept connection is simply asked again', async () => {
      const client = newClient();
      await client.readPayment(IMP_UID);
      const answering = gateway.handle;
      gateway.handle = (response) => {
        gateway.handle = answering;
        response.destroy();
      };

      await expect(client.readPayment(IMP_UID)).resolves.toMatchObject({ paymentId: IMP_UID });

      expect(gateway.calls).toHaveLength(3);
      expect(logLines).toEqual([]);
    });

    test('because it has closed all kept connections is asked again over a new one', async () => {
      const client = newClient();
      const answering = gateway.handle;
      const kept = new Set<unknown>();
      gateway.handle = (response, ...more) => {
        kept.add(response.socket);
        return answering(response, ...more);
      };
      await Promise.all(Array.from({ length: 5 }, () => client.readPayment(IMP_UID)));
      expect(kept.size).toBeGreaterThan(3);
      gateway.handle = (response, ...more) =>
        kept.has(response.socket) ? response.destroy() : answering(response, ...more);

      await expect(client.readPayment(IMP_UID)).resolves.toMatchObject({ paymentId: IMP_UID });
    });

    test('because nobody listens there is one that does not answer', async () => {
      await gateway.stop();

      expect(await faultOf(newClient().readPayment(IMP_UID))).toMatch(/ECONNREFUSED/);
    });

    test.each<[string, Handler]>([
      ['does not answer at all', () => undefined],
      ['sends a header and no more', (response) => response.writeHead(200).flushHeaders()],
      ['sends a byte now and then', (response) => trickle(response)],
    ])('because it %s is waited for only as long as the settings say', async (_, handle) => {
      gateway.handle = handle;
      const begunAt = performance.now();

      await faultOf(newClient({ IAMPORT_TIMEOUT_MS: String(SHORT_TIMEOUT_MS) }).readPayment(IMP_UID));

      const waitedMs = performance.now() - begunAt;
      expect(waitedMs).toBeGreaterThanOrEqual(SHORT_TIMEOUT_MS - 50);
      expect(waitedMs).toBeLessThan(SHORT_TIMEOUT_MS * 10);
    });

    test('because it uses up the wait before the second attempt is not waited for twice', async () => {
      const client = newClient({ IAMPORT_TIMEOUT_MS: String(SHORT_TIMEOUT_MS) });
      await client.readPayment(IMP_UID);
      gateway.handle = (response) => {
        gateway.handle = () => undefined;
        setTimeout(() => response.destroy(), SHORT_TIMEOUT_MS * 0.8);
      };
      const begunAt = performance.now();

      await faultOf(client.readPayment(IMP_UID));

      expect(gateway.calls).toHaveLength(3);
      expect(performance.now() - begunAt).toBeLessThan(SHORT_TIMEOUT_MS * 1.6);
    });

    test('because it is busy with others is waited for no longer by those whose turn has not come', async () => {
      gateway.handle = () => undefined;
      const client = newClient({ IAMPORT_TIMEOUT_MS: String(SHORT_TIMEOUT_MS) });

      // More than there are connections.
      const outcomes = await Promise.allSettled(
        Array.from({ length: 100 }, () => client.readPayment(IMP_UID)),
      );

      expect(outcomes.every(({ status }) => status === 'rejected')).toBe(true);
      expect(gateway.calls.length).toBeLessThan(100);
      gateway.handle = (response) => answer(response, 200, envelope(PAYMENT));
      await expect(client.readPayment(IMP_UID)).resolves.toMatchObject({ paymentId: IMP_UID });
    });

    test('because it does not answer in time loses its connection', async () => {
      const closed = new Promise((resolve) => {
        gateway.handle = (response) => response.on('close', resolve);
      });

      await faultOf(newClient({ IAMPORT_TIMEOUT_MS: String(SHORT_TIMEOUT_MS) }).readPayment(IMP_UID));

      await closed;
    });

    test.each([301, 302, 303, 307, 308])(
      'because it sends us elsewhere (%d) is not followed',
      async (status) => {
        const elsewhere = new StubGateway();
        const location = `${await elsewhere.start()}/payments/${IMP_UID}`;
        gateway.handle = (response) => response.writeHead(status, { location }).end();

        expect(await faultOf(newClient().readPayment(IMP_UID))).toMatch(`HTTP ${status}`);

        expect(elsewhere.requests).toEqual([]);
        await elsewhere.stop();
      },
    );

    test.each<[string, (body: string) => [Record<string, string>, Buffer]]>([
      ['plain', (body) => [{}, Buffer.from(body)]],
      [
        'plain, its length said beforehand',
        (body) => [{ 'content-length': `${Buffer.byteLength(body)}` }, Buffer.from(body)],
      ],
      ['packed small', (body) => [{ 'content-encoding': 'gzip' }, gzipSync(body)]],
    ])('because its answer is huge (%s) is not read to the end', async (_, pack) => {
      const [headers, body] = pack(
        JSON.stringify(envelope({ ...PAYMENT, name: 'x'.repeat(3 * 1024 * 1024) })),
      );
      gateway.handle = (response) =>
        response.writeHead(200, { 'content-type': 'application/json', ...headers }).end(body);

      expect(await faultOf(newClient().readPayment(IMP_UID))).toMatch(/GET \/payments: ERR_BAD_RESPONSE/);
    });

    test('because its answer is huge is read to the end where it is a page of a long list', async () => {
      const list = [{ ...PAYMENT, name: 'x'.repeat(3 * 1024 * 1024) }];
      gateway.handle = (response) =>
        response
          .writeHead(200, { 'content-type': 'application/json' })
          .end(JSON.stringify(envelope({ list, total: 1, previous: 0, next: 0 })));
      const found: string[] = [];

      const period = { from: new Date(1_700_000_000_000), until: new Date(1_700_000_060_000) };
      for await (const payments of newClient().listChanges(period)) {
        found.push(...payments.map(({ paymentId }) => paymentId));
      }

      expect(new Set(found)).toEqual(new Set([IMP_UID]));
    });

    test.each<[string, Buffer]>([
      ['broken', Buffer.from('no gzip at all')],
      ['cut off', gzipSync(JSON.stringify(envelope(PAYMENT))).subarray(0, -20)],
    ])('because its packed answer is %s is one that does not answer', async (_, body) => {
      gateway.handle = (response) =>
        response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' }).end(body);

      expect(await faultOf(newClient().readPayment(IMP_UID))).toMatch(/GET \/payments: ERR_BAD_RESPONSE/);
    });

    test('whose text holds a card or telephone number leaves none of it in the log', async () => {
      gateway.handle = (response) =>
        answer(response, 400, envelope(null, -1, '카드번호 9410-1234-5678-9012, 010-1234-5678'));

      await faultOf(newClient().readPayment(IMP_UID));

      expect(logLines).toHaveLength(1);
      expect(logLines[0]).toContain('카드번호');
      expect(logLines[0]).not.toMatch(/9410|5678/);
    });
  });

  describe('a token that the gateway no longer takes', () => {
    const takeOnly =
      (token: string): Handler =>
      (response, { authorization }) =>
        authorization === `Bearer ${token}`
          ? answer(response, 200, envelope(PAYMENT))
          : answer(response, 401, envelope(null, -1, 'Unauthorized'));

    test('is replaced once, and the call is made once more', async () => {
      gateway.tokens = ['token-1', 'token-2'];
      gateway.handle = takeOnly('token-2');

      await expect(newClient().readPayment(IMP_UID)).resolves.toMatchObject({ paymentId: IMP_UID });

      expect(gateway.requests.map(({ url, authorization }) => [url, authorization])).toEqual([
        ['/users/getToken', undefined],
        [`/payments/${IMP_UID}`, 'Bearer token-1'],
        ['/users/getToken', undefined],
        [`/payments/${IMP_UID}`, 'Bearer token-2'],
      ]);
    });

    test('is replaced whatever the body of the 401 looks like', async () => {
      gateway.tokens = ['token-1', 'token-2'];
      const others = takeOnly('token-2');
      gateway.handle = (response, request) =>
        request.authorization === 'Bearer token-1' ? page(response, 401) : others(response, request);

      await expect(newClient().readPayment(IMP_UID)).resolves.toMatchObject({ paymentId: IMP_UID });
    });

    test('and the next one neither ends the attempts after the second call', async () => {
      gateway.tokens = ['token-1', 'token-2'];
      gateway.handle = takeOnly('token-3');

      expect(await faultOf(newClient().readPayment(IMP_UID))).toMatch(/HTTP 401/);

      expect(gateway.calls).toHaveLength(2);
      expect(gateway.tokenCalls).toBe(2);
    });

    test('is replaced once for 100 callers, and each of them gets their payment', async () => {
      gateway.tokens = ['token-1', 'token-2'];
      gateway.handle = takeOnly('token-2');
      const client = newClient();

      const payments = await Promise.all(Array.from({ length: 100 }, () => client.readPayment(IMP_UID)));

      expect(payments.every((payment) => payment?.paymentId === IMP_UID)).toBe(true);
      expect(gateway.tokenCalls).toBe(2);
    });

    test('is asked for once for 60 callers although the gateway gives the same refused one again', async () => {
      const refuse = takeOnly('never');
      let refused = 0;
      // The refusals come in one by one, long after the second token was there.
      gateway.handle = (response, request) =>
        void sleep(20 * (refused++ % 60)).then(() => refuse(response, request));
      const client = newClient();

      const outcomes = await Promise.allSettled(
        Array.from({ length: 60 }, () => client.readPayment(IMP_UID)),
      );

      expect(outcomes.every(({ status }) => status === 'rejected')).toBe(true);
      expect(gateway.tokenCalls).toBe(2);
    });
  });
});

describe('a gateway over TLS', () => {
  test('is spoken to only with a certificate that somebody who is trusted signed', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'gateway-tls-'));
    const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')];
    const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
    const options = ['-newkey', 'rsa:2048', '-nodes', '-days', '1', ...subject, '-keyout', key];
    await promisify(execFile)('openssl', ['req', '-x509', ...options, '-out', certificate]);
    const cert = await readFile(certificate);
    const requests: unknown[] = [];
    const gateway = createTlsServer({ key: await readFile(key), cert }, (request, response) => {
      requests.push(request.url);
      answer(response, 200, envelope(null));
    });
    gateway.listen(0, '127.0.0.1');
    await once(gateway, 'listening');
    const { port } = gateway.address() as AddressInfo;
    const ask = async (options: AgentOptions) =>
      axios.get('/payments', {
        adapter: directHttp,
        baseURL: `https://localhost:${port}/v1`,
        httpsAgent: new Agent(options),
      });

    try {
      await expect(ask({})).rejects.toMatchObject({ code: 'DEPTH_ZERO_SELF_SIGNED_CERT' });
      expect(requests).toEqual([]);
      await expect(ask({ ca: cert })).resolves.toMatchObject({ status: 200, data: envelope(null) });
      expect(requests).toEqual(['/v1/payments']);
    } finally {
      gateway.close();
      gateway.closeAllConnections();
      await rm(folder, { recursive: true });
    }
  });
});

describe('a proxy that the shell names', () => {
  const NAMES = ['http_proxy', 'https_proxy', 'no_proxy', 'HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY'];
  let proxy: Server;
  let asked: string[];
  let kept: NodeJS.ProcessEnv;

  beforeEach(async () => {
    asked = [];
    proxy = createServer((request, response) => {
      asked.push(`${request.method} ${request.url}`);
      response.writeHead(502).end();
    });
    proxy.on('connect', (request, socket) => {
      asked.push(`${request.method} ${request.url}`);
      socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n');
    });
    proxy.listen(0, '127.0.0.1');
    await once(proxy, 'listening');
    kept = Object.fromEntries(NAMES.map((name) => [name, process.env[name]]));
    const url = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
    for (const name of NAMES) delete process.env[name];
    Object.assign(process.env, { HTTP_PROXY: url, http_proxy: url, HTTPS_PROXY: url, https_proxy: url });
  });
  afterEach(() => {
    for (const [name, value] of Object.entries(kept)) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
    proxy.close();
    proxy.closeAllConnections();
  });

  const clientOf = (baseUrl: string) =>
    new IamportClient(
      readSettings({
        JWT_SECRET: 'x'.repeat(32),
        DATABASE_URL: 'mariadb://unused@127.0.0.1/unused',
        IAMPORT_API_KEY: 'key',
        IAMPORT_API_SECRET: 'secret',
        IAMPORT_USER_CODE: 'imp00000000',
        PAYMENT_METHODS: 'card',
        IAMPORT_BASE_URL: baseUrl,
        IAMPORT_TIMEOUT_MS: String(SHORT_TIMEOUT_MS),
      }),
      createLogger('silent'),
    );

  test.each(['127.0.0.1', '127.1', 'localhost', 'gateway.localhost', '[::1]', '[::ffff:127.0.0.1]'])(
    'is not asked for a gateway at %s',
    async (host) => {
      const gateway = new StubGateway();
      const { port } = new URL(await gateway.start());

      // Not every machine knows each of these names and addresses; what counts is that the proxy never hears of them.
      await clientOf(`http://${host}:${port}`)
        .readPayment(IMP_UID)
        .catch(() => undefined);
      await gateway.stop();

      expect(asked).toEqual([]);
    },
  );

  test('is asked by CONNECT for an https gateway elsewhere', async () => {
    await expect(clientOf('https://gateway.test').readPayment(IMP_UID)).rejects.toThrow(GatewayUnavailable);

    expect([...new Set(asked)]).toEqual(['CONNECT gateway.test:443']);
  });

  test('is asked for an http gateway elsewhere, and waited for only as long as the settings say', async () => {
    proxy.removeAllListeners('request').on('request', ({ url }) => asked.push(String(url)));

    await expect(clientOf('http://gateway.test').readPayment(IMP_UID)).rejects.toThrow(GatewayUnavailable);

    expect(asked).toEqual(['http://gateway.test/users/getToken']);
  });

  test('is not asked for what NO_PROXY names', async () => {
    process.env.NO_PROXY = 'gateway.test';

    await expect(clientOf('https://gateway.test').readPayment(IMP_UID)).rejects.toThrow(GatewayUnavailable);

    expect(asked).toEqual([]);
  });
});

function envelope(response: unknown, code = 0, message: string | null = null): unknown {
  return { code, message, response };
}

function answer(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

function page(response: ServerResponse, status: number): void {
  response
    .writeHead(status, { 'content-type': 'text/html' })
    .end('<!doctype html><title>Bad gateway</title>');
}

function halfABody(response: ServerResponse): void {
  const body = JSON.stringify(envelope(PAYMENT));
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length });
  response.write(body.slice(0, 20), () => response.destroy());
}

/** Never silent for long, and never done. */
function trickle(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'application/json' });
  const timer = setInterval(() => response.write(' '), 50);
  response.on('close', () => clearInterval(timer));
}
