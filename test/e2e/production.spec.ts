import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { getIntrospectionQuery } from 'graphql';
import { graphqlClient } from '../support/graphql-client.js';
import { migrate, type RunningProgram, startServer, startServerInVain } from '../support/server.js';
import { productionSettings } from '../support/top-up-service.js';

const MIGRATIONS_FOLDER = new URL('../../src/database/migrations', import.meta.url);

let folder: string;
let env: Record<string, string>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'point-top-up-production-'));
  env = productionSettings(`sqlite:${join(folder, 'point.db')}`);
});

afterAll(() => rm(folder, { recursive: true, force: true }));

test('an old schema is not migrated by a start: one line says what to do, and then it starts', async () => {
  const { exitCode, output } = await startServerInVain({ env });
  expect(exitCode).toBe(1);
  expect(output).toMatch(
    /^[가-힣].* \/ the database schema is older than this program: run `npm run migrate` first \(the module in your own app: `npx point-top-up migrate`\)\.\n$/,
  );

  const migrated = await migrate({ env });
  const files = await readdir(MIGRATIONS_FOLDER);
  expect(migrated.exitCode).toBe(0);
  expect(migrated.output).toMatch(/^(migrated: [A-Za-z]+\d{13}\n)+$/);
  expect(migrated.output.match(/\d{13}/g)).toEqual(files.toSorted().map((file) => file.slice(0, 13)));
  expect(await migrate({ env })).toEqual({ exitCode: 0, output: 'the schema is up to date\n' });
  await (await startServer({ env })).stop();
});

describe('a server in production', () => {
  let server: RunningProgram;

  beforeAll(async () => {
    await migrate({ env });
    server = await startServer({ env });
  });

  afterAll(() => server.stop());

  test('answers no introspection and suggests no names', async () => {
    const client = graphqlClient(server.url);

    for (const query of [
      getIntrospectionQuery(),
      '{ __schema { types { name } } }',
      '{ __type(name: "User") { name } }',
    ]) {
      const { status, data, errors } = await client.call(query);
      expect(status).toBe(400);
      expect(data).toBeNull();
      expect(errors?.[0]?.extensions).toEqual({ code: 'GRAPHQL_VALIDATION_FAILED', retryable: false });
    }
    const { errors } = await client.call('{ pointPackage }');
    expect(errors?.[0]?.message).not.toContain('pointPackages');
    expect((await client.call<{ __typename: string }>('{ __typename }')).data).toEqual({
      __typename: 'Query',
    });
  });

  test('has no GraphiQL', async () => {
    for (const path of ['/graphql', '/graphiql/page.js', '/graphiql/react.js']) {
      const response = await fetch(`${server.url}${path}`, { headers: { accept: 'text/html' } });
      expect([400, 404]).toContain(response.status);
      expect(await response.text()).not.toMatch(/<script/);
    }
  });

  test('sends its cookie by https only, and works', async () => {
    const client = graphqlClient(server.url);
    const account = await client.signUp();

    const { headers } = await client.call(
      'mutation ($email: String!, $password: String!) { login(email: $email, password: $password) { expiresAt } }',
      { email: account.email, password: account.password },
    );

    expect(headers.getSetCookie()[0]).toMatch(/; Secure/);
    expect(await client.succeed('{ pointPackages }')).toEqual({
      pointPackages: [5_000, 10_000, 30_000, 50_000, 100_000],
    });
  });
});
