import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { AddressFault, readDatabaseUrl } from './database-address.js';

const SERVER = 'mariadb://shop:word@db.example.com/points';
const ENCRYPTED_ONLY = { rejectUnauthorized: false, verifyIdentity: false };
const SIGNED = { rejectUnauthorized: true, verifyIdentity: false };
const OF_THE_HOST = { rejectUnauthorized: true, verifyIdentity: true };
const JSON_OF_OTHERS = '{"minVersion":"TLSv1.2","rejectUnauthorized":true}';

describe('the address of a database', () => {
  test('is host, port, user, password and name, and speaks in the clear unless it says otherwise', () => {
    expect(readDatabaseUrl('mysql://shop:word@db.example.com:3307/points')).toEqual({
      kind: 'mysql',
      host: 'db.example.com',
      port: 3307,
      socketPath: undefined,
      user: 'shop',
      password: 'word',
      database: 'points',
      tls: undefined,
      pipelining: true,
    });
  });

  test.each([
    ['mariadb://shop@db.example.com/points', { port: 3306, password: '' }],
    ['mariadb://shop:@db.example.com/points', { password: '' }],
    ['mariadb://u:p@[::1]:3307/points', { host: '::1', port: 3307 }],
    ['mariadb://u:p@[2001:DB8::1]/points', { host: '2001:db8::1', port: 3306 }],
    ['mariadb://u:p@127.0.0.1:80/points', { host: '127.0.0.1', port: 80 }],
    ['mariadb://u:p@DB.Example.COM/points', { host: 'db.example.com' }],
    ['mariadb://u:p@point_db/points', { host: 'point_db' }],
    ['mariadb://u:p@디비.한국/points', { host: 'xn--2z1b77o.xn--3e0b707e' }],
    ['mariadb://u:a+b@host/points', { password: 'a+b' }],
    ['mariadb://u:100%25@host/points', { password: '100%' }],
    ['mariadb://u:p%2F%40%20%ED%95%9C@host/points', { password: 'p/@ 한' }],
    ['mariadb://u:p@ss:w?rd#1@host/points', { user: 'u', password: 'p@ss:w?rd#1', host: 'host' }],
    ['mariadb://u%40shop:p@host/points', { user: 'u@shop' }],
    ['mariadb://u:p@host/%ED%8F%AC', { database: '포' }],
    ['mariadb://u:p@localhost/points?socketPath=/run/my.sock', { socketPath: '/run/my.sock' }],
    ['mariadb://u:p@/points?socket=/run/my.sock', { socketPath: '/run/my.sock' }],
    ['mariadb://u:p@host/points?pipelining=auto', { pipelining: true }],
    ['mariadb://u:p@host/points?pipelining=off', { pipelining: false }],
  ])('is read from %s', (text, expected) => {
    expect(readDatabaseUrl(text)).toMatchObject(expected);
  });

  test.each([
    ['sqlite:data/point.db', 'data/point.db'],
    ['sqlite:/a folder/point.db', '/a folder/point.db'],
  ])('may be a file: %s', (text, file) => {
    expect(readDatabaseUrl(text)).toEqual({ kind: 'sqlite', file });
  });
});

describe('TLS to the database', () => {
  let folder: string;
  let ca: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'point-top-up-authority-'));
    ca = join(folder, 'ca.pem');
    writeFileSync(ca, AUTHORITY);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const tlsOf = (query: string) => {
    const address = readDatabaseUrl(`${SERVER}?${query}`);
    if (address.kind === 'sqlite') throw new Error('no server');
    return address.tls;
  };

  test.each([
    ['ssl=true', OF_THE_HOST],
    ['ssl=1', OF_THE_HOST],
    ['ssl={}', OF_THE_HOST],
    [`ssl=${JSON_OF_OTHERS}`, { ...OF_THE_HOST, minVersion: 'TLSv1.2' }],
    [`ssl=${encodeURIComponent(JSON_OF_OTHERS)}`, { ...OF_THE_HOST, minVersion: 'TLSv1.2' }],
    ['ssl={"rejectUnauthorized": true, "verifyIdentity": false}', SIGNED],
    ['ssl={"rejectUnauthorized":false}', ENCRYPTED_ONLY],
    ['sslmode=required', ENCRYPTED_ONLY],
    ['sslmode=require', ENCRYPTED_ONLY],
    ['ssl-mode=REQUIRED', ENCRYPTED_ONLY],
    ['sslMode=VERIFY_CA', SIGNED],
    ['ssl_mode=verify-ca', SIGNED],
    ['sslmode=VERIFY_IDENTITY', OF_THE_HOST],
    ['sslmode=verify-full', OF_THE_HOST],
    ['ssl=true&sslmode=required', ENCRYPTED_ONLY],
    ['sslmode=verify-ca&ssl=true', SIGNED],
  ])('is as strict as people mean it: %s', (query, expected) => {
    expect(tlsOf(query)).toEqual({ minVersion: undefined, ca: undefined, ...expected });
  });

  test.each(['ssl=false', 'ssl=0', 'sslmode=disabled', 'ssl-mode=DISABLED', 'sslmode=disable'])(
    'is not spoken where it is turned off: %s',
    (query) => {
      expect(tlsOf(query)).toBeUndefined();
    },
  );

  test.each([
    ['', OF_THE_HOST],
    ['ssl=true&', OF_THE_HOST],
    ['sslmode=required&', SIGNED],
    ['sslmode=verify-ca&', SIGNED],
    ['sslmode=verify-identity&', OF_THE_HOST],
    ['ssl={"verifyIdentity":false}&', SIGNED],
  ])('asks the authority that is named: %ssslca=file', (query, expected) => {
    for (const name of ['sslca', 'ssl-ca', 'ssl_ca', 'sslCA']) {
      expect(tlsOf(`${query}${name}=${ca}`)).toEqual({ minVersion: undefined, ...expected, ca: AUTHORITY });
    }
  });

  test.each([
    'ssl=false&sslca=CA',
    'sslmode=disabled&sslca=CA',
    'ssl={"rejectUnauthorized":false}&sslca=CA',
    'ssl=true&sslmode=disabled',
    'ssl=false&sslmode=required',
    'ssl={"rejectUnauthorized":false}&sslmode=verify-ca',
    'ssl={"rejectUnauthorized":false,"verifyIdentity":true}',
  ])('that is asked for in two ways at once is refused: %s', (query) => {
    expect(faultOf(`${SERVER}?${query.replace('CA', ca)}`)).toMatch(/^contradicts itself in ssl/);
  });

  test('needs a certificate in the file of the authority', () => {
    writeFileSync(join(folder, 'empty.pem'), '');

    for (const file of ['missing.pem', 'empty.pem']) {
      expect(faultOf(`${SERVER}?sslca=${join(folder, file)}`)).toMatch(
        /^names an sslca file in which no cert/,
      );
    }
  });
});

describe('an address that is wrong', () => {
  test.each([
    ['postgres://u:p@host/points', /^must look like mariadb:/],
    ['mariadb://u:p@host', /^must look like/],
    ['mariadb://u:p@host/', /^must look like/],
    ['mariadb://u:p@host/points/more', /^must look like/],
    ['mariadb://u:p w@host/points', /a blank as %20$/],
    ['mariadb://u:p/w@host/points', /write \/ as %2F/],
    ['mariadb://u:1/2?abc&def@host/points', /write \/ as %2F/],
    ['sqlite:', /^must look like/],
    ['sqlite:data/point.db?mode=ro', /takes no parameters/],
    ['mariadb://host/points', /^names no user/],
    ['mariadb://:word@host/points', /^names no user/],
    ['mariadb://u:p@/points', /^names no host/],
    ['mariadb://u:p@:3306/points', /^names no host/],
    ['mariadb://u:p@::1:3306/points', /IPv6 address in brackets/],
    ['mariadb://u:p@::1/points', /IPv6 address in brackets/],
    ['mariadb://u:p@[::1/points', /IPv6 address in brackets/],
    ['mariadb://u:p@[no]/points', /^names a host that cannot be one/],
    ['mariadb://u:p@ho<st/points', /^names a host that cannot be one/],
    ['mariadb://u:p@host:/points', /^must name a port from 1 to 65535$/],
    ['mariadb://u:p@host:0/points', /^must name a port/],
    ['mariadb://u:p@host:65536/points', /^must name a port/],
    ['mariadb://u:a+b%zz@host/points', /write a % .* as %25$/],
    ['mariadb://u:100%@host/points', /as %25$/],
    ['mariadb://u%:p@host/points', /as %25$/],
    ['mariadb://u:p@host/po%ints', /as %25$/],
    [`${SERVER}?sslmod=required`, /not known \(sslmod\)\. Did you mean sslmode\? Known are ssl, sslmode/],
    [`${SERVER}?sll=true`, /Did you mean ssl\?/],
    [`${SERVER}?sslka=x`, /Did you mean sslca\?/],
    [`${SERVER}?charset=utf8mb4`, /not known \(charset\)\. Known are/],
    [`${SERVER}?constructor=1`, /not known \(constructor\)\. Known are/],
    [`${SERVER}?ssl`, /^has an empty ssl$/],
    [`${SERVER}?sslca=`, /^has an empty sslca$/],
    [`${SERVER}?ssl=true&SSL=true`, /^has ssl twice$/],
    [`${SERVER}?pipelining=on`, /pipelining of auto or off/],
    [`${SERVER}?ssl=yes`, /^must have true, false or JSON/],
    [`${SERVER}?ssl=[]`, /^must have true, false or JSON/],
    [`${SERVER}?ssl={"ca":"x"}`, /named by sslca$/],
    [`${SERVER}?ssl={"constructor":true}`, /^must have true, false or JSON/],
    [`${SERVER}?ssl={"rejectUnauthorized":"false"}`, /^must have true, false or JSON/],
    [`${SERVER}?sslmode=preferred`, /not preferred/],
    [`${SERVER}?sslmode=constructor`, /^must have disabled, required/],
  ])('is refused with its reason: %s', (text, fault) => {
    expect(faultOf(text)).toMatch(fault);
  });

  test('is told without a word of the password, whatever stands in it', () => {
    const texts = [
      '/canary@host/points',
      '%canary@host/points',
      '@host/points?canary=1@',
      '/?canary&canary@host/p',
    ];
    for (const text of texts) {
      expect(faultOf(`mariadb://u:canary${text}`)).not.toContain('canary');
    }
  });
});

function faultOf(text: string): string {
  try {
    readDatabaseUrl(text);
  } catch (error) {
    if (!(error instanceof AddressFault)) throw error;
    expect(error.texts.ko).toMatch(/^값/);
    return error.texts.en;
  }
  return 'no fault';
}

/** A certificate that nobody trusts; only its form is looked at. */
const AUTHORITY = `-----BEGIN CERTIFICATE-----
MIIBejCCAR+gAwIBAgIUfpKkhcyJ49HEoV2U6xuH7azpc68wCgYIKoZIzj0EAwIw
ETEPMA0GA1UEAwwGbm9ib2R5MCAXDTI2MTEyNzAxMzkwNloYDzIxMjYxMTAzMDEz
OTA2WjARMQ8wDQYDVQQDDAZub2JvZHkwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNC
AAQjmIxtBw4HpR+OCsTWrOQ6DUmDO+FxzH70ssuVIn3ppX+MyXUzGgPFihIE0YGR
6cX4XXT9WA7H6TQtWVOpr5n7o1MwUTAdBgNVHQ4EFgQU0npI8Ko+ys18Bo8Iefnn
lFxDkrQwHwYDVR0jBBgwFoAU0npI8Ko+ys18Bo8IefnnlFxDkrQwDwYDVR0TAQH/
BAUwAwEB/zAKBggqhkjOPQQDAgNJADBGAiEA/jrsiIfMZYPcDSaO0PSpWL5Vzf7a
c024Yrtgjx0ot58CIQDnE4G71InBnCfvSYiDdrteyTNDSP+EWWNUBxrP0r/hDA==
-----END CERTIFICATE-----
`;
