import { describe, expect, test } from '@jest/globals';
import ts from 'typescript';
import { NAMES_OF_OTHER_PROGRAMS } from '../../src/config/env-file.js';
import { SETTING_NAMES } from '../../src/config/settings-form.js';
import { readSettings } from '../../src/config/settings.js';
import { readSettings as readSimulatorSettings } from '../../simulator/src/settings.js';
import { readDocument, readText, tableWith } from './markdown.js';

/** Defaults that are made of other settings, so that the schema does not have them. */
const DERIVED: Record<string, string> = { PUBLIC_URL: 'http://localhost:$PORT' };

/** Set by whoever starts the program and not in a file of settings. */
const NOT_IN_ENV_EXAMPLE = ['NODE_ENV'];

/** Settings of other programs and the file that reads each of them. */
const READ_BY: Record<string, string> = {
  IAMPORT_SIMULATOR_PORT: 'simulator/src/settings.ts',
  IAMPORT_SIMULATOR_DATA: 'simulator/src/settings.ts',
  IAMPORT_SIMULATOR_HOST: 'simulator/src/settings.ts',
  IAMPORT_SIMULATOR_SEED: 'simulator/src/settings.ts',
  IAMPORT_SIMULATOR_FAULTS: 'simulator/src/settings.ts',
  IAMPORT_SIMULATOR_WEBHOOKS: 'simulator/src/settings.ts',
  IAMPORT_SIMULATOR_WEBHOOK_URL: 'simulator/src/settings.ts',
  IAMPORT_SIMULATOR_PARTIAL_STATUS: 'simulator/src/settings.ts',
  MARIADB_PASSWORD: 'docker-compose.yaml',
  DATABASE_HOST: 'docker-compose.yaml',
  TEST_DATABASE_URL: 'test/support/mariadb.ts',
  BENCH_DATABASE_URL: 'bench/databases.mjs',
  CHROMIUM_PATH: 'test/support/requirements.mjs',
  CI: 'test/support/requirements.mjs',
};

describe.each(['docs/settings.md', 'docs/settings.ko.md'])('the settings in %s', (path) => {
  test('are those of settings-form.ts, with the same defaults', () => {
    const rows = tableWith(readDocument(path), '`PORT`').map(([name = '', value = '']) => [
      codeOf(name),
      codeOf(value),
    ]);

    expect(Object.fromEntries(rows)).toEqual({ ...schemaDefaults(), ...DERIVED });
    expect(rows).toHaveLength(Object.keys(schemaDefaults()).length);
  });

  test('of the other programs are read by those programs', () => {
    const rows = tableWith(readDocument(path), '`IAMPORT_SIMULATOR_PORT`');

    const names = rows.map(([name = '']) => codeOf(name) ?? '');
    expect(names.toSorted()).toEqual(Object.keys(READ_BY).toSorted());
    for (const name of names) expect(readText(READ_BY[name] ?? '')).toContain(name);
  });

  test('of the simulator have its own defaults', () => {
    const defaults = new Map(
      tableWith(readDocument(path), '`IAMPORT_SIMULATOR_PORT`').map(([name = '', value = '']) => [
        codeOf(name),
        codeOf(value),
      ]),
    );

    const { port, dataFile, host, partialCancelStatus } = readSimulatorSettings({});
    expect(defaults.get('IAMPORT_SIMULATOR_HOST')).toBe(host);
    expect(defaults.get('IAMPORT_SIMULATOR_PARTIAL_STATUS')).toBe(partialCancelStatus);
    expect(defaults.get('IAMPORT_SIMULATOR_PORT')).toBe(String(port));
    expect(defaults.get('IAMPORT_SIMULATOR_DATA')).toBe(dataFile);
  });
});

test('names of other programs that begin like ours are known', () => {
  const beginnings = SETTING_NAMES.flatMap((name) => /^[A-Z]+_/.exec(name) ?? []);
  const like = Object.keys(READ_BY).filter((name) => beginnings.some((begin) => name.startsWith(begin)));

  expect(like.toSorted()).toEqual(NAMES_OF_OTHER_PROGRAMS.toSorted());
});

describe('.env.example', () => {
  const shown = envExample();

  test('names every setting that can stand in a file, and no other', () => {
    const server = Object.keys(schemaDefaults()).filter((name) => !NOT_IN_ENV_EXAMPLE.includes(name));
    const others = Object.keys(READ_BY).filter(
      (name) => name.startsWith('IAMPORT_SIMULATOR_') || name === 'MARIADB_PASSWORD',
    );

    expect(Object.keys(shown).toSorted()).toEqual([...server, ...others].toSorted());
  });

  test('shows the defaults, as it says', () => {
    const { port, dataFile, host, partialCancelStatus } = readSimulatorSettings({});
    const defaults: Record<string, string | undefined> = {
      ...schemaDefaults(),
      PUBLIC_URL: 'http://localhost:3000',
      IAMPORT_SIMULATOR_PORT: String(port),
      IAMPORT_SIMULATOR_DATA: dataFile,
      IAMPORT_SIMULATOR_HOST: host,
      IAMPORT_SIMULATOR_WEBHOOKS: 'on',
      IAMPORT_SIMULATOR_PARTIAL_STATUS: partialCancelStatus,
    };

    for (const [name, value] of Object.entries(shown)) {
      expect({ name, value }).toEqual({ name, value: defaults[name] ?? '' });
    }
  });
});

test('the server is reached by localhost and its port where nothing else is set', () => {
  const needed = {
    IAMPORT_API_KEY: 'k',
    IAMPORT_API_SECRET: 's',
    IAMPORT_USER_CODE: 'imp00000000',
    PAYMENT_METHODS: 'card',
  };
  const settings = readSettings({ ...needed, DATABASE_URL: 'mysql://a:b@c/d', JWT_SECRET: 'x'.repeat(32) });

  expect(settings.publicUrl).toBe(DERIVED.PUBLIC_URL?.replace('$PORT', String(settings.port)));
});

/** Names and defaults as the schema of settings-form.ts is written; undefined for a setting without a default. */
function schemaDefaults(): Record<string, string | undefined> {
  const source = ts.createSourceFile(
    'settings-form.ts',
    readText('src/config/settings-form.ts'),
    ts.ScriptTarget.Latest,
    true,
  );
  const declarations = source.statements
    .filter(ts.isVariableStatement)
    .flatMap((statement) => [...statement.declarationList.declarations]);
  const schema = declarations.find((declaration) => declaration.name.getText() === 'schema')?.initializer;
  const fields = schema && ts.isCallExpression(schema) ? schema.arguments[0] : undefined;
  if (!fields || !ts.isObjectLiteralExpression(fields)) throw new Error('settings-form.ts has no schema');
  return Object.fromEntries(
    fields.properties
      .filter(ts.isPropertyAssignment)
      .map(({ name, initializer }) => [name.getText(), defaultOf(initializer)]),
  );
}

/** The argument of `.default(…)` in a chain of calls. */
function defaultOf(chain: ts.Expression): string | undefined {
  if (!ts.isCallExpression(chain) || !ts.isPropertyAccessExpression(chain.expression)) return undefined;
  if (chain.expression.name.text !== 'default') return defaultOf(chain.expression.expression);
  const [value] = chain.arguments;
  if (!value || !ts.isLiteralExpression(value)) throw new Error(`not a plain default: ${chain.getText()}`);
  return value.text;
}

/** What stands alone between backquotes; undefined for a cell of words, which means that there is no default. */
function codeOf(cell: string): string | undefined {
  return /^`([^`]+)`$/.exec(cell)?.[1];
}

function envExample(): Record<string, string> {
  const lines = readText('.env.example').split('\n');
  return Object.fromEntries(
    lines.flatMap((line) => {
      const [, name, value] = /^# ([A-Z][A-Z_]+)=(.*)$/.exec(line) ?? [];
      return name === undefined || value === undefined ? [] : [[name, value]];
    }),
  );
}
