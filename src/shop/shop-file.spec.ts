import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { readShop, ShopFileError } from './shop-file.js';
import { NO_SHOP, ShopPaperKind } from './shop.js';

const EXAMPLE = fileURLToPath(new URL('../../shop.example.json', import.meta.url));
const BOTH_LANGUAGES = /[가-힣].* \/ .*[a-z]/;

type Changed = Readonly<Record<string, unknown>>;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'point-top-up-shop-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function example(): Record<string, Changed> {
  return JSON.parse(readFileSync(EXAMPLE, 'utf8'));
}

/** The example's, under a number that somebody may sell under. */
const businessOf = (changed: Changed = {}): Changed => ({
  ...example().business,
  registrationNumber: '100-00-00009',
  ...changed,
});

function written(shop: unknown): string {
  const file = join(folder, 'shop.json');
  writeFileSync(file, typeof shop === 'string' ? shop : JSON.stringify(shop));
  return file;
}

const read = (shop: unknown, { production = false } = {}) =>
  readShop({ shopFile: written(shop), production });

function faultsOf(shop: unknown, production = false): string[] {
  try {
    read(shop, { production });
  } catch (error) {
    if (error instanceof ShopFileError) return error.faults;
    throw error;
  }
  return [];
}

test('the example is one, and has all that production asks for but a number of its own', () => {
  expect(readShop({ shopFile: EXAMPLE, production: false })).toMatchObject({
    name: { ko: '별빛상점', en: 'Starlight Shop' },
    business: { registrationNumber: '123-45-67891' },
    cancelPolicy: { byShopper: true, withinDays: 7, partial: true, minAmount: 1000 },
  });
  expect(faultsOf(example(), true)).toEqual([
    expect.stringMatching(/^business\.registrationNumber .*example/),
  ]);
  expect(faultsOf({ ...example(), business: businessOf() }, true)).toEqual([]);
});

test('without a file there is a shop without words, and shoppers may cancel', () => {
  expect(readShop({ production: false })).toBe(NO_SHOP);
  expect(read({})).toEqual(NO_SHOP);
});

test('one text stands for both languages, and a paper has the usual title', () => {
  const shop = read({ name: ' 별빛 ', papers: [{ kind: 'TERMS', text: '첫 줄\n둘째 줄' }] });

  expect(shop.name).toEqual({ ko: '별빛', en: '별빛' });
  expect(shop.papers).toEqual([
    {
      kind: ShopPaperKind.TERMS,
      title: { ko: '이용약관', en: 'Terms of service' },
      url: null,
      text: { ko: '첫 줄\n둘째 줄', en: '첫 줄\n둘째 줄' },
    },
  ]);
});

test('a logo has an address that changes with it', () => {
  writeFileSync(join(folder, 'logo.svg'), '<svg xmlns="http://www.w3.org/2000/svg"/>');
  const { logo } = read({ logo: 'logo.svg' });
  writeFileSync(join(folder, 'logo.svg'), '<svg xmlns="http://www.w3.org/2000/svg"><g/></svg>');
  const { logo: next } = read({ logo: 'logo.svg' });

  expect(logo?.url).toMatch(/^\/shop\/logo-[\w-]{22}\.svg$/);
  expect(logo?.content?.type).toBe('image/svg+xml');
  expect(next?.url).not.toBe(logo?.url);
  expect(read({ logo: 'https://shop.example/logo.png' }).logo).toEqual({
    url: 'https://shop.example/logo.png',
    content: null,
  });
});

test('a paper can be a file beside it, in each language', () => {
  writeFileSync(join(folder, 'terms.txt'), '\uFEFF제1조\n목적\n');
  writeFileSync(join(folder, 'terms.en.txt'), 'Article 1\n');

  const { papers } = read({ papers: [{ kind: 'TERMS', file: { ko: 'terms.txt', en: 'terms.en.txt' } }] });

  expect(papers[0]?.text).toEqual({ ko: '제1조\n목적', en: 'Article 1' });
});

describe('a faulty file', () => {
  test('is told with every fault in one go, each with its place and in both languages', () => {
    const faults = faultsOf({
      name: '',
      logo: '../secret.png',
      colour: '#ff6600',
      business: {
        tradeName: 'A',
        representative: 'B',
        registrationNumber: '123-45-67890',
        phone: 'x',
        address: 'C',
      },
      papers: [
        { kind: 'TERMS', url: 'http://shop.example' },
        { kind: 'LAW', text: 'x' },
        { kind: 'REFUND', text: 'x', url: 'https://shop.example' },
      ],
      consent: { version: 'first version' },
      customerService: { hours: '9-18' },
      cancelPolicy: { byShopper: 'yes', withinDays: 1.5, minAmount: 0, partail: true },
    });

    expect(
      faults.map((fault) => fault.split(' ', 1)[0] ?? '').toSorted((a, b) => a.localeCompare(b)),
    ).toEqual([
      'business.phone',
      'business.registrationNumber',
      'cancelPolicy.byShopper',
      'cancelPolicy.minAmount',
      'cancelPolicy.partail',
      'cancelPolicy.withinDays',
      'colour',
      'consent.text',
      'consent.version',
      'customerService',
      'logo',
      'name',
      'papers.0.url',
      'papers.1.kind',
      'papers.2',
    ]);
    for (const fault of faults) expect(fault).toMatch(BOTH_LANGUAGES);
    expect(faults.find((fault) => fault.startsWith('cancelPolicy.partail'))).toContain(
      'did you mean partial?',
    );
  });

  test('is told the nearest colour on which white text can be read', () => {
    expect(faultsOf({ colour: '#FF6600' })).toEqual([
      expect.stringMatching(/^colour .*white text on #ff6600 has a contrast of 2\.\d+:1.* is #[0-9a-f]{6}$/),
    ]);
    const nearest = /#[0-9a-f]{6}$/.exec(faultsOf({ colour: '#ff6600' })[0] ?? '')?.[0];
    expect(read({ colour: nearest }).colour).toBe(nearest);
    expect(faultsOf({ colour: 'orange' })).toHaveLength(1);
  });

  test.each<[string, unknown, RegExp]>([
    ['a file that is not there', { logo: 'logo.png' }, /^logo .*cannot be read \(ENOENT\)/],
    ['a logo of another kind', { logo: 'logo.exe' }, /^logo .*\.svg, \.png/],
    [
      'the same paper twice',
      {
        papers: [
          { kind: 'TERMS', text: 'a' },
          { kind: 'TERMS', text: 'b' },
        ],
      },
      /^papers .*twice/,
    ],
    ['a paper of nothing', { papers: [{ kind: 'TERMS' }] }, /^papers\.0 .*exactly one/],
    [
      'a paper in a file that is not there',
      { papers: [{ kind: 'TERMS', file: 'a.txt' }] },
      /^papers\.0\.file .*ENOENT/,
    ],
    ['a text in one language alone', { name: { ko: '별빛' } }, /^name .*"ko": "…", "en": "…"/],
    ['two lines where one belongs', { name: 'a\nb' }, /^name .*one line/],
    ['a name that nobody knows', { nmae: 'x' }, /^nmae .*did you mean name\?/],
    ['no object at all', [], /^\{ … \} .*must be \{ … \}/],
    ['no JSON', '{ "name": ', /^.*the file is not JSON/],
  ])('with %s is refused', (_, shop, fault) => {
    expect(faultsOf(shop)).toEqual([expect.stringMatching(fault)]);
  });

  test('names itself', () => {
    const file = written('x');

    expect(() => readShop({ shopFile: file, production: false })).toThrow(`SHOP_FILE ${file}`);
    expect(() => readShop({ shopFile: `${file}.gone`, production: false })).toThrow(
      /cannot be read \(ENOENT\)/,
    );
  });
});

describe('in production', () => {
  test('all that is required is named, also beside other faults', () => {
    const placesOf = (shop: unknown) =>
      faultsOf(shop, true).map((fault) => fault.split(/ (?=[가-힣(])/u, 1)[0]);

    expect(placesOf({})).toEqual([
      'name',
      'business',
      'customerService',
      'consent',
      'papers TERMS',
      'papers PRIVACY',
      'papers REFUND',
    ]);
    const { mailOrderNumber: _number, email: _email, ...incomplete } = businessOf();
    const { papers: _papers, ...rest } = example();
    expect(
      placesOf({ ...rest, colour: 'x', business: incomplete, papers: [] }).toSorted((a = '', b = '') =>
        a.localeCompare(b),
      ),
    ).toEqual([
      'business.email',
      'business.mailOrderNumber',
      'colour',
      'papers PRIVACY',
      'papers REFUND',
      'papers TERMS',
    ]);
  });

  test('a shop that is exempt from 통신판매업 신고 says so', () => {
    const shop = { ...example(), business: businessOf({ mailOrderNumber: null }) };

    expect(read(shop, { production: true }).business?.mailOrderNumber).toBeNull();
  });
});
