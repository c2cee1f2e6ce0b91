import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { codeSpansOf, PROJECT, readDocument, readText, tableWith } from './markdown.js';

test('the words that stand in code are those of the sources', () => {
  const sources = readdirSync(join(PROJECT, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.spec.ts'))
    .map((name) => readText(`src/${name}`))
    .join('\n');
  const rows = tableWith(readDocument('docs/words.md'), 'point');

  const named = rows.flatMap(([, , code = '']) => codeSpansOf(code)).flatMap((code) => code.split('.'));
  expect(named.length).toBeGreaterThan(15);
  expect(named.filter((name) => !new RegExp(`\\b${name}\\b`).test(sources))).toEqual([]);
});
