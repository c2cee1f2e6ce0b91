import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { readSettings, SettingsError } from './settings.js';

const SECRET = 'a-secret-of-thirty-two-bytes-or-more';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'point-top-up-settings-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const development = (changed: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv => ({
  DATA_DIR: folder,
  IAMPORT_API_KEY: 'the-key',
  IAMPORT_API_SECRET: 'the-api-secret',
  IAMPORT_USER_CODE: 'imp12345678',
  PAYMENT_METHODS: 'card',
  ...changed,
});

const production = (changed: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv =>
  development({
    NODE_ENV: 'production',
    PUBLIC_URL: 'https://points.example',
    DATABASE_URL: 'mariadb://shop:database-password@db.example:3306/points',
    JWT_SECRET: SECRET,
    SHOP_FILE: 'shop/shop.json',
    ...changed,
  });

function faultsOf(environment: NodeJS.ProcessEnv): string[] {
  try {
    readSettings(environment);
  } catch (error) {
    if (error instanceof SettingsError) return error.faults;
    throw error;
  }
  return [];
}

const DAY_MS = 24 * 60 * 60_000;

describe('settings', () => {
  test('have these defaults in development', () => {
    const { jwtSecret, refundAccountKeys, ...settings } = readSettings(development());

    expect(settings).toEqual({
      production: false,
      port: 3000,
      publicUrl: 'http://localhost:3000',
      checkoutPageUrl: 'http://localhost:3000/payment.html',
      noticesUrl: 'http://localhost:3000/webhooks',
      trustedProxies: 0,
      database: { kind: 'sqlite', file: join(folder, 'point.db') },
      iamport: {
        apiKey: 'the-key',
        apiSecret: 'the-api-secret',
        baseUrl: 'https://api.iamport.kr',
        sdkUrl: 'https://cdn.iamport.kr/v1/iamport.js',
        userCode: 'imp12345678',
        channelKey: undefined,
        testMode: false,
        readTimeoutMs: 10_000,
        writeTimeoutMs: 30_000,
      },
      pointPackages: [5000, 10_000, 30_000, 50_000, 100_000].map((amount) => ({
        amount,
        bonus: 0,
        popular: false,
      })),
      hostLogin: undefined,
      pointMaxBalance: 2_000_000,
      usersMaySpend: false,
      pointValidity: { paidMs: 1827 * DAY_MS, bonusMs: 365 * DAY_MS, graceMs: 30 * DAY_MS },
      paymentMethods: [{ method: 'CARD', channelKey: undefined, pg: undefined }],
      paymentLimits: {},
      refundPresets: ['UNUSED_7_DAYS'],
      bonusOnRefund: 'DEDUCT_FROM_REFUND',
      cashReceipt: 'off',
      tax: 'none',
      vbankDueDays: 3,
      shopFile: undefined,
      rateLimit: true,
      redisUrl: undefined,
      shutdownDrainMs: 0,
      webhookAddresses: undefined,
      recovery: { intervalMs: 5000, graceMs: 120_000 },
      comparison: { intervalMs: 3_000_000, graceMs: 300_000 },
      metrics: undefined,
      logLevel: 'info',
      logRequestId: true,
    });
    expect(Buffer.byteLength(jwtSecret)).toBeGreaterThanOrEqual(32);
    expect(refundAccountKeys).toEqual(readSettings(development()).refundAccountKeys);
    expect(refundAccountKeys.map(({ key }) => key.length)).toEqual([32]);
  });

  test('offer virtual accounts in production only where somebody says so, and then with keys for refund accounts', () => {
    const key = Buffer.alloc(32, 1).toString('base64');
    const keys = `b2:${key},a1:${Buffer.alloc(32, 2).toString('base64')}`;

    expect(readSettings(production({})).vbankDueDays).toBe(0);
    expect(() => readSettings(production({ VBANK_DUE_DAYS: '3' }))).toThrow('REFUND_ACCOUNT_KEYS');
    const settings = readSettings(production({ VBANK_DUE_DAYS: '3', REFUND_ACCOUNT_KEYS: keys }));
    expect(settings.refundAccountKeys.map(({ id }) => id)).toEqual(['b2', 'a1']);
    for (const wrong of ['x', `a:${key.slice(1)}`, `A:${key}`, `a:${key},a:${key}`, `:${key}`]) {
      expect(() => readSettings(production({ REFUND_ACCOUNT_KEYS: wrong }))).toThrow('REFUND_ACCOUNT_KEYS');
    }
    expect(() => readSettings(production({ VBANK_DUE_DAYS: '31' }))).toThrow('VBANK_DUE_DAYS');
  });

  test('are what was given', () => {
    const settings = readSettings(
      production({
        PORT: '8080',
        TRUSTED_PROXIES: '2',
        DATABASE_POOL_SIZE: '50',
        IAMPORT_CHANNEL_KEY: 'channel-key-1',
        IAMPORT_TEST_MODE: 'true',
        IAMPORT_TIMEOUT_MS: '45000',
        RECOVERY_GRACE_MS: '200000',
        POINT_PACKAGES: '1000, 2000:+100!',
        POINT_MAX_BALANCE: '5000',
        RATE_LIMIT: 'off',
        REDIS_URL: 'rediss://counter:redis-password@redis.example:6380/1',
        SHUTDOWN_DRAIN_MS: '0',
        LOG_LEVEL: 'warn',
        LOG_REQUEST_ID: 'false',
      }),
    );

    expect(settings).toMatchObject({
      production: true,
      port: 8080,
      publicUrl: 'https://points.example',
      trustedProxies: 2,
      database: {
        kind: 'mariadb',
        host: 'db.example',
        password: 'database-password',
        poolSize: 50,
      },
      iamport: { channelKey: 'channel-key-1', testMode: true, readTimeoutMs: 45_000, writeTimeoutMs: 45_000 },
      jwtSecret: SECRET,
      pointPackages: [
        { amount: 1000, bonus: 0, popular: false },
        { amount: 2000, bonus: 100, popular: true },
      ],
      pointMaxBalance: 5000,
      rateLimit: false,
      redisUrl: 'rediss://counter:redis-password@redis.example:6380/1',
      shutdownDrainMs: 0,
      logLevel: 'warn',
      logRequestId: false,
    });
  });

  test('follow the port with the public address as long as it is not given', () => {
    expect(readSettings(development({ PORT: '4000' })).publicUrl).toBe('http://localhost:4000');
  });

  test('give balancers five seconds to turn away in production', () => {
    expect(readSettings(production()).shutdownDrainMs).toBe(5000);
  });

  test('take an empty variable for one that is not there', () => {
    const names = [
      'PORT',
      'PUBLIC_URL',
      'DATABASE_URL',
      'IAMPORT_BASE_URL',
      'IAMPORT_SDK_URL',
      'IAMPORT_CHANNEL_KEY',
      'IAMPORT_TEST_MODE',
      'IAMPORT_TIMEOUT_MS',
      'JWT_SECRET',
      'POINT_PACKAGES',
      'POINT_MAX_BALANCE',
      'RATE_LIMIT',
    ];
    const withEmptyOnes = development(Object.fromEntries(names.map((name) => [name, ''])));

    expect(readSettings(withEmptyOnes)).toEqual(readSettings(development()));
  });

  test('forgive a slash at the end of an address', () => {
    const settings = readSettings(
      development({ PUBLIC_URL: 'http://localhost:3000/', IAMPORT_BASE_URL: 'http://127.0.0.1:3001/' }),
    );

    expect(settings.publicUrl).toBe('http://localhost:3000');
    expect(settings.iamport.baseUrl).toBe('http://127.0.0.1:3001');
  });

  test('read the parts of the address of a database', () => {
    const { database } = readSettings(development({ DATABASE_URL: 'mysql://user:word@host/points' }));

    expect(database).toMatchObject({
      kind: 'mysql',
      host: 'host',
      port: 3306,
      database: 'points',
      poolSize: 10,
    });
  });

  test.each([
    ['https://포인트.한국', 'https://xn--lu5bu9rm0a.xn--3e0b707e'],
    ['https://Shop.Example.KR', 'https://shop.example.kr'],
    ['HTTPS://shop.example.kr', 'https://shop.example.kr'],
    ['https://shop.example.kr:443', 'https://shop.example.kr'],
    ['http://shop.example.kr:80/', 'http://shop.example.kr'],
    ['https://shop.example.kr:8443//', 'https://shop.example.kr:8443'],
    ['http://[::1]:3000', 'http://[::1]:3000'],
  ])('take the public address %s as browsers write it', (given, origin) => {
    expect(readSettings(development({ PUBLIC_URL: given })).publicUrl).toBe(origin);
  });

  test('serve metrics only where a port is named, and only to this machine unless an address is named', () => {
    const metricsOf = (changed: NodeJS.ProcessEnv) => readSettings(production(changed)).metrics;

    expect(metricsOf({ METRICS_HOST: '0.0.0.0' })).toBeUndefined();
    expect(metricsOf({ METRICS_PORT: '9464' })).toEqual({ port: 9464, host: '127.0.0.1' });
    expect(metricsOf({ METRICS_PORT: '9464', METRICS_HOST: '::1' })).toEqual({ port: 9464, host: '::1' });
  });

  test('read an SQLite file that is named on purpose, and make its folder', () => {
    const file = join(folder, 'deeper', 'named.db');

    expect(readSettings(production({ DATABASE_URL: `sqlite:${file}` })).database).toEqual({
      kind: 'sqlite',
      file,
    });
    expect(existsSync(join(folder, 'deeper'))).toBe(true);
  });
});

describe('the secret of access tokens', () => {
  test('is made once in development, kept for its owner alone, and the same after a restart', () => {
    const first = readSettings(development()).jwtSecret;
    const second = readSettings(development()).jwtSecret;

    expect(second).toBe(first);
    expect(readFileSync(join(folder, 'jwt-secret'), 'utf8')).toBe(first);
    expect(statSync(join(folder, 'jwt-secret')).mode & 0o777).toBe(0o600);
  });

  test('differs from one installation to the next', () => {
    const elsewhere = development({ DATA_DIR: join(folder, 'other') });

    expect(readSettings(elsewhere).jwtSecret).not.toBe(readSettings(development()).jwtSecret);
  });

  test('leaves no file when it was given', () => {
    readSettings(development({ JWT_SECRET: SECRET }));

    expect(existsSync(join(folder, 'jwt-secret'))).toBe(false);
  });
});

describe('wrong settings', () => {
  test.each<[string, NodeJS.ProcessEnv, RegExp]>([
    ['a port that is no number', { PORT: 'http' }, /^PORT .*must be a whole number from 1 to 65535$/],
    ['a port that there is not', { PORT: '65536' }, /^PORT .*must be/],
    ['a negative port', { PORT: '-1' }, /^PORT .*must be/],
    ['a port with a fraction', { PORT: '80.5' }, /^PORT .*must be/],
    ['a port of metrics that there is not', { METRICS_PORT: '0' }, /^METRICS_PORT .*must be a whole number/],
    ['metrics on the public port', { METRICS_PORT: '3000' }, /^METRICS_PORT .*must differ from PORT/],
    [
      'metrics on a name',
      { METRICS_PORT: '9464', METRICS_HOST: 'localhost' },
      /^METRICS_HOST .*must be an IP address/,
    ],
    [
      'a public address with a path',
      { PUBLIC_URL: 'https://points.example/shop' },
      /^PUBLIC_URL .*must be an origin without a path/,
    ],
    ['a query', { PUBLIC_URL: 'https://points.example?a=1' }, /^PUBLIC_URL .*without anything after \?/],
    ['a fragment', { PUBLIC_URL: 'https://points.example/#a' }, /^PUBLIC_URL .*without anything after \?/],
    ['a user', { PUBLIC_URL: 'https://user@points.example' }, /^PUBLIC_URL .*without a user/],
    [
      'a port that there is not',
      { PUBLIC_URL: 'https://points.example:99999' },
      /^PUBLIC_URL .*http or https/,
    ],
    [
      'a public address of another kind',
      { PUBLIC_URL: 'ftp://points.example' },
      /^PUBLIC_URL .*must be an http/,
    ],
    ['a public address without http', { PUBLIC_URL: 'points.example' }, /^PUBLIC_URL .*must be an http/],
    [
      'a database of another kind',
      { DATABASE_URL: 'postgres://host/points' },
      /^DATABASE_URL .*must look like/,
    ],
    [
      'a password that was not encoded',
      { DATABASE_URL: 'mariadb://user:a+b%zz@host/points' },
      /^DATABASE_URL .*write a % .* as %25$/,
    ],
    ['a database without a name', { DATABASE_URL: 'mariadb://host' }, /^DATABASE_URL .*must look like/],
    ['a pool of nothing', { DATABASE_POOL_SIZE: '0' }, /^DATABASE_POOL_SIZE .*must be/],
    [
      'a gateway that is no address',
      { IAMPORT_BASE_URL: 'simulator' },
      /^IAMPORT_BASE_URL .*must be an http/,
    ],
    [
      'a script that is no address',
      { IAMPORT_SDK_URL: 'javascript:alert(1)' },
      /^IAMPORT_SDK_URL .*must be an http/,
    ],
    [
      'another word for true',
      { IAMPORT_TEST_MODE: 'yes' },
      /^IAMPORT_TEST_MODE .*must be one of: true, false$/,
    ],
    ['no time for an answer', { IAMPORT_TIMEOUT_MS: '0' }, /^IAMPORT_TIMEOUT_MS .*must be/],
    ['a short secret', { JWT_SECRET: 'x'.repeat(31) }, /^JWT_SECRET .*must be at least 32 bytes/],
    ['no package', { POINT_PACKAGES: ',' }, /^POINT_PACKAGES .*must be whole amounts/],
    ['a package of nothing', { POINT_PACKAGES: '0' }, /^POINT_PACKAGES .*must be whole amounts/],
    ['a negative package', { POINT_PACKAGES: '5000,-1' }, /^POINT_PACKAGES .*must be whole amounts/],
    ['half a won', { POINT_PACKAGES: '1000.5' }, /^POINT_PACKAGES .*must be whole amounts/],
    [
      'a package beyond any balance',
      { POINT_PACKAGES: '2147483648' },
      /^POINT_PACKAGES .*must be whole amounts/,
    ],
    ['a package twice', { POINT_PACKAGES: '5000,5000' }, /^POINT_PACKAGES .*names an amount twice$/],
    ['a package that nobody can hold', { POINT_MAX_BALANCE: '50000' }, /above POINT_MAX_BALANCE: 100000$/],
    ['a balance beyond GraphQL', { POINT_MAX_BALANCE: '2147483648' }, /^POINT_MAX_BALANCE .*must be/],
    ['another word for on', { RATE_LIMIT: 'true' }, /^RATE_LIMIT .*must be one of: on, off$/],
    ['a log level that there is not', { LOG_LEVEL: 'loud' }, /^LOG_LEVEL .*must be/],
    ['no key', { IAMPORT_API_KEY: undefined }, /IAMPORT_API_KEY and IAMPORT_API_SECRET are not set/],
    ['no secret', { IAMPORT_API_SECRET: '' }, /IAMPORT_API_KEY and IAMPORT_API_SECRET are not set/],
    [
      'no way to pay',
      { PAYMENT_METHODS: undefined },
      /PAYMENT_METHODS is not set; name the ways to pay, such as card,trans/,
    ],
    ['an unknown way to pay', { PAYMENT_METHODS: 'crad' }, /^PAYMENT_METHODS .*Did you mean card\?$/],
    [
      'an unknown limit',
      { PAYMENT_LIMITS: 'card:week=1' },
      /^PAYMENT_LIMITS .*max \(one payment\), day and month/,
    ],
    [
      'virtual accounts that wait no day',
      { PAYMENT_METHODS: 'card,vbank=@kcp', VBANK_DUE_DAYS: '0' },
      /^PAYMENT_METHODS .*names vbank, but VBANK_DUE_DAYS is 0/,
    ],
    ['an unknown tax', { TAX: 'exempt' }, /^TAX .*must be one of: none, tax_free, vat$/],
    [
      'a tax for a PG that nobody named',
      { TAX: 'vat', PAYMENT_METHODS: 'card=@kcp,trans' },
      /TAX needs the PG of each way to pay .*Without one: TRANSFER$/,
    ],
    ['no user code', { IAMPORT_USER_CODE: undefined }, /IAMPORT_USER_CODE is not set/],
  ])('with %s are refused with that one fault', (_, changed, fault) => {
    expect(faultsOf(development(changed))).toEqual([expect.stringMatching(fault)]);
  });

  test.each<[string, NodeJS.ProcessEnv, RegExp]>([
    ['without a secret', { JWT_SECRET: undefined }, / JWT_SECRET is required in production$/],
    ['with an empty secret', { JWT_SECRET: '' }, / JWT_SECRET is required in production$/],
    ['with a short secret', { JWT_SECRET: 'short' }, /^JWT_SECRET .*must be at least 32 bytes/],
    ['without a public address', { PUBLIC_URL: undefined }, / PUBLIC_URL is required in production/],
    [
      'on SQLite without being told so',
      { DATABASE_URL: undefined },
      / DATABASE_URL is required in production/,
    ],
    ['without a key', { IAMPORT_API_KEY: undefined }, /IAMPORT_API_KEY and IAMPORT_API_SECRET are required/],
    [
      'with the simulator',
      { IAMPORT_BASE_URL: 'http://localhost:3001' },
      /^IAMPORT_BASE_URL .*must be the real/,
    ],
    [
      'with a gateway without TLS',
      { IAMPORT_BASE_URL: 'http://api.iamport.kr' },
      /^IAMPORT_BASE_URL .*must be/,
    ],
    [
      'with a gateway of a like name',
      { IAMPORT_BASE_URL: 'https://apiiamport.kr' },
      /^IAMPORT_BASE_URL .*must be/,
    ],
    [
      'with a name before a like one',
      { IAMPORT_BASE_URL: 'https://iamport.kr.evil.example' },
      /^IAMPORT_BASE_URL/,
    ],
    [
      'with a script of somebody else',
      { IAMPORT_SDK_URL: 'https://evil.example/a.js' },
      /^IAMPORT_SDK_URL .*must be/,
    ],
  ])('in production %s are refused with that one fault', (_, changed, fault) => {
    expect(faultsOf(production(changed))).toEqual([expect.stringMatching(fault)]);
  });

  test('are all listed together, of whatever kind they are', () => {
    const faults = faultsOf({
      NODE_ENV: 'production',
      DATA_DIR: folder,
      PORT: 'many',
      IAMPORT_TEST_MODE: 'perhaps',
      IAMPORT_BASE_URL: 'http://localhost:3001',
      IAMPORT_SDK_URL: 'not an address',
      POINT_PACKAGES: '1,1',
    });

    expect(faults.map((fault) => fault.replace(/ .*/, '')).toSorted()).toEqual([
      'DATABASE_URL',
      'IAMPORT_API_KEY',
      'IAMPORT_BASE_URL',
      'IAMPORT_SDK_URL',
      'IAMPORT_TEST_MODE',
      'IAMPORT_USER_CODE',
      'JWT_SECRET',
      'PAYMENT_METHODS',
      'POINT_PACKAGES',
      'PORT',
      'PUBLIC_URL',
      'SHOP_FILE',
    ]);
    expect(new SettingsError(faults).message.split('\n')).toEqual([
      '설정을 고치세요 / The settings are not right:',
      ...faults.map((fault) => `  - ${fault}`),
    ]);
  });

  test('of ways to pay are all listed together', () => {
    const faults = faultsOf(
      production({ PAYMENT_METHODS: 'crad,trans=@kpc,vbank', PAYMENT_LIMITS: 'card:week=1,phnoe:max=1' }),
    );

    expect(faults.map((fault) => fault.replace(/ .*/, ''))).toEqual([
      'PAYMENT_METHODS',
      'PAYMENT_METHODS',
      'PAYMENT_LIMITS',
      'PAYMENT_LIMITS',
      'PAYMENT_METHODS',
    ]);
  });

  test('are told in Korean and in English', () => {
    const faults = [
      ...faultsOf({ DATA_DIR: folder }),
      ...faultsOf({ NODE_ENV: 'production', DATA_DIR: folder, IAMPORT_BASE_URL: 'http://localhost' }),
      ...faultsOf(development({ POINT_MAX_BALANCE: '1', METRICS_PORT: '3000' })),
      ...faultsOf(production({ RECOVERY_GRACE_MS: '1', IAMPORT_SDK_URL: 'https://evil.example' })),
      ...faultsOf(
        development({
          PORT: '-',
          IAMPORT_BASE_URL: '-',
          IAMPORT_TEST_MODE: '-',
          JWT_SECRET: '-',
          PAYMENT_METHODS: '-',
          PAYMENT_LIMITS: '-',
          POINT_PACKAGES: '-',
          REDIS_URL: '-',
          WEBHOOK_ADDRESSES: '-',
          METRICS_HOST: '-',
          LOG_LEVEL: '-',
        }),
      ),
      ...faultsOf(development({ POINT_PACKAGES: '1,1' })),
      ...faultsOf(development({ PAYMENT_METHODS: 'vbank', VBANK_DUE_DAYS: '0' })),
    ];

    expect(faults.length).toBeGreaterThan(20);
    expect(faults.filter((fault) => !/[가-힣].* \/ .*[a-z]{4}/.test(fault))).toEqual([]);
  });

  test('are refused without a word of what was given', () => {
    const canaries = development({
      PORT: 'canary-1',
      PUBLIC_URL: 'https://canary-2:canary-2@host',
      DATABASE_URL: 'canary-3://user:canary-4@host',
      DATABASE_POOL_SIZE: 'canary-5',
      IAMPORT_API_SECRET: '',
      IAMPORT_API_KEY: 'canary-6',
      IAMPORT_BASE_URL: 'canary-7',
      IAMPORT_SDK_URL: 'canary-8',
      IAMPORT_TEST_MODE: 'canary-9',
      JWT_SECRET: 'canary-10',
      POINT_PACKAGES: 'canary-11',
      RATE_LIMIT: 'canary-12',
      REDIS_URL: 'canary-13://user:canary-14@host',
      SHUTDOWN_DRAIN_MS: 'canary-15',
    });

    const faults = faultsOf(canaries);

    expect(faults.length).toBeGreaterThanOrEqual(10);
    expect(faults.join('\n')).not.toContain('canary');
  });

  test('name the folder that cannot be made', () => {
    const file = join(folder, 'a-file');
    writeFileSync(file, '');

    expect(faultsOf(development({ DATA_DIR: join(file, 'data') }))).toEqual([
      expect.stringMatching(/a-file\/data cannot be made .* set DATA_DIR/),
    ]);
  });

  describe('of the login of a shop', () => {
    const LOGIN = {
      AUTH_JWKS_URL: 'https://login.shop.example/jwks.json',
      AUTH_ISSUER: 'https://login.shop.example/',
      AUTH_AUDIENCE: 'points',
    };

    test('name it, and no secret of ours is needed or made then', () => {
      const settings = readSettings(production({ ...LOGIN, JWT_SECRET: undefined }));

      expect(settings.hostLogin).toEqual({
        jwksUrl: LOGIN.AUTH_JWKS_URL,
        issuer: LOGIN.AUTH_ISSUER,
        audience: LOGIN.AUTH_AUDIENCE,
        ownerClaim: 'sub',
        operator: undefined,
        pageScriptUrl: undefined,
      });
      expect(settings.jwtSecret).toBe('');
      expect(existsSync(join(folder, 'jwt-secret'))).toBe(false);
    });

    test('say who is an operator', () => {
      const operator = { AUTH_OPERATOR_CLAIM: 'roles', AUTH_OPERATOR_VALUE: 'boss' };

      expect(readSettings(development({ ...LOGIN, ...operator })).hostLogin?.operator).toEqual({
        claim: 'roles',
        value: 'boss',
      });
    });

    test.each([
      ['without an issuer', { ...LOGIN, AUTH_ISSUER: '' }, /AUTH_ISSUER is not set/],
      ['without an audience', { ...LOGIN, AUTH_AUDIENCE: undefined }, /AUTH_AUDIENCE is not set/],
      ['without the keys', { AUTH_ISSUER: 'x' }, /AUTH_ISSUER is of no use without AUTH_JWKS_URL/],
      ['with half an operator', { ...LOGIN, AUTH_OPERATOR_CLAIM: 'roles' }, /need each other/],
      [
        'with keys in the clear',
        { ...LOGIN, AUTH_JWKS_URL: 'http://a.example/' },
        /must be an https address/,
      ],
      [
        'with a script in the clear',
        { ...LOGIN, AUTH_PAGE_SCRIPT_URL: 'http://a.example/x.js' },
        /must be an https/,
      ],
    ])('are refused in production %s', (_, changed, fault) => {
      expect(faultsOf(production(changed))).toEqual([expect.stringMatching(fault)]);
    });
  });

  describe('of events', () => {
    const SECRET = `whsec_${Buffer.alloc(32, 1).toString('base64')}`;
    const OTHER = `whsec_${Buffer.alloc(24, 2).toString('base64')}`;
    const EVENTS = { EVENTS_URL: 'https://shop.example/points/?from=here', EVENTS_SECRETS: SECRET };

    test('say who is told, to the letter, and by which secrets; nobody when they are left out', () => {
      expect(readSettings(production(EVENTS)).events).toEqual({ url: EVENTS.EVENTS_URL, secrets: [SECRET] });
      const both = { ...EVENTS, EVENTS_SECRETS: `${SECRET}, ${OTHER}` };
      expect(readSettings(production(both)).events?.secrets).toEqual([SECRET, OTHER]);
      expect(readSettings(production()).events).toBeUndefined();
    });

    test.each([
      ['in the clear', { ...EVENTS, EVENTS_URL: 'http://shop.example/' }, /EVENTS_URL must be an https/],
      ['with a password', { ...EVENTS, EVENTS_URL: 'https://a:b@shop.example/' }, /no user and password/],
      ['at no address', { ...EVENTS, EVENTS_URL: 'shop' }, /must be an http or https address/],
      ['without a secret', { ...EVENTS, EVENTS_SECRETS: '' }, /EVENTS_SECRETS is not set/],
      ['without an address', { EVENTS_SECRETS: SECRET }, /EVENTS_URL is not set/],
      ['with a short secret', { ...EVENTS, EVENTS_SECRETS: 'whsec_c2hvcnQ=' }, /must be at most 2 secrets/],
      ['with no such secret', { ...EVENTS, EVENTS_SECRETS: SECRET.slice(6) }, /must be at most 2 secrets/],
      ['with one twice', { ...EVENTS, EVENTS_SECRETS: `${SECRET},${SECRET}` }, /must be at most 2 secrets/],
    ])('are refused %s', (_, changed, fault) => {
      expect(faultsOf(production(changed))).toEqual([expect.stringMatching(fault)]);
    });
  });
});
