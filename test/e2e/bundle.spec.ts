import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { SourceMap, type SourceMapping } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { startTopUpService } from '../support/top-up-service.js';

/** Machine code and its loaders, and a package of functions alone, of which a second copy does no harm. */
const LOADED_FROM_OUTSIDE = ['@neon-rs/load', '@node-rs/argon2', 'detect-libc', 'libsql', 'picomatch'];
const run = promisify(execFile);

describe('the server as one bundle', () => {
  let coverage: string;

  beforeEach(async () => {
    coverage = await mkdtemp(join(tmpdir(), 'point-top-up-coverage-'));
  });

  afterEach(() => rm(coverage, { recursive: true, force: true }));

  /** Node writes down what it has loaded. */
  async function packagesLoaded(): Promise<string[]> {
    const packages = new Set<string>();
    for (const file of await readdir(coverage)) {
      const { result } = JSON.parse(await readFile(join(coverage, file), 'utf8')) as {
        result: { url: string }[];
      };
      for (const { url } of result) {
        const name = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(url)?.[1];
        if (name !== undefined) packages.add(name);
      }
    }
    return [...packages].filter((name) => !/-(x64|arm64)-/.test(name)).toSorted();
  }

  async function textsOfBundle(): Promise<string[]> {
    const files = (await readdir('dist/bundle')).filter((name) => name.endsWith('.js'));
    return Promise.all(files.map((name) => readFile(join('dist/bundle', name), 'utf8')));
  }

  test('holds what it needs: a second TypeORM or Nest from outside would not know what the first one has', async () => {
    const service = await startTopUpService({ env: { NODE_V8_COVERAGE: coverage } });
    const { client } = await service.user();
    expect(
      (await client.call('{ me { point } pointTransactions(first: 1) { pageInfo { hasNextPage } } }')).errors,
    ).toBe(undefined);
    expect((await fetch(`${service.url}/health/ready`)).status).toBe(200);
    await service.stop();

    expect(await packagesLoaded()).toEqual(LOADED_FROM_OUTSIDE);
  });

  test('holds GraphQL and RxJS once and as ES modules: a getter for each name in each file that imports them is 4 MiB', async () => {
    const texts = await textsOfBundle();
    const commonJs = texts.flatMap((text) => [...text.matchAll(/__commonJS\(\{"node_modules\/([^/"]+)\//g)]);
    const packages = new Set(commonJs.map(([, name]) => name));

    // Others are CommonJS, so that this is how one would be seen.
    expect(packages).toContain('typeorm');
    expect(packages).not.toContain('graphql');
    expect(packages).not.toContain('rxjs');
  });

  test('leaves the function that Nest puts on fields its name: it is known by it and taken off the schema', async () => {
    const texts = await textsOfBundle();

    expect(texts.filter((text) => /\brootFieldResolver\s*=/.test(text))).toHaveLength(1);
  });

  test('asks no `module.require`, which is not there: Apollo would take the SHA-256 of each document by a package in JavaScript', async () => {
    const texts = await textsOfBundle();

    expect(texts.filter((text) => text.includes('.createHash(kind)'))).toHaveLength(1);
    expect(texts.filter((text) => text.includes('module.require'))).toHaveLength(0);
  });

  test('leaves each class of ours its name: GraphQL, TypeORM and the log take names from classes', async () => {
    const texts = await textsOfBundle();
    const sources = (await readdir('src', { recursive: true })).filter((file) =>
      /(?<!\.spec)\.ts$/.test(file),
    );
    const names = (await Promise.all(sources.map((file) => readFile(join('src', file), 'utf8')))).flatMap(
      (text) => [...text.matchAll(/^(?:export )?(?:abstract )?class (\w+)/gm)].map(([, name]) => name),
    );
    const renamed = texts.flatMap((text) =>
      [...text.matchAll(/\b([A-Z]\w*?[a-z])\d+\s*=\s*class\b/g)].map(([, name]) => name),
    );

    expect(names).toContain('PointTransactionModel');
    expect(texts.join('')).toMatch(/\bPointTransactionModel\s*=\s*class\b/);
    expect(renamed.filter((name) => names.includes(name))).toEqual([]);
  });

  test('names no function at each call of the one around it: that is an eighth of a charge', async () => {
    expect((await textsOfBundle()).filter((text) => text.includes('__name('))).toEqual([]);
  });

  test('names lines of our sources where something fails', async () => {
    const service = await startTopUpService();
    const { client } = await service.user();
    await service.books.query('ALTER TABLE point_transaction RENAME TO point_transaction_away');

    const { errors } = await client.call('{ pointTransactions(first: 1) { pageInfo { hasNextPage } } }');

    expect(errors?.[0]?.extensions.code).toBe('INTERNAL_SERVER_ERROR');
    const trace = await service.server.lineWith('an operation failed');
    const frames = [...trace.matchAll(/\((?:file:\/\/)?(\/[^)]+?):(\d+):\d+\)/g)];
    const lines = frames.map(([, file = '', line]) => ({
      file,
      text: readFileSync(file, 'utf8').split('\n')[Number(line) - 1],
    }));
    const ours = lines.filter(({ file }) => /\/src\/[^/]+\/[^/]+\.ts$/.test(file));
    expect(ours).toContainEqual({
      file: expect.stringContaining('src/point-transaction/point-transaction.resolver.ts'),
      text: expect.stringContaining('this.transactions.page('),
    });
    await service.stop();
  });

  test('says of no line of a package that it is ours', async () => {
    const files = (await readdir('dist/bundle')).filter((name) => name.endsWith('.js.map'));
    const sourcesOf = async (name: string, text: string) => {
      const map = new SourceMap(JSON.parse(await readFile(join('dist/bundle', name), 'utf8')));
      const lines = (await readFile(join('dist/bundle', name.slice(0, -'.map'.length)), 'utf8')).split('\n');
      return lines.flatMap((line, number) =>
        line.includes(text)
          ? [(map.findEntry(number, line.indexOf(text)) as Partial<SourceMapping>).originalSource]
          : [],
      );
    };
    const found = async (text: string) =>
      (await Promise.all(files.map((name) => sourcesOf(name, text)))).flat();

    // Both are in a file that holds code of packages and of ours.
    expect([...new Set(await found('Unsupported protocol '))]).toStrictEqual([undefined]);
    expect(await found('a payment has changed its order')).toStrictEqual([
      expect.stringMatching(/src\/point-transaction\/reconciliation\.ts$/),
    ]);
  });

  test('is started in a container as by npm run start:prod, with arguments that Node knows', async () => {
    const [container] = /^CMD (\[.*\])$/m
      .exec((await readFile('Dockerfile', 'utf8')).split('AS production').at(-1) ?? '')!
      .slice(1) as [string];
    const [, ...inContainer] = JSON.parse(container) as string[];
    const { scripts } = JSON.parse(await readFile('package.json', 'utf8')) as {
      scripts: Record<string, string>;
    };
    const [, ...byNpm] = (scripts['start:prod'] ?? '').split(' ');

    expect(byNpm.slice(0, -1)).toEqual(inContainer.slice(0, -1));
    await run(process.execPath, [...inContainer.slice(0, -1), '--eval', '0']);
  });
});
