import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { dirname, extname, join } from 'node:path';
import type * as z from 'zod';
import { closestOf } from '../config/closest.js';
import { inBothLanguages, StartError, type Texts } from '../config/start-error.js';
import { isAddress, NAMES, PAPER_MAX_CHARS, type ShopForm, shopForm } from './shop-form.js';
import { type Logo, NO_SHOP, type Shop, ShopPaperKind, type Words, wordsOf } from './shop.js';

const FILE_MAX_BYTES = 1024 * 1024;
const LOGO_MAX_BYTES = 512 * 1024;
const LOGO_TYPES: Readonly<Record<string, string>> = {
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
  '.jpeg': 'image/jpeg',
  '.webp': 'image/webp',
};
const HASH_LENGTH = 22;
/** Of shop.example.json: nobody sells under it. */
const REGISTRATION_NUMBER_OF_EXAMPLE = '1234567891';

const TITLES: Readonly<Record<ShopPaperKind, Words>> = {
  [ShopPaperKind.TERMS]: { ko: '이용약관', en: 'Terms of service' },
  [ShopPaperKind.PRIVACY]: { ko: '개인정보처리방침', en: 'Privacy policy' },
  [ShopPaperKind.REFUND]: { ko: '환불 규정', en: 'Refund rules' },
  [ShopPaperKind.VALIDITY]: { ko: '포인트 유효기간', en: 'Validity of points' },
};
/** What a shop has to show before it may sell. */
const PAPERS_IN_PRODUCTION = [ShopPaperKind.TERMS, ShopPaperKind.PRIVACY, ShopPaperKind.REFUND];

/** All that is wrong with a shop's file, one line each, so that it can be corrected in one go. */
export class ShopFileError extends StartError {
  constructor(
    file: string,
    readonly faults: string[],
  ) {
    const heading = inBothLanguages({
      ko: `SHOP_FILE ${file} 을(를) 고치세요`,
      en: 'this file of the shop is not right:',
    });
    super([heading, ...faults.map((fault) => `  - ${fault}`)].join('\n'));
  }
}

/** One fault of it, when it is no use to look for others. */
class Unreadable extends Error {
  constructor(readonly texts: Texts) {
    super(texts.en);
  }
}

/**
 * Reads a shop's file, and the files beside it that it names, once.
 *
 * @param file undefined: a shop without words of its own, which only development starts with.
 * @throws {ShopFileError} with every fault at once, each with its place in the file.
 */
export function readShop({
  shopFile: file,
  production,
}: {
  shopFile?: string | undefined;
  production: boolean;
}): Shop {
  if (file === undefined) return NO_SHOP;
  let given: unknown;
  try {
    given = parsed(readText(file, FILE_MAX_BYTES));
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    throw new ShopFileError(file, [inBothLanguages(error.texts)]);
  }
  const form = shopForm.safeParse(given);
  const faults = [
    ...(form.success ? [] : form.error.issues.flatMap(faultsOf)),
    ...(production ? faultsInProduction(given) : []),
  ];
  const folder = dirname(file);
  /** Reads a file that is named at `place`, and notes what is wrong with it. */
  const beside = <Read>(place: string, read: (folder: string) => Read): Read | null => {
    try {
      return read(folder);
    } catch (error) {
      if (!(error instanceof Unreadable)) throw error;
      faults.push(`${place} ${inBothLanguages(error.texts)}`);
      return null;
    }
  };
  const shop = form.success ? shopOf(form.data, beside) : undefined;
  if (!shop || faults.length > 0) throw new ShopFileError(file, [...new Set(faults)]);
  return shop;
}

type ReadBeside = <Read>(place: string, read: (folder: string) => Read) => Read | null;

function shopOf(form: ShopForm, beside: ReadBeside): Shop {
  const { logo, business, consent, customerService, cancelPolicy } = form;
  return {
    name: form.name ?? NO_SHOP.name,
    logo: logo === undefined ? null : beside('logo', (folder) => readLogo(folder, logo)),
    colour: form.colour ?? null,
    business: business
      ? { ...business, mailOrderNumber: business.mailOrderNumber ?? null, email: business.email ?? null }
      : null,
    papers: form.papers.map(({ kind, title, url, text, file }, index) => ({
      kind,
      title: title ?? TITLES[kind],
      url: url ?? null,
      text: text ?? (file ? beside(`papers.${index}.file`, (folder) => readPaper(folder, file)) : null),
    })),
    consent: consent ?? null,
    customerService: customerService
      ? {
          phone: customerService.phone ?? null,
          email: customerService.email ?? null,
          url: customerService.url ?? null,
          hours: customerService.hours ?? null,
        }
      : null,
    cancelPolicy: {
      ...cancelPolicy,
      withinDays: cancelPolicy.withinDays ?? null,
      minAmount: cancelPolicy.minAmount ?? null,
    },
  };
}

function readLogo(folder: string, logo: string): Logo {
  if (isAddress(logo)) return { url: logo, content: null };
  const extension = extname(logo).toLowerCase();
  const type = LOGO_TYPES[extension];
  if (type === undefined) {
    const known = Object.keys(LOGO_TYPES).join(', ');
    throw new Unreadable({
      ko: `파일 이름은 다음 중 하나로 끝나야 합니다: ${known}`,
      en: `must be a file whose name ends in one of: ${known}`,
    });
  }
  const bytes = readBytes(join(folder, logo), LOGO_MAX_BYTES);
  // Another logo has another address, so that browsers may keep each of them for ever.
  const hash = createHash('sha256').update(bytes).digest('base64url').slice(0, HASH_LENGTH);
  return { url: `/shop/logo-${hash}${extension}`, content: { type, bytes } };
}

function readPaper(folder: string, names: Words): Words {
  return wordsOf((language) => {
    const name = names[language];
    const text = readText(join(folder, name), FILE_MAX_BYTES).trim();
    if (text.length >= 1 && text.length <= PAPER_MAX_CHARS) return text;
    throw new Unreadable({
      ko: `파일 ${name} 의 글은 1-${PAPER_MAX_CHARS}자여야 합니다`,
      en: `the text in ${name} must have 1 to ${PAPER_MAX_CHARS} characters`,
    });
  });
}

function readText(path: string, maxBytes: number): string {
  // Editors of Windows put a byte order mark in front.
  return readBytes(path, maxBytes)
    .toString('utf8')
    .replace(/^\uFEFF/, '');
}

function readBytes(path: string, maxBytes: number): Buffer {
  try {
    if (statSync(path).size > maxBytes) {
      throw new Unreadable({
        ko: `파일 ${path} 이(가) ${maxBytes}바이트보다 큽니다`,
        en: `${path} is larger than ${maxBytes} bytes`,
      });
    }
    return readFileSync(path);
  } catch (error) {
    if (error instanceof Unreadable) throw error;
    throw new Unreadable({
      ko: `파일 ${path} 을(를) 읽을 수 없습니다`,
      en: `${path} cannot be read (${(error as NodeJS.ErrnoException).code})`,
    });
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Unreadable({
      ko: '파일의 내용이 JSON이 아닙니다',
      en: `the file is not JSON: ${(error as Error).message}`,
    });
  }
}

function faultsOf(issue: z.core.$ZodIssue): string[] {
  const place = issue.path.join('.');
  if (issue.code !== 'unrecognized_keys') return [`${place || '{ … }'} ${issue.message}`];
  return issue.keys.map((key) => {
    const meant = closestOf(key, NAMES);
    const texts = {
      ko: `모르는 이름입니다${meant ? `. ${meant} 을(를) 쓰려고 하셨나요?` : ''}`,
      en: `is not known${meant ? `; did you mean ${meant}?` : ''}`,
    };
    return `${[...issue.path, key].join('.')} ${inBothLanguages(texts)}`;
  });
}

/** Looks at what was given and not at what was made of it, so that it is said also beside faults of the form. */
function faultsInProduction(given: unknown): string[] {
  const required = (place: string, ko = '', en = '') =>
    `${place} ${inBothLanguages({ ko: `운영에서 꼭 필요합니다${ko}`, en: `is required in production${en}` })}`;
  const faults = ['name', 'business', 'customerService', 'consent']
    .filter((name) => at(given, name) === undefined)
    .map((name) => required(name));
  const business = at(given, 'business');
  if (business !== undefined) {
    if (at(business, 'mailOrderNumber') === undefined) {
      faults.push(
        required(
          'business.mailOrderNumber',
          '. 신고 면제 대상이면 null',
          '; null where you are exempt from it',
        ),
      );
    }
    if (at(business, 'email') === undefined) faults.push(required('business.email'));
    const number = at(business, 'registrationNumber');
    if (typeof number === 'string' && number.replaceAll('-', '') === REGISTRATION_NUMBER_OF_EXAMPLE) {
      faults.push(
        `business.registrationNumber ${inBothLanguages({ ko: '예시 파일의 번호입니다', en: 'is that of the example' })}`,
      );
    }
  }
  const papers = at(given, 'papers');
  const kinds = Array.isArray(papers) ? papers.map((paper: unknown) => at(paper, 'kind')) : [];
  for (const kind of PAPERS_IN_PRODUCTION) {
    if (!kinds.includes(kind)) faults.push(required(`papers ${kind}`, ` (${TITLES[kind].ko})`));
  }
  return faults;
}

function at(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? (value as Readonly<Record<string, unknown>>)[name]
    : undefined;
}
