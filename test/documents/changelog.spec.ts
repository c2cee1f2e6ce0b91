import { expect, test } from '@jest/globals';
import { readDocument, readText } from './markdown.js';

/** As https://keepachangelog.com has them. */
const KINDS = ['Added', 'Changed', 'Deprecated', 'Removed', 'Fixed', 'Security'];
/** Longer ones are about how it was made, not about what a user notices. */
const LINE_MAX_CHARS = 300;

const { headings } = readDocument('CHANGELOG.md');
const textsOf = (wanted: number) => headings.filter(({ level }) => level === wanted).map(({ text }) => text);

test('the changelog begins with what is unreleased, as `npm run release` wants it', () => {
  const [first, ...versions] = textsOf(2);

  expect(first).toBe('[Unreleased]');
  for (const version of versions) expect(version).toMatch(/^\[\d+\.\d+\.\d+\] - \d{4}-\d{2}-\d{2}$/);
});

test('its changes are grouped by kind, each in a line that people read', () => {
  const lines = readText('CHANGELOG.md')
    .split('\n')
    .filter((line) => line.startsWith('- '));

  expect(textsOf(3).filter((kind) => !KINDS.includes(kind))).toEqual([]);
  expect(lines.length).toBeGreaterThan(0);
  expect(lines.filter((line) => line.length > LINE_MAX_CHARS)).toEqual([]);
});
