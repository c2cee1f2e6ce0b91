import { describe, expect, test } from '@jest/globals';
import { faultsOfEnvironment, faultsOfFile } from './env-file.js';

describe('.env', () => {
  test.each([
    ['nothing', ''],
    ['comments and blank lines', '# PORT 3000\n\n   \n  # x\n'],
    ['a mark at its beginning and Windows line ends', '\uFEFFPORT=3000\r\nLOG_LEVEL=info\r\n'],
    [
      'export, quotes, blanks and an empty value',
      'export PORT = 3000\nJWT_SECRET="a#b"  # why\nREDIS_URL=\n',
    ],
    ['a value over several lines', 'SOME_KEY="-----BEGIN\nno assignment\n-----END"\nPORT=1'],
    ['names of other programs', 'IAMPORT_SIMULATOR_PORT=1\nDATABASE_HOST=galera\nMARIADB_PASSWORD=x\nTZ=UTC'],
    ['Node’s own names', 'NODE_OPTIONS=--trace-warnings\nNODE_ENV=production'],
  ])('may hold %s', (_, text) => {
    expect(faultsOfFile(text)).toEqual([]);
  });

  test.each([
    ['PORT=1\n\nIAMPORT_API_KEY canary\n', 'line 3 of .env is not NAME=value'],
    ['PORT=1\r\nJWT_SECRET canary\r\n', 'line 2 of .env is not NAME=value'],
    ['A="x\ny"\ncanary', 'line 3 of .env is not NAME=value'],
    ['IAMPORT_APIKEY=canary', 'IAMPORT_APIKEY is no setting; did you mean IAMPORT_API_KEY?'],
    ['IAMPORT_SECRET=canary', 'IAMPORT_SECRET is no setting; did you mean IAMPORT_API_SECRET?'],
    ['export jwt_secret=canary', 'jwt_secret is no setting; did you mean JWT_SECRET?'],
    ['Port=1', 'Port is no setting; did you mean PORT?'],
    ['DATBASE_URL=canary', 'DATBASE_URL is no setting; did you mean DATABASE_URL?'],
    ['DATABASE_SOMETHING_ELSE=canary', 'DATABASE_SOMETHING_ELSE is no setting; .env.example lists them all'],
    [
      'IAMPORT_SIMULATOR_PROT=1',
      'IAMPORT_SIMULATOR_PROT is no setting; did you mean IAMPORT_SIMULATOR_PORT?',
    ],
    ['PORT=1\nPORT=2', 'PORT stands twice in .env'],
  ])('with %j is refused in both languages, without a value', (text, fault) => {
    expect(faultsOfFile(text)).toEqual([expect.stringMatching(/[가-힣].* \/ /)]);
    expect(faultsOfFile(text)[0]?.split(' / ')[1]).toBe(fault);
    expect(faultsOfFile(text).join('')).not.toContain('canary');
  });
});

describe('the environment', () => {
  test('may hold what others put there, though it begins like ours', () => {
    const others = [
      'REDIS_PORT',
      'REDIS_SERVICE_HOST',
      'REDIS_PORT_6379_TCP',
      'DATABASE_PRIVATE_URL',
      'HOST',
    ];
    const more = ['METRICS_PORT_9464_TCP_ADDR', 'LOG_DIR', 'POST', 'PUBLIC_KEY', 'npm_config_port'];

    expect(faultsOfEnvironment(Object.fromEntries([...others, ...more].map((name) => [name, 'x'])))).toEqual(
      [],
    );
  });

  test('is refused for a name that is nearly one of ours, unless that one is set too', () => {
    expect(faultsOfEnvironment({ REDIS_URI: 'canary' })).toEqual([
      expect.stringMatching(/REDIS_URI is no setting; did you mean REDIS_URL\?$/),
    ]);
    expect(faultsOfEnvironment({ REDIS_URI: 'x', REDIS_URL: 'redis://localhost' })).toEqual([]);
  });
});
