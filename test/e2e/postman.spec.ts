import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { makeServiceKey } from '../support/service-client.js';
import { startTopUpService, type TopUpService } from '../support/top-up-service.js';

const COLLECTION = fileURLToPath(
  new URL('../../postman/point-top-up.postman_collection.json', import.meta.url),
);
const ENVIRONMENT = fileURLToPath(
  new URL('../../postman/point-top-up.postman_environment.json', import.meta.url),
);
const NEWMAN = createRequire(import.meta.url).resolve('newman/bin/newman.js');

let service: TopUpService;
let folder: string;

beforeAll(async () => {
  service = await startTopUpService();
  folder = await mkdtemp(join(tmpdir(), 'point-top-up-postman-'));
});

afterAll(async () => {
  await service.stop();
  await rm(folder, { recursive: true, force: true });
});

interface Report {
  run: {
    stats: Record<'items' | 'requests' | 'assertions', { total: number; failed: number }>;
    failures: { error: { message: string }; source: { name: string } }[];
  };
}

async function run(variables: Record<string, string>): Promise<{ exitCode: number; report: Report }> {
  const reportFile = join(folder, 'report.json');
  const { PATH, HOME } = process.env;
  const exitCode = await new Promise<number>((resolve) => {
    const options = Object.entries(variables).flatMap(([name, value]) => ['--env-var', `${name}=${value}`]);
    execFile(
      process.execPath,
      [
        NEWMAN,
        'run',
        COLLECTION,
        '-e',
        ENVIRONMENT,
        ...options,
        '-r',
        'json',
        '--reporter-json-export',
        reportFile,
      ],
      { env: { PATH, HOME }, cwd: folder },
      (error) => resolve(error ? Number(error.code ?? 1) : 0),
    );
  });
  return { exitCode, report: JSON.parse(await readFile(reportFile, 'utf8')) as Report };
}

test.each([
  ['ko', 'nothing pasted'],
  ['en', 'a service key'],
])(
  'the Postman collection runs from sign-up to credited and cancelled points (%s) with %s',
  async (language, pasted) => {
    const withKey = pasted === 'a service key';
    const { item } = JSON.parse(await readFile(COLLECTION, 'utf8')) as { item: unknown[] };

    const { exitCode, report } = await run({
      serverUrl: service.url,
      simulatorUrl: service.simulatorUrl,
      language,
      ...(withKey && { serviceKey: await makeServiceKey({ DATA_DIR: service.folder }, ['spend']) }),
    });

    expect(report.run.failures.map(({ source, error }) => `${source.name}: ${error.message}`)).toEqual([]);
    expect(exitCode).toBe(0);
    expect(report.run.stats.requests).toMatchObject({ total: item.length, failed: 0 });
    expect(report.run.stats.assertions.total).toBeGreaterThanOrEqual(2 * item.length - (withKey ? 2 : 9));
    const rows: { status: string; amount: number }[] = await service.books.query(
      'SELECT status, amount FROM point_transaction ORDER BY id',
    );
    const first = ['PAYMENT', 'CANCEL'];
    const second = ['PAYMENT', 'SPEND', 'SPEND_CANCEL', 'SPEND', 'SPEND_CANCEL', 'CANCEL'];
    expect(rows.map(({ status }) => status)).toEqual(withKey ? [...first, ...second] : first);
    expect(rows.reduce((sum, { amount }) => sum + amount, 0)).toBe(0);
    // A notice of each run.
    expect(await service.books.query('SELECT id FROM point_webhook_delivery')).toHaveLength(withKey ? 2 : 1);
  },
);

test('the environment names the addresses of npm start and holds no token or password', async () => {
  const { values } = JSON.parse(await readFile(ENVIRONMENT, 'utf8')) as {
    values: { key: string; value: string }[];
  };

  expect(Object.fromEntries(values.map(({ key, value }) => [key, value]))).toEqual({
    serverUrl: 'http://localhost:3000',
    simulatorUrl: 'http://localhost:3001',
    language: 'ko',
    name: '김포인트',
  });
});
