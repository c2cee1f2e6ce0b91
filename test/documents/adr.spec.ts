import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { PROJECT, readDocument, readText, tableWith } from './markdown.js';

const LINES_MAX = 25;

const records: string[] = readdirSync(join(PROJECT, 'docs/adr'))
  .filter((name) => name !== 'README.md')
  .toSorted();

describe.each(records)('%s', (file) => {
  const path = `docs/adr/${file}`;

  test('has its number, a date, and the three parts', () => {
    const number = Number(file.slice(0, 4));
    const { headings } = readDocument(path);

    expect(headings[0]?.text).toMatch(new RegExp(`^${number} \\S`));
    expect(headings.slice(1).map(({ text }) => text)).toEqual(['Context', 'Decision', 'Consequences']);
    expect(readText(path)).toMatch(/^\d{4}-\d{2}-\d{2}, (?:accepted|replaced by \[ADR \d+\])/m);
  });

  test('is short', () => {
    const lines = readText(path)
      .trimEnd()
      .split('\n')
      .filter((line) => !line.startsWith('|'));

    expect(lines.length).toBeLessThanOrEqual(LINES_MAX);
  });

  test('is in the list of decisions', () => {
    expect(readDocument('docs/adr/README.md').links).toContain(file);
  });
});

test('the records are numbered 1, 2, 3 … without gaps', () => {
  expect(records.map((file) => Number(file.slice(0, 4)))).toEqual(records.map((_, index) => index + 1));
  expect(records.length).toBeGreaterThan(0);
});

test('ADR 1 names every dependency of the server and of the simulator once, and why', () => {
  const packages = ['package.json', 'simulator/package.json'].map(
    (path) =>
      JSON.parse(readText(path)) as Record<'dependencies' | 'devDependencies', Record<string, string>>,
  );
  const dependencies = new Set(
    packages.flatMap((one) => Object.keys({ ...one.dependencies, ...one.devDependencies })),
  );
  const rows = tableWith(readDocument('docs/adr/0001-libraries.md'), '`graphql`');

  const named = rows.map(([name = '']) => name.replaceAll('`', ''));
  expect(named.toSorted()).toEqual([...dependencies].toSorted());
  expect(rows.filter(([, why = '']) => why === '')).toEqual([]);
});
