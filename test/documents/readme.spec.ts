import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { codeSpansOf, PROJECT, readDocument, readText, tableWith, type Document } from './markdown.js';

/** Shorter pieces would be found in any source. */
const SHORTEST_PIECE_CHARS = 6;

describe.each([
  ['README.md', 'README.ko.md'],
  ['docs/going-live.md', 'docs/going-live.ko.md'],
])('%s and %s', (english, korean) => {
  test('have the same headings, code blocks, lists and tables', () => {
    const shape = shapeOf(readDocument(english));

    expect(shapeOf(readDocument(korean))).toEqual(shape);
    expect(shape.levels.length).toBeGreaterThan(3);
    expect(shape.tables.length).toBeGreaterThan(1);
  });

  test('name the same commands, settings and fields in each section', () => {
    expect(namesOf(readDocument(korean))).toEqual(namesOf(readDocument(english)));
  });

  test('link to the same places, each in its own language', () => {
    const places = (path: string) =>
      readDocument(path)
        .links.map((link) => link.replace(/\.ko\.md/, '.md').replace(/#.*/, ''))
        .filter((link) => !/^(README|going-live)\.md$/.test(link))
        .toSorted();

    expect(places(korean)).toEqual(places(english));
  });
});

describe.each(['README.md', 'README.ko.md'])('%s', (path) => {
  const document = readDocument(path);

  test('says in its first code block the two commands and nothing else', () => {
    expect(document.codeBlocks[0]).toEqual({ language: 'sh', lines: ['npm start', 'npm test'] });
  });

  test('names only paths that exist in "where is what", and every room of the server that holds behaviour', () => {
    const rows = tableWith(document, '[CONTRIBUTING.md](CONTRIBUTING.md)');
    const linked = rows.map(([cell = '']) => /^\[([^\]]+)\]\(([^)]+)\)$/.exec(cell));
    const folders = rows.flatMap(([, what = '']) => codeSpansOf(what)).filter((code) => code.endsWith('/'));

    for (const [index, match] of linked.entries()) expect([index, match]).toEqual([index, expect.anything()]);
    const paths = [...linked.map((match) => match?.[2] ?? ''), ...folders];
    expect(paths.filter((target) => !existsSync(join(PROJECT, target)))).toEqual([]);

    const rooms = ['point-transaction', 'payment-order', 'iamport', 'auth', 'user', 'iamport-simulator'];
    expect(paths).toEqual(expect.arrayContaining(rooms.map((room) => `src/${room}`)));
  });

  test('names the folders of the tests', () => {
    const [, what = ''] =
      tableWith(document, '[CONTRIBUTING.md](CONTRIBUTING.md)').find(([cell]) => cell === '[test](test)') ??
      [];

    const named = codeSpansOf(what).map((folder) => join(PROJECT, 'test', folder));
    expect(named.length).toBeGreaterThan(0);
    expect(named.filter((folder) => !existsSync(folder))).toEqual([]);
  });

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
  return ['src', 'scripts']
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
