// Where every bench works: a folder of its own, the programs in it, and the end of all that.
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { JwtService } from '@nestjs/jwt';
import { ulid } from 'ulid';
import { ACCESS_TOKEN } from '../dist/auth/access-token.js';
import { hashOf, newSecret, serviceKeyText } from '../dist/service-key/key-text.js';
import { freePort, HOST, startProgram } from './program.mjs';
import { openRows } from './rows.mjs';

const DOCKERFILE = new URL('../Dockerfile', import.meta.url);
const EXAMPLE_SHOP = new URL('../shop.example.json', import.meta.url);
const JWT_SECRET_BYTES = 48;
/** Nobody listens at the port that discards. */
const NO_PROXY_THERE = 'http://127.0.0.1:9';

/**
 * @param onCleanUp gets what takes everything away again, as soon as there is something to take away.
 * @param story gets the workplace; whatever it starts there ends with it, the last one first.
 */
export async function inWorkplace(onCleanUp, story) {
  const cleanUps = [];
  const cleanUpTo = async (count) => {
    while (cleanUps.length > count) await cleanUps.pop()();
  };
  onCleanUp(() => cleanUpTo(0));
  try {
    const folder = mkdtempSync(join(tmpdir(), 'point-top-up-bench-'));
    cleanUps.push(async () => rmSync(folder, { recursive: true, force: true }));
    return await story({
      folder,
      jwtSecret: randomBytes(JWT_SECRET_BYTES).toString('base64url'),
      onEnd: (end) => cleanUps.push(end),
      start: async (program, more = {}) => {
        const name = program.split('/').at(-1);
        const started = await startProgram(program, {
          workingFolder: folder,
          env: bareEnvironment(),
          logFile: join(folder, `${name}-${randomBytes(4).toString('hex')}.log`),
          ...more,
        });
        cleanUps.push(started.stop);
        return started;
      },
      /** What is started in it ends before the next one begins, which gets the machine for itself. */
      alone: async (work) => {
        const kept = cleanUps.length;
        const result = await work();
        await cleanUpTo(kept);
        return result;
      },
    });
  } finally {
    await cleanUpTo(0);
  }
}

/** Nothing of the developer's own settings. */
export function bareEnvironment() {
  const { PATH, HOME, TMPDIR, TZ } = process.env;
  return { PATH, HOME, TMPDIR, TZ };
}

/** What Node is told in production, so that what is measured is what runs there. */
export function productionNodeArguments() {
  const commands = [...readFileSync(DOCKERFILE, 'utf8').matchAll(/^CMD (\[.*\])$/gm)];
  return JSON.parse(commands.at(-1)[1]).slice(1, -1);
}

/** What the image tells the C library. */
export function productionEnvironment() {
  const settings = readFileSync(DOCKERFILE, 'utf8').matchAll(/^ENV (MALLOC_\w+)=(\S+)$/gm);
  return Object.fromEntries([...settings].map(([, name, value]) => [name, value]));
}

/** Our server against the bench's gateway. */
export async function startOurs(place, databaseUrl, gateway, { nodeArguments }) {
  const port = await freePort();
  const started = await place.start('server.mjs', {
    nodeArguments,
    env: {
      ...ourEnvironment(place, databaseUrl, port),
      IAMPORT_BASE_URL: gateway.url,
      // Everything comes from one address.
      RATE_LIMIT: 'off',
    },
  });
  return { ...started, url: `http://${HOST}:${port}` };
}

/**
 * Our server as production starts it. It knows no gateway but iamport's, so its way there ends on this machine, and nobody
 * may ask it for more than its health.
 */
export async function startOursInProduction(place, databaseUrl, { nodeArguments }) {
  const port = await freePort();
  const started = await place.start('../dist/bundle/main.js', {
    nodeArguments,
    env: {
      ...ourEnvironment(place, databaseUrl, port),
      NODE_ENV: 'production',
      SHOP_FILE: shopFile(place),
      HTTPS_PROXY: NO_PROXY_THERE,
    },
  });
  return { ...started, url: `http://${HOST}:${port}` };
}

/** That of the example under a number that production takes. */
function shopFile({ folder }) {
  const shop = JSON.parse(readFileSync(EXAMPLE_SHOP, 'utf8'));
  shop.business.registrationNumber = '100-00-00009';
  const file = join(folder, 'shop.json');
  writeFileSync(file, JSON.stringify(shop));
  return file;
}

function ourEnvironment({ jwtSecret }, databaseUrl, port) {
  return {
    ...bareEnvironment(),
    PORT: String(port),
    PUBLIC_URL: 'https://point.example.com',
    DATABASE_URL: databaseUrl,
    IAMPORT_API_KEY: 'bench',
    IAMPORT_API_SECRET: 'bench',
    IAMPORT_USER_CODE: 'imp00000000',
    PAYMENT_METHODS: 'card',
    JWT_SECRET: jwtSecret,
    ...productionEnvironment(),
  };
}

export function startFloor(place, databaseUrl, gateway) {
  return place.start('floor.mjs', {
    env: {
      ...bareEnvironment(),
      NODE_ENV: 'production',
      BENCH_FLOOR_DATABASE_URL: databaseUrl,
      BENCH_FLOOR_GATEWAY_URL: gateway.url,
      BENCH_FLOOR_JWT_SECRET: place.jwtSecret,
    },
  });
}

/** Straight into a database, beside the server that uses it. */
export async function openRowsIn(place, databaseUrl) {
  const rows = await openRows(databaseUrl);
  place.onEnd(rows.close);
  return rows;
}

export function accessTokens({ jwtSecret }) {
  const { algorithm, issuer, audience, lifetimeSeconds, type } = ACCESS_TOKEN;
  const jwt = new JwtService({
    secret: jwtSecret,
    signOptions: { algorithm, issuer, audience, expiresIn: lifetimeSeconds },
  });
  return { of: (ownerId) => jwt.sign({ sub: ownerId, type }) };
}

/** Of a service that spends. Both databases of a bench know it. */
export function newServiceKey() {
  const [id, secret] = [ulid(), newSecret()];
  return { id, secretHash: hashOf(secret), key: serviceKeyText({ id, secret }) };
}
