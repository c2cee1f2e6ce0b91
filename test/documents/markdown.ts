import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const PROJECT = fileURLToPath(new URL('../..', import.meta.url));

/** A document with the parts of it that tests compare. Code blocks count neither as headings nor as tables. */
export interface Document {
  headings: { level: number; text: string }[];
  sections: Section[];
  codeBlocks: { language: string; lines: string[] }[];
  tables: Table[];
  /** Targets of `[text](target)`, of `<address>` and of `<img src="target">`. */
  links: string[];
}

/** What stands below one heading and above the next one. */
export interface Section {
  heading: string;
  codeSpans: string[];
  numberedSteps: number;
  bullets: number;
}

/** Without the line of dashes; the first row is the header. */
export type Table = string[][];

/** Paths of the documents that people read, relative to the project. */
export function documentPaths(): string[] {
  const top = readdirSync(PROJECT).filter((name) => name.endsWith('.md'));
  const docs = readdirSync(join(PROJECT, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name.replaceAll('\\', '/')}`);
  return [...top, ...docs].toSorted();
}

export function readText(path: string): string {
  return readFileSync(join(PROJECT, path), 'utf8');
}

export function readDocument(path: string): Document {
  const { prose, codeBlocks } = withoutCodeBlocks(readText(path));
  const headings = prose.flatMap((line) => {
    const [, marks, text] = /^(#{1,6}) (.+)$/.exec(line) ?? [];
    return marks && text ? [{ level: marks.length, text }] : [];
  });
  return {
    headings,
    sections: sectionsOf(prose),
    codeBlocks,
    tables: tablesOf(prose),
    links: linksOf(prose),
  };
}

/** The part of an address after `#` by which GitHub reaches a heading. */
export function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
    .replaceAll(' ', '-');
}

/** The texts between backquotes. */
export function codeSpansOf(text: string): string[] {
  return [...text.matchAll(/`([^`]+)`/g)].map(([, code]) => code ?? '');
}

/** The rows below the header of the table that has this text in its first column. */
export function tableWith(document: Document, firstCell: string): Table {
  const table = document.tables.find((rows) => rows.some(([cell]) => cell === firstCell));
  if (!table) throw new Error(`no table has a row ${firstCell}`);
  return table.slice(1);
}

function withoutCodeBlocks(text: string) {
  const prose: string[] = [];
  const codeBlocks: Document['codeBlocks'] = [];
  let open: Document['codeBlocks'][number] | undefined;
  for (const line of text.split('\n')) {
    const [, language] = /^```(\w*)$/.exec(line) ?? [];
    if (language === undefined) {
      (open?.lines ?? prose).push(line);
    } else if (open) {
      open = undefined;
    } else {
      open = { language, lines: [] };
      codeBlocks.push(open);
    }
  }
  return { prose, codeBlocks };
}

function sectionsOf(prose: string[]): Section[] {
  const sections: Section[] = [];
  for (const line of prose) {
    const [, heading] = /^#{1,6} (.+)$/.exec(line) ?? [];
    if (heading) sections.push({ heading, codeSpans: [], numberedSteps: 0, bullets: 0 });
    const section = sections.at(-1);
    if (!section) continue;
    section.codeSpans.push(...codeSpansOf(line));
    if (/^\d+\. /.test(line)) section.numberedSteps++;
    if (line.startsWith('- ')) section.bullets++;
  }
  return sections;
}

function tablesOf(prose: string[]): Table[] {
  const tables: Table[] = [];
  let open: Table | undefined;
  for (const line of prose) {
    if (!line.startsWith('|')) {
      open = undefined;
      continue;
    }
    if (!open) {
      open = [];
      tables.push(open);
    }
    if (/^[|\s:-]+$/.test(line)) continue;
    open.push(
      line
        .replace(/^\||\|$/g, '')
        .split('|')
        .map((cell) => cell.trim()),
    );
  }
  return tables;
}

function linksOf(prose: string[]): string[] {
  const link = /\]\(([^)\s]+)\)|<(https?:[^>\s]+)>|<img src="([^"]+)"/g;
  return [...prose.join('\n').matchAll(link)].map(
    ([, target, address, picture]) => target ?? address ?? picture ?? '',
  );
}
