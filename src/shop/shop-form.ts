import * as z from 'zod';
import { inBothLanguages, type Texts } from '../config/start-error.js';
import { carriesWhiteText, contrast, CONTRAST_OF_TEXT_MIN, nearestForWhiteText } from './colour.js';
import {
  checkDigitIsRight,
  hasFormOfRegistrationNumber,
  writtenRegistrationNumber,
} from './registration-number.js';
import { CONSENT_VERSION_MAX_CHARS, ShopPaperKind, type Words, wordsOf } from './shop.js';

const NAME_MAX_CHARS = 60;
const LINE_MAX_CHARS = 200;
const CONSENT_MAX_CHARS = 500;
export const PAPER_MAX_CHARS = 50_000;
/** Of GraphQL's and MariaDB's Int. */
const AMOUNT_MAX = 2 ** 31 - 1;
const WITHIN_DAYS_MAX = 3650;

const ONE_LINE = /^\P{Cc}*$/u;

const MISSING: Texts = { ko: '값이 필요합니다', en: 'is missing' };

/** Says in both languages that nothing was given, or what it has to be. */
function asked(texts: Texts) {
  return {
    error: (issue: { input?: unknown }) => inBothLanguages(issue.input === undefined ? MISSING : texts),
  };
}

function line(maxChars: number) {
  const fault = asked({
    ko: `값은 한 줄로 쓴 1-${maxChars}자의 글이어야 합니다`,
    en: `must be a text of one line and 1 to ${maxChars} characters`,
  });
  return z.string(fault).trim().min(1, fault).max(maxChars, fault).regex(ONE_LINE, fault);
}

/** One text for both languages, or one for each. */
function words(maxChars: number, { lines = false } = {}) {
  const fault = asked({
    ko: `값은 ${lines ? '' : '한 줄로 쓴 '}1-${maxChars}자의 글이거나 {"ko": "…", "en": "…"}이어야 합니다`,
    en: `must be a text of ${lines ? '' : 'one line and '}1 to ${maxChars} characters, or {"ko": "…", "en": "…"}`,
  });
  const text = z.string(fault).trim().min(1, fault).max(maxChars, fault);
  return inBoth(lines ? text : text.regex(ONE_LINE, fault), fault);
}

/** The name of a file that lies beside the shop's own. */
const fileName = (fault: ReturnType<typeof asked>) => z.string(fault).regex(/^[^/\\.][^/\\]{0,99}$/, fault);

const NOT_FILE_NAMES = asked({
  ko: '값은 이 파일과 같은 폴더에 있는 파일의 이름이거나 {"ko": "…", "en": "…"}이어야 합니다',
  en: 'must be the name of a file in the folder of this one, or {"ko": "…", "en": "…"}',
});
const NOT_A_LOGO = asked({
  ko: '값은 이 파일과 같은 폴더에 있는 파일의 이름이거나 https 주소여야 합니다',
  en: 'must be the name of a file in the folder of this one, or an https address',
});

function inBoth(one: z.ZodString, fault: ReturnType<typeof asked>) {
  return z
    .union([one, z.record(z.enum(['ko', 'en']), one)], fault)
    .transform((value): Words => (typeof value === 'string' ? wordsOf(() => value) : value));
}

const httpsAddress = z.url({
  protocol: /^https$/,
  ...asked({
    ko: '값은 https:// 로 시작하는 주소여야 합니다',
    en: 'must be an address that begins with https://',
  }),
});

const phone = z.string(asked(MISSING)).regex(
  /^\+?[0-9][0-9 -]{6,18}$/,
  asked({
    ko: '값은 02-1234-5678 같은 전화번호여야 합니다',
    en: 'must be a telephone number such as 02-1234-5678',
  }),
);

const email = z.email(asked({ ko: '값은 이메일 주소여야 합니다', en: 'must be an e-mail address' }));

const yesOrNo = z.boolean(asked({ ko: '값은 true 또는 false여야 합니다', en: 'must be true or false' }));

function wholeNumber(min: number, max: number) {
  const fault = asked({
    ko: `값은 ${min}에서 ${max} 사이의 정수여야 합니다`,
    en: `must be a whole number from ${min} to ${max}`,
  });
  return z.int(fault).min(min, fault).max(max, fault);
}

function group<Shape extends z.ZodRawShape>(shape: Shape) {
  return z.strictObject(shape, {
    error: (issue) =>
      issue.code === 'unrecognized_keys'
        ? undefined
        : inBothLanguages(
            issue.input === undefined ? MISSING : { ko: '값은 { … } 이어야 합니다', en: 'must be { … }' },
          ),
  });
}

const NOT_A_COLOUR = asked({
  ko: '값은 #2456e6 같은 색이어야 합니다',
  en: 'must be a colour such as #2456e6',
});

const colour = z
  .string(NOT_A_COLOUR)
  .regex(/^#[0-9a-f]{6}$/i, { abort: true, ...NOT_A_COLOUR })
  .toLowerCase()
  .refine(carriesWhiteText, {
    abort: true,
    error: ({ input }) => {
      const [given, nearest] = [String(input), nearestForWhiteText(String(input))];
      // Rounded down: 4.496 is not called 4.5.
      const ratio = Math.floor(contrast(given, '#ffffff') * 100) / 100;
      return inBothLanguages({
        ko: `${given} 위의 흰 글씨는 대비가 ${ratio}:1 이라 읽기 어렵습니다. ${CONTRAST_OF_TEXT_MIN}:1 이 되는 가장 가까운 색은 ${nearest} 입니다`,
        en: `white text on ${given} has a contrast of ${ratio}:1, too little to read; the nearest colour with ${CONTRAST_OF_TEXT_MIN}:1 is ${nearest}`,
      });
    },
  });

const NOT_A_REGISTRATION_NUMBER = asked({
  ko: '값은 123-45-67890 같은 사업자등록번호 10자리여야 합니다',
  en: 'must be a business registration number of 10 digits, such as 123-45-67890',
});

const business = group({
  tradeName: line(NAME_MAX_CHARS),
  representative: line(NAME_MAX_CHARS),
  registrationNumber: z
    .string(NOT_A_REGISTRATION_NUMBER)
    .refine(hasFormOfRegistrationNumber, { abort: true, ...NOT_A_REGISTRATION_NUMBER })
    .refine(
      checkDigitIsRight,
      asked({
        ko: '사업자등록번호의 마지막 숫자(검증 번호)가 맞지 않습니다. 다시 확인하세요',
        en: 'is not a business registration number: its last digit does not follow from the others',
      }),
    )
    .transform(writtenRegistrationNumber),
  mailOrderNumber: line(NAME_MAX_CHARS).nullish(),
  address: line(LINE_MAX_CHARS),
  phone,
  email: email.optional(),
});

const paper = group({
  kind: z.enum(
    ShopPaperKind,
    asked({
      ko: `값은 다음 중 하나여야 합니다: ${Object.values(ShopPaperKind).join(', ')}`,
      en: `must be one of: ${Object.values(ShopPaperKind).join(', ')}`,
    }),
  ),
  title: words(NAME_MAX_CHARS).optional(),
  url: httpsAddress.optional(),
  text: words(PAPER_MAX_CHARS, { lines: true }).optional(),
  file: inBoth(fileName(NOT_FILE_NAMES), NOT_FILE_NAMES).optional(),
}).refine(
  ({ url, text, file }) => [url, text, file].filter((given) => given !== undefined).length === 1,
  asked({ ko: 'url, text, file 중 하나만 있어야 합니다', en: 'must have exactly one of url, text and file' }),
);

const customerService = group({
  phone: phone.optional(),
  email: email.optional(),
  url: httpsAddress.optional(),
  hours: words(LINE_MAX_CHARS).optional(),
}).refine(
  (ways) => ways.phone !== undefined || ways.email !== undefined || ways.url !== undefined,
  asked({ ko: 'phone, email, url 중 하나는 있어야 합니다', en: 'must have one of phone, email and url' }),
);

const NOT_A_VERSION = asked({
  ko: `값은 2026-12-01 같은 영문자, 숫자, '.', '_', '-' 1-${CONSENT_VERSION_MAX_CHARS}자여야 합니다`,
  en: `must be 1 to ${CONSENT_VERSION_MAX_CHARS} letters, digits, '.', '_' and '-', such as 2026-12-01`,
});

const consent = group({
  version: z
    .string(NOT_A_VERSION)
    .regex(new RegExp(`^[A-Za-z0-9._-]{1,${CONSENT_VERSION_MAX_CHARS}}$`), NOT_A_VERSION),
  text: words(CONSENT_MAX_CHARS),
});

const cancelPolicy = group({
  byShopper: yesOrNo.default(true),
  withinDays: wholeNumber(0, WITHIN_DAYS_MAX).optional(),
  partial: yesOrNo.default(true),
  minAmount: wholeNumber(1, AMOUNT_MAX).optional(),
});

/** What stands in a shop's file. */
export const shopForm = group({
  name: words(NAME_MAX_CHARS).optional(),
  /** The name of a file beside it, or an https address: see {@link isAddress}. */
  logo: z.union([fileName(NOT_A_LOGO), httpsAddress], NOT_A_LOGO).optional(),
  colour: colour.optional(),
  business: business.optional(),
  papers: z
    .array(paper, asked({ ko: '값은 [ … ] 이어야 합니다', en: 'must be [ … ]' }))
    .refine(
      (papers) => new Set(papers.map(({ kind }) => kind)).size === papers.length,
      asked({ ko: '같은 kind가 두 번 있습니다', en: 'names a kind twice' }),
    )
    .default([]),
  consent: consent.optional(),
  customerService: customerService.optional(),
  cancelPolicy: cancelPolicy.prefault({}),
});

export type ShopForm = z.infer<typeof shopForm>;

export function isAddress(logo: string): boolean {
  return logo.startsWith('https://');
}

/** Every name that can stand in the file, for a guess at what was meant by another one. */
export const NAMES: readonly string[] = [
  ...[business, paper, customerService, consent, cancelPolicy, shopForm].flatMap(({ shape }) =>
    Object.keys(shape),
  ),
  'ko',
  'en',
];
