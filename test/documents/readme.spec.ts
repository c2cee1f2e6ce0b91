import { existsSync, readdirSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import {
  codeSpansOf,
  documentPaths,
  PROJECT,
  readDocument,
  readText,
  tableWith,
  type Document,
} from './markdown.js';

/** Shorter pieces would be found in any source. */
const SHORTEST_PIECE_CHARS = 6;
/** What a page may hold at most, so that it stays one that people read to its end. */
const CHARS_MAX: [path: string, chars: number][] = [
  ['README.md', 7_500],
  ['README.ko.md', 7_500],
  ['docs/performance.md', 8_000],
  ['docs/scale.md', 6_500],
];
const PICTURE_MAX_BYTES = 150_000;

const PAIRS = documentPaths()
  .filter((path) => path.endsWith('.ko.md'))
  .map((korean): [english: string, korean: string] => [korean.replace('.ko.md', '.md'), korean]);

test('what a newcomer reads is there in both languages', () => {
  expect(PAIRS.map(([english]) => english)).toEqual([
    'README.md',
    'docs/adopt.md',
    'docs/comparison.md',
    'docs/events.md',
    'docs/going-live.md',
    'docs/payment-methods.md',
    'docs/pg-rules.md',
    'docs/receipts.md',
    'docs/settings.md',
    'docs/shop.md',
    'docs/simulator.md',
    'docs/spending.md',
    'docs/troubleshooting.md',
    'docs/virtual-accounts.md',
  ]);
});

test.each(CHARS_MAX)('%s is short enough to be read: at most %i characters', (path, chars) => {
  expect(readText(path).length).toBeLessThanOrEqual(chars);
});

describe.each(PAIRS)('%s and %s', (english, korean) => {
  test('have the same headings, code blocks, lists and tables', () => {
    const shape = shapeOf(readDocument(english));

    expect(shapeOf(readDocument(korean))).toEqual(shape);
    expect(shape.levels.length).toBeGreaterThan(2);
    expect(shape.tables.length).toBeGreaterThan(1);
  });

  test('name the same commands, settings and fields in each section', () => {
    expect(namesOf(readDocument(korean))).toEqual(namesOf(readDocument(english)));
  });

  test('link to the same places, each in its own language', () => {
    const places = (path: string) =>
      readDocument(path)
        .links.map((link) => link.replace(/\.ko\b/, '').replace(/#.*/, ''))
        .toSorted();
    const inEnglish = readDocument(korean).links.filter((link) =>
      PAIRS.some(([page]) => join(dirname(korean), link.replace(/#.*/, '')) === page),
    );

    expect(places(korean)).toEqual(places(english));
    // The other language at the top, and no page in English that is there in Korean.
    expect(inEnglish).toEqual([basename(english)]);
  });
});

describe.each(['README.md', 'README.ko.md'])('%s', (path) => {
  const document = readDocument(path);

  test('says in its first code block the two commands and nothing else', () => {
    expect(document.codeBlocks[0]).toEqual({ language: 'sh', lines: ['npm start', 'npm test'] });
  });

  test('shows what `npm start` prints', () => {
    const shown = document.codeBlocks.find(({ language }) => language === 'text')?.lines ?? [];
    const printed = readText('scripts/start.mjs');

    const words = shown.flatMap((line) =>
      line
        .replace(/https?:\S+/, '')
        .split(/ {2,}/)
        .filter((part) => part !== ''),
    );
    expect(words.length).toBeGreaterThan(5);
    expect(words.filter((word) => !printed.includes(word))).toEqual([]);
  });

  test('shows the checkout page by a picture that is soon there', () => {
    const pictures = document.links.filter((link) => link.endsWith('.png'));

    expect(pictures).toHaveLength(1);
    for (const picture of pictures) {
      expect(statSync(join(PROJECT, picture)).size).toBeLessThanOrEqual(PICTURE_MAX_BYTES);
    }
  });

  test('leads to every page of docs', () => {
    const pages = documentPaths().filter((page) => /^docs\/[\w-]+\.md$/.test(page));

    expect(document.links.map((link) => link.replace('.ko.md', '.md'))).toEqual(
      expect.arrayContaining([...pages, 'docs/adr/README.md', 'CONTRIBUTING.md', 'SECURITY.md']),
    );
  });
});

describe('docs/architecture.md', () => {
  const document = readDocument('docs/architecture.md');
  const linkedIn = (rows: string[][]) =>
    rows.flatMap(([cell = '']) =>
      [...cell.matchAll(/\]\(([^)]+)\)/g)].map(([, link = '']) => join('docs', link)),
    );

  test('names only paths that exist in "where is what"', () => {
    const rows = tableWith(document, '[postman](../postman)');
    const folders = rows.flatMap(([, what = '']) => codeSpansOf(what)).filter((code) => code.endsWith('/'));

    expect(linkedIn(rows)).toHaveLength(rows.length);
    expect([...linkedIn(rows), ...folders].filter((target) => !existsSync(join(PROJECT, target)))).toEqual(
      [],
    );
  });

  test('names every room of src, and no other', () => {
    const rooms = readdirSync(join(PROJECT, 'src'), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => `src/${name}`);

    expect(linkedIn(tableWith(document, '[refusal](../src/refusal)')).toSorted()).toEqual(rooms.toSorted());
  });
});

test('CONTRIBUTING.md names the folders of the tests', () => {
  const rows = tableWith(readDocument('CONTRIBUTING.md'), '`integration`');
  const named = rows.flatMap(([, where = '']) => codeSpansOf(where)).filter((code) => code.endsWith('/'));

  const folders = readdirSync(join(PROJECT, 'test'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => `test/${name}/`);
  expect(folders.filter((folder) => !named.includes(folder))).toEqual([
    'test/planted-bugs/',
    'test/support/',
  ]);
  expect(named.filter((folder) => !folders.includes(folder))).toEqual([]);
});

describe.each(['docs/troubleshooting.md', 'docs/troubleshooting.ko.md'])('%s', (path) => {
  const document = readDocument(path);

  test('explains only lines that the programs really print', () => {
    const rows = tableWith(document, '`The settings are not right:`');
    const printed = sourcesAsPrinted();

    const missing = rows
      .flatMap(([line = '']) => codeSpansOf(line))
      .flatMap((line) => line.split('…').map((piece) => piece.trim()))
      .filter((piece) => piece.length >= SHORTEST_PIECE_CHARS && !printed.includes(piece));
    expect(rows.length).toBeGreaterThan(15);
    expect(missing).toEqual([]);
  });

  test('explains every fault of the start that a program names', () => {
    const explained = tableWith(document, '`The settings are not right:`')
      .flatMap(([line = '']) => codeSpansOf(line))
      .map((line) => line.split('…').map((piece) => piece.trim()));

    const faults = startFaults();
    expect(faults.length).toBeGreaterThan(10);
    for (const fault of faults) {
      const explanation = explained.find((pieces) => pieces.every((piece) => fault.includes(piece)));
      expect([fault, explanation]).toEqual([fault, expect.anything()]);
    }
  });
});

function shapeOf({ headings, sections, codeBlocks, tables }: Document) {
  return {
    levels: headings.map(({ level }) => level),
    codeBlocks: codeBlocks.map(({ language, lines }) => ({ language, lines: lines.length })),
    lists: sections.map(({ numberedSteps, bullets }) => ({ numberedSteps, bullets })),
    tables: tables.map((rows) => rows.map((cells) => cells.length)),
  };
}

function namesOf({ sections }: Document): string[][] {
  return sections.map(({ codeSpans }) => [...new Set(codeSpans)].toSorted());
}

/** The sources without comments, in which a text that is put together of two literals reads as it is printed. */
function sourcesAsPrinted(): string {
  return ['src', 'simulator/src', 'scripts']
    .flatMap((folder) =>
      readdirSync(join(PROJECT, folder), { recursive: true, encoding: 'utf8' }).map((name) =>
        join(folder, name),
      ),
    )
    .filter((path) => /(?<!\.spec)\.(ts|mjs)$/.test(path) && statSync(join(PROJECT, path)).isFile())
    .map((path) => readText(path))
    .join('\n')
    .replaceAll(/^\s*(?:\/\/|\/?\*).*$/gm, '')
    .replaceAll(/['`]\s*\+\s*['`]/g, '')
    .replaceAll("\\'", "'");
}

/** Texts of the errors that end a start with one clear line; the English one where they are written apart. */
function startFaults(): string[] {
  const thrown =
    /new (?:DatabaseUnusable|CannotStart|StartFault)\(\s*(?:\{\s*ko:.*?\sen:\s*)?(['`"])(.*?)\1,?\s*(?:\},?\s*)?\)/gs;
  return [...sourcesAsPrinted().matchAll(thrown)].map(([, , text]) => text ?? '');
}
