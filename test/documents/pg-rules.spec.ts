import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { format, resolveConfig } from 'prettier';
import { pgRulesPage } from '../../scripts/pg-rules-pages.mjs';
import { PG_TABLE } from '../../src/iamport/pg-rules.js';
import { PROJECT, readDocument, readText } from './markdown.js';

test.each([
  ['en', 'docs/pg-rules.md'],
  ['ko', 'docs/pg-rules.ko.md'],
] as const)('the page in %s is the table of PGs (npm run pg-rules writes it)', async (language, path) => {
  const filepath = join(PROJECT, path);
  const options = { ...(await resolveConfig(filepath)), filepath };

  expect(readText(path)).toBe(await format(pgRulesPage(language, PG_TABLE), options));
});

test('every PG has its row for each way to pay', () => {
  const rows = readDocument('docs/pg-rules.md').tables.flatMap(([, ...body]) => body);

  for (const { pg, methods } of PG_TABLE) {
    expect([pg, rows.filter(([first = '']) => first.includes(`\`${pg}\``)).length]).toEqual([
      pg,
      Object.keys(methods).length,
    ]);
  }
});
