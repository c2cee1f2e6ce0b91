import { existsSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { anchorOf, documentPaths, PROJECT, readDocument, readText } from './markdown.js';

/** What npm itself knows, with or without a script of ours. */
const NPM_COMMANDS = ['ci', 'install', 'run', 'pack'];

/** Where packages come from is everybody's own setting, so no file of ours names such a host. */
const REGISTRY_HOST = /\b(?:registry|npm|packages?|mirror)s?\.[a-z0-9-]+\.[a-z]{2,}/i;

/** A path that exists on the machine of whoever wrote it. */
const MACHINE_PATH = /(?:^|[\s"'`(=:])(?:\/(?:home|Users|root|work|workspace|tmp|private|mnt)\/|[A-Z]:\\)/m;

const OTHER_FILES = [
  '.env.example',
  '.env.simulator',
  '.npmrc',
  'Dockerfile',
  'deploy/haproxy.cfg',
  'docker-compose.yaml',
  'package.json',
  'package-lock.json',
];

describe.each(documentPaths())('%s', (path) => {
  const document = readDocument(path);

  test('links only to files and headings that exist', () => {
    const broken = document.links.filter((link) => !/^https?:/.test(link) && !leadsSomewhere(path, link));

    expect(broken).toEqual([]);
  });

  test('names only npm scripts that exist', () => {
    const { scripts } = JSON.parse(readText('package.json')) as { scripts: Record<string, string> };

    expect(npmScriptsIn(path).filter((name) => !(name in scripts))).toEqual([]);
  });

  test('names only files that exist in its code', () => {
    const named = document.sections
      .flatMap(({ codeSpans }) => codeSpans)
      .filter((code) => /^(?:src|test|public|docs|scripts|postman)\/[\w./-]+$/.test(code));

    expect(named.filter((name) => !existsSync(join(PROJECT, name)))).toEqual([]);
  });
});

describe.each([...documentPaths(), ...OTHER_FILES])('%s', (path) => {
  test('names no package registry and no path of one machine', () => {
    const text = readText(path);

    expect(REGISTRY_HOST.exec(text)?.[0]).toBeUndefined();
    expect(MACHINE_PATH.exec(text)?.[0]).toBeUndefined();
  });
});

test('the documents name scripts and link at all, so that the checks above have something to read', () => {
  expect(documentPaths()).toEqual(expect.arrayContaining(['README.md', 'README.ko.md', 'CONTRIBUTING.md']));
  expect(npmScriptsIn('README.md')).toEqual(expect.arrayContaining(['start', 'test', 'check', 'start:prod']));
  expect(readDocument('README.md').links.length).toBeGreaterThan(10);
});

function leadsSomewhere(from: string, link: string): boolean {
  const [file = '', anchor] = link.split('#');
  const target = file === '' ? from : normalize(join(dirname(from), decodeURI(file)));
  if (target.startsWith('..') || !existsSync(join(PROJECT, target))) return false;
  if (anchor === undefined) return true;
  return readDocument(target).headings.some(({ text }) => anchorOf(text) === decodeURI(anchor));
}

/** `npm start` and `npm test` are scripts too; a `--` and what follows is theirs. */
function npmScriptsIn(path: string): string[] {
  const { sections, codeBlocks } = readDocument(path);
  const code = [
    ...sections.flatMap(({ codeSpans }) => codeSpans),
    ...codeBlocks.flatMap(({ lines }) => lines),
  ];
  return code.flatMap((text) =>
    [...text.matchAll(/\bnpm (?:run )?([a-z][\w:-]*)/g)]
      .map(([, name]) => name ?? '')
      .filter((name) => !NPM_COMMANDS.includes(name)),
  );
}
