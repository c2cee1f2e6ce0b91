import { expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { readSettings } from '../../src/config/settings.js';
import { readText } from './markdown.js';

/** `SHUTDOWN_TIMEOUT_MS` of main.ts is not exported; the text is read so that both stay together. */
const SHUTDOWN_TIMEOUT_MS = Number(
  /SHUTDOWN_TIMEOUT_MS = ([\d_]+)/.exec(readText('src/main.ts'))?.[1]?.replaceAll('_', ''),
);
const SHUTDOWN_DRAIN_MAX_MS = Number(
  /SHUTDOWN_DRAIN_MAX_MS = ([\d_]+)/.exec(readText('src/config/settings-form.ts'))?.[1]?.replaceAll('_', ''),
);

interface Service {
  profiles?: string[];
  image?: string;
  environment?: Record<string, string | number>;
  ports?: string[];
  volumes?: string[];
  depends_on?: Record<string, { condition: string; required?: boolean }>;
  healthcheck?: object;
  stop_grace_period?: string;
}

const { services } = parse(readText('docker-compose.yaml'), { merge: true }) as {
  services: Record<string, Service>;
};
const INSTANCES = ['instance-1', 'instance-2', 'instance-3'];
const NODES = ['galera1', 'galera2', 'galera3'];

test('without a profile there are one server, its database and its migration', () => {
  const always = Object.keys(services).filter((name) => !services[name]?.profiles);

  expect(always.toSorted()).toEqual(['mariadb', 'migrate', 'server']);
});

test('the profile `instances` adds three servers, their Redis and their balancer', () => {
  const added = Object.keys(services).filter((name) => services[name]?.profiles?.includes('instances'));

  expect(added.toSorted()).toEqual(['balancer', ...INSTANCES, 'redis']);
});

test('the profile `galera` adds three nodes and the balancer that a server is pointed at', () => {
  const added = Object.keys(services).filter((name) => services[name]?.profiles?.includes('galera'));

  expect(added.toSorted()).toEqual(['galera', ...NODES]);
  expect(services.server?.environment?.DATABASE_URL).toContain('@${DATABASE_HOST:-mariadb}:3306/');
  expect(services.galera?.environment).toMatchObject({ GALERA_BIND: expect.stringContaining(':3306') });
  expect(Object.values(services.galera?.environment ?? {})).toEqual(
    expect.arrayContaining(NODES.map((name) => `${name}:3306`)),
  );
});

test.each(INSTANCES)('%s has the settings of `server`, and those that several servers need', (name) => {
  const instance = services[name];

  expect(instance?.environment).toEqual({
    ...services.server?.environment,
    REDIS_URL: '${REDIS_URL:-redis://redis:6379}',
    TRUSTED_PROXIES: '${TRUSTED_PROXIES:-1}',
    SHUTDOWN_DRAIN_MS: '${SHUTDOWN_DRAIN_MS:-5000}',
  });
  expect(instance?.depends_on?.migrate).toEqual({ condition: 'service_completed_successfully' });
  expect(instance?.depends_on?.redis).toEqual({ condition: 'service_healthy' });
});

test('only the balancer is reached from outside, at the port of the one server', () => {
  expect(services.balancer?.ports).toEqual(services.server?.ports);
  for (const name of [...INSTANCES, 'redis']) expect(services[name]?.ports).toBeUndefined();
});

test('the balancer has the configuration of the tests and the addresses that it names', () => {
  const configuration = readText('deploy/haproxy.cfg');
  const addresses = [...configuration.matchAll(/"\$\{(SERVER_\d)\}"/g)].map(([, name]) => name);

  expect(services.balancer?.volumes).toEqual(['./deploy/haproxy.cfg:/usr/local/etc/haproxy/haproxy.cfg:ro']);
  expect(Object.keys(services.balancer?.environment ?? {})).toEqual(addresses);
  expect(Object.values(services.balancer?.environment ?? {})).toEqual(
    INSTANCES.map((name) => `${name}:3000`),
  );
});

test('whoever waits until another one is healthy waits for one whose health is looked at', () => {
  const awaited = Object.values(services).flatMap(({ depends_on = {} }) =>
    Object.keys(depends_on).filter((name) => depends_on[name]?.condition === 'service_healthy'),
  );

  expect(new Set(awaited)).toEqual(new Set(['mariadb', 'simulator', 'redis', ...INSTANCES, ...NODES]));
  for (const name of awaited) expect(services[name]?.healthcheck).toBeDefined();
});

test.each(['server', ...INSTANCES])('%s is killed only after all that it may wait for', (name) => {
  const graceMs = Number(/^(\d+)s$/.exec(services[name]?.stop_grace_period ?? '')?.[1]) * 1000;

  expect(graceMs).toBeGreaterThan(SHUTDOWN_DRAIN_MAX_MS + SHUTDOWN_TIMEOUT_MS);
});

test('two looks of the balancer fit into the time that a server gives it', () => {
  const intervalMs =
    Number(/BALANCER_CHECK_INTERVAL (\d+)s/.exec(readText('deploy/haproxy.cfg'))?.[1]) * 1000;
  const { shutdownDrainMs } = readSettings({
    NODE_ENV: 'production',
    PUBLIC_URL: 'https://points.example',
    DATABASE_URL: 'mariadb://a:b@c/d',
    JWT_SECRET: 'x'.repeat(32),
    SHOP_FILE: 'shop/shop.json',
    IAMPORT_API_KEY: 'k',
    IAMPORT_API_SECRET: 's',
    IAMPORT_USER_CODE: 'imp00000000',
    PAYMENT_METHODS: 'card',
  });

  expect(shutdownDrainMs).toBeGreaterThan(2 * intervalMs);
});

test('the folder of the shop’s file is there for every server under the name that it has outside', () => {
  for (const name of ['server', ...INSTANCES]) {
    expect(services[name]?.volumes).toContain('./shop:/app/shop:ro');
    expect(services[name]?.environment?.SHOP_FILE).toBe('${SHOP_FILE:-}');
  }
});
