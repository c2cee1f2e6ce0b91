import { readdirSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'acorn';
import { readText } from './markdown.js';

/** What the guide to real payments promises: the oldest of them is Safari 15.0. */
const MEANT = ['Safari 15', '100', '19'];
/** Of ES2022 Safari 15.0 has class fields and private methods, but neither static blocks nor await outside a function. */
const TOO_NEW_SYNTAX = /\bstatic\s*\{|^await\b|#\w+ in /m;
/** Names that the meant browsers do not all have, or only on https and localhost. */
const TOO_NEW = `
  at findLast findLastIndex toSorted toReversed toSpliced with groupBy hasOwn structuredClone
  reportError requestSubmit requestIdleCallback withResolvers try AbortSignal.timeout AbortSignal.any
  CookieStore scheduler URLPattern canParse inert popover showPopover startViewTransition
  checkVisibility setHTMLUnsafe randomUUID subtle clipboard locks caches serviceWorker credentials
  share BroadcastChannel userActivation showModal sessionStorage localStorage
`
  .trim()
  .split(/\s+/);
/** Asked for before use, with a way without them: see the file. */
const ASKED_FOR: Record<string, string[]> = {
  'confirmation.js': ['localStorage'],
  'copying.js': ['clipboard'],
  'known-orders.js': ['localStorage'],
  'methods.js': ['localStorage'],
  'modal.js': ['showModal'],
  'payment-window.js': ['userActivation'],
  'session.js': ['locks'],
  'tabs.js': ['BroadcastChannel', 'localStorage'],
  'texts.js': ['localStorage'],
};
const TOO_NEW_STYLE = /:has\(|@layer|@container|@scope|\binert\b|color-mix\(|oklch\(|\bsubgrid\b|^\s*&/m;

const scripts = readdirSync('public/payment').filter((file) => file.endsWith('.js'));

/** Without comments and texts, which may name anything. */
function codeOf(source: string): string {
  const code: string[] = [];
  parse(source, {
    ecmaVersion: 2022,
    sourceType: 'module',
    onToken: (token) =>
      code.push(token.type.label === 'string' ? "''" : source.slice(token.start, token.end)),
  });
  return code.join(' ').replaceAll(' . ', '.');
}

function namesIn(code: string): string[] {
  return TOO_NEW.filter((name) =>
    name.includes('.')
      ? code.includes(name)
      : new RegExp(`(?:\\.|\\?\\.\\s?|\\bnew |\\bglobalThis\\.)${name}\\b|\\b${name}\\.`).test(code),
  );
}

describe('the browsers that the guide to real payments names', () => {
  test.each(['docs/going-live.md', 'docs/going-live.ko.md'])('are in %s', (path) => {
    const [line = ''] = /^.*Safari 15.*$/m.exec(readText(path)) ?? [];
    for (const version of MEANT) expect(line).toContain(version);
  });

  test('are told on the page where its scripts fail', () => {
    expect(readText('public/payment.html')).toContain('Safari 15, Chrome 100');
  });

  test.each(scripts)('have all that %s uses, or are asked for it', (file) => {
    const source = readText(`public/payment/${file}`);
    expect(source).not.toMatch(TOO_NEW_SYNTAX);
    expect(namesIn(codeOf(source))).toEqual(ASKED_FOR[file] ?? []);
  });

  test('and much older ones read the net below the page', () => {
    expect(() => parse(readText('public/payment/guard.js'), { ecmaVersion: 5 })).not.toThrow();
  });

  test('have the style that the page is not right without', () => {
    const style = readText('public/payment.css').replace(/\/\*[\s\S]*?\*\//g, '');
    expect(style).not.toMatch(TOO_NEW_STYLE);
    // Where `dvh` is not known the line before counts.
    for (const [before = ''] of style.matchAll(/^.*\n.*\ddvh.*$/gm)) expect(before).toMatch(/\dvh/);
  });

  test.each([
    ['[1].at(0)', ['at']],
    ['crypto.randomUUID()', ['randomUUID']],
    ['navigator.clipboard?.writeText("")', ['clipboard']],
    ['AbortSignal.timeout(1)', ['AbortSignal.timeout']],
    ['new BroadcastChannel("x")', ['BroadcastChannel']],
    ['list.replaceAll(1); at(0); "x.at(0)"', []],
  ])('would be found without %s', (code, found) => {
    expect(namesIn(codeOf(code))).toEqual(found);
  });
});
