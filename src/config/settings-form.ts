import { isIP } from 'node:net';
import * as z from 'zod';
import { AddressFault, readDatabaseUrl } from './database-address.js';
import { EVENT_SECRET_BYTES_MIN, EVENT_SECRETS_MAX, readEventSecrets } from './event-secrets.js';
import { type Read, readPaymentLimits, readPaymentMethods } from './payment-methods.js';
import { POINT_PACKAGES_MAX, readPointPackages } from './point-packages.js';
import { publicOrigin } from './public-origin.js';
import { readRefundPresets } from './refund-presets.js';
import { readSealingKeys, SEALING_KEY_BYTES } from './sealing-keys.js';
import { inBothLanguages } from './start-error.js';

/*
 * How each variable is written, and what it is when it is left out.
 */

export const JWT_SECRET_MIN_BYTES = 32;
const VALID_DAYS_MAX = 36_500;
/** Korean consumer rules let paid points expire no sooner (docs/spending.md). */
const PAID_VALID_DAYS_MIN = 365;
const GRACE_DAYS_MAX = 365;
const VBANK_DUE_DAYS_MAX = 30;
/** With the time for begun requests it is what a supervisor has to wait before it kills; see docker-compose.yaml. */
const SHUTDOWN_DRAIN_MAX_MS = 30_000;
/** Far enough from that end for what is credited above the limit: orders that were paid after their time. */
const POINT_MAX_BALANCE_MAX = 1_000_000_000;
/** In production somebody has to say so: it needs the PG's contract for refunds, and its deposit address (docs/virtual-accounts.md). */
const VBANK_DUE_DAYS_IN_DEVELOPMENT = 3;
export const WRITE_TIMEOUT_MIN_MS = 30_000;

const wholeNumber = (min: number, max: number) => {
  const fault = inBothLanguages({
    ko: `값은 ${min}에서 ${max} 사이의 정수여야 합니다`,
    en: `must be a whole number from ${min} to ${max}`,
  });
  return z
    .string()
    .regex(/^\d{1,10}$/, fault)
    .transform(Number)
    .refine((value) => value >= min && value <= max, fault);
};

const oneOf = <const Value extends string>(...values: Value[]) =>
  z.enum(
    values,
    inBothLanguages({
      ko: `값은 다음 중 하나여야 합니다: ${values.join(', ')}`,
      en: `must be one of: ${values.join(', ')}`,
    }),
  );

const exactUrl = z.url({
  protocol: /^https?$/,
  error: inBothLanguages({
    ko: '값은 http 또는 https 주소여야 합니다',
    en: 'must be an http or https address',
  }),
});

const httpUrl = exactUrl.transform((url) => url.replace(/\/+$/, ''));

/** Every fault of the text becomes one of the settings. */
const readingBy =
  <Value>(read: (text: string) => Read<Value>) =>
  (text: string, context: z.RefinementCtx): Value => {
    const { value, faults } = read(text);
    if (value !== undefined) return value;
    for (const fault of faults) context.addIssue(inBothLanguages(fault));
    return z.NEVER;
  };
const readBy = <Value>(read: (text: string) => Read<Value>) => z.string().transform(readingBy(read));

const databaseUrl = z.string().transform((text, context) => {
  try {
    return readDatabaseUrl(text);
  } catch (error) {
    if (!(error instanceof AddressFault)) throw error;
    context.addIssue(inBothLanguages(error.texts));
    return z.NEVER;
  }
});

export const schema = z.object({
  NODE_ENV: z.string().default('development'),
  PORT: wholeNumber(1, 65_535).default(3000),
  PUBLIC_URL: publicOrigin.optional(),
  TRUSTED_PROXIES: wholeNumber(0, 10).default(0),
  DATA_DIR: z.string().default('data'),
  DATABASE_URL: databaseUrl.optional(),
  DATABASE_POOL_SIZE: wholeNumber(1, 1000).default(10),
  IAMPORT_API_KEY: z.string().optional(),
  IAMPORT_API_SECRET: z.string().optional(),
  IAMPORT_BASE_URL: httpUrl.default('https://api.iamport.kr'),
  IAMPORT_SDK_URL: httpUrl.default('https://cdn.iamport.kr/v1/iamport.js'),
  IAMPORT_USER_CODE: z.string().optional(),
  IAMPORT_CHANNEL_KEY: z.string().optional(),
  IAMPORT_TEST_MODE: oneOf('true', 'false')
    .default('false')
    .transform((value) => value === 'true'),
  IAMPORT_TIMEOUT_MS: wholeNumber(100, 120_000).default(10_000),
  JWT_SECRET: z
    .string()
    .refine(
      (secret) => Buffer.byteLength(secret) >= JWT_SECRET_MIN_BYTES,
      inBothLanguages({
        ko: `값은 ${JWT_SECRET_MIN_BYTES}바이트 이상이어야 합니다 (만들기: openssl rand -base64 48)`,
        en: `must be at least ${JWT_SECRET_MIN_BYTES} bytes long (make one with: openssl rand -base64 48)`,
      }),
    )
    .optional(),
  AUTH_JWKS_URL: httpUrl.optional(),
  AUTH_ISSUER: z.string().optional(),
  AUTH_AUDIENCE: z.string().optional(),
  AUTH_OWNER_CLAIM: z.string().default('sub'),
  AUTH_OPERATOR_CLAIM: z.string().optional(),
  AUTH_OPERATOR_VALUE: z.string().optional(),
  AUTH_PAGE_SCRIPT_URL: httpUrl.optional(),
  POINT_PACKAGES: z
    .string()
    .default('5000,10000,30000,50000,100000')
    .transform((text, context) => {
      const packages = readPointPackages(text);
      if (packages) return packages;
      const fault = {
        ko: `값은 쉼표로 나눈 원 단위의 정수 금액이어야 하고 ${POINT_PACKAGES_MAX}개까지입니다. 예: 5000,10000:+500,30000:+2000!`,
        en: `must be whole amounts of won with commas between them, at most ${POINT_PACKAGES_MAX}, such as 5000,10000:+500,30000:+2000!`,
      };
      context.addIssue(inBothLanguages(fault));
      return z.NEVER;
    })
    .refine(
      (packages) => new Set(packages.map(({ amount }) => amount)).size === packages.length,
      inBothLanguages({ ko: '값에 같은 금액이 두 번 있습니다', en: 'names an amount twice' }),
    ),
  POINT_MAX_BALANCE: wholeNumber(1, POINT_MAX_BALANCE_MAX).default(2_000_000),
  // Five years.
  POINT_VALID_DAYS: wholeNumber(PAID_VALID_DAYS_MIN, VALID_DAYS_MAX).default(1827),
  POINT_BONUS_VALID_DAYS: wholeNumber(1, VALID_DAYS_MAX).default(365),
  POINT_RETURN_GRACE_DAYS: wholeNumber(0, GRACE_DAYS_MAX).default(30),
  REFUND_PRESETS: z.string().default('UNUSED_7_DAYS').transform(readingBy(readRefundPresets)),
  BONUS_ON_REFUND: oneOf('DEDUCT_FROM_REFUND', 'FORGIVE', 'REFUSE').default('DEDUCT_FROM_REFUND'),
  USERS_MAY_SPEND: oneOf('true', 'false')
    .default('false')
    .transform((value) => value === 'true'),
  PAYMENT_METHODS: readBy(readPaymentMethods).optional(),
  PAYMENT_LIMITS: readBy(readPaymentLimits).optional(),
  SHOP_FILE: z.string().optional(),
  VBANK_DUE_DAYS: wholeNumber(0, VBANK_DUE_DAYS_MAX).optional(),
  CASH_RECEIPT: oneOf('off', 'ask', 'auto').default('off'),
  TAX: oneOf('none', 'tax_free', 'vat').default('none'),
  REFUND_ACCOUNT_KEYS: z
    .string()
    .transform(readSealingKeys)
    .refine(
      (keys) => keys !== undefined,
      inBothLanguages({
        ko: `값은 쉼표로 나눈 이름:키여야 합니다. 이름은 영문 소문자와 숫자 1-16자, 키는 base64로 쓴 ${SEALING_KEY_BYTES}바이트입니다 (만들기: openssl rand -base64 32)`,
        en: `must be id:key with commas between them: an id of 1 to 16 small letters and digits, a key of ${SEALING_KEY_BYTES} bytes in base64 (make one with: openssl rand -base64 32)`,
      }),
    )
    .optional(),
  RATE_LIMIT: oneOf('on', 'off')
    .default('on')
    .transform((value) => value === 'on'),
  REDIS_URL: z
    .string()
    .refine(
      (url) => /^rediss?:\/\/[^\s/]+(\/\d*)?$/.test(url) && URL.canParse(url),
      inBothLanguages({
        ko: '값은 redis://user:password@host:6379 또는 rediss://… 형식이어야 합니다',
        en: 'must look like redis://user:password@host:6379 or rediss://…',
      }),
    )
    .optional(),
  SHUTDOWN_DRAIN_MS: wholeNumber(0, SHUTDOWN_DRAIN_MAX_MS).optional(),
  WEBHOOK_ADDRESSES: z
    .string()
    .transform((list) => list.split(',').map((address) => address.trim()))
    .refine(
      (addresses) => addresses.every((address) => isIP(address) !== 0),
      inBothLanguages({
        ko: '값은 쉼표로 나눈 IP 주소여야 합니다',
        en: 'must be IP addresses with commas between them',
      }),
    )
    .optional(),
  RECOVERY_INTERVAL_MS: wholeNumber(10, 60_000).default(5000),
  RECOVERY_GRACE_MS: wholeNumber(0, 600_000).default(120_000),
  COMPARISON_INTERVAL_MS: wholeNumber(100, 86_400_000).default(3_000_000),
  COMPARISON_GRACE_MS: wholeNumber(0, 3_600_000).default(300_000),
  EVENTS_URL: exactUrl
    .refine(
      (url) => !URL.canParse(url) || (new URL(url).username === '' && new URL(url).password === ''),
      inBothLanguages({
        ko: '값에 사용자 이름과 암호를 적을 수 없습니다. 이벤트에는 서명이 있습니다',
        en: 'must have no user and password: events are signed',
      }),
    )
    .optional(),
  EVENTS_SECRETS: z
    .string()
    .transform(readEventSecrets)
    .refine(
      (secrets) => secrets !== undefined,
      inBothLanguages({
        ko: `값은 쉼표로 나눈 whsec_… 비밀이고 ${EVENT_SECRETS_MAX}개까지입니다. 각각 base64로 쓴 ${EVENT_SECRET_BYTES_MIN}바이트 이상입니다 (만들기: echo whsec_$(openssl rand -base64 32))`,
        en: `must be at most ${EVENT_SECRETS_MAX} secrets whsec_… with a comma between them, each of ${EVENT_SECRET_BYTES_MIN} bytes or more in base64 (make one with: echo whsec_$(openssl rand -base64 32))`,
      }),
    )
    .optional(),
  METRICS_PORT: wholeNumber(1, 65_535).optional(),
  METRICS_HOST: z
    .string()
    .refine(
      (host) => isIP(host) !== 0,
      inBothLanguages({
        ko: '값은 이 컴퓨터의 IP 주소여야 합니다. 예: 127.0.0.1, 0.0.0.0',
        en: 'must be an IP address of this machine, such as 127.0.0.1 or 0.0.0.0',
      }),
    )
    .default('127.0.0.1'),
  LOG_LEVEL: oneOf('fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent').default('info'),
  LOG_REQUEST_ID: oneOf('true', 'false')
    .default('true')
    .transform((value) => value === 'true'),
});

export type Values = z.infer<typeof schema>;

export type SettingName = keyof typeof schema.shape;

/** The names that the server reads. */
export const SETTING_NAMES: readonly string[] = Object.keys(schema.shape);

export function withoutEmptyOnes(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
}

export function faultsOfForm(error: z.ZodError): string[] {
  return error.issues.map((issue) => `${issue.path.join('.')} ${issue.message}`);
}

export function vbankDueDaysUnsaid(production: boolean): number {
  return production ? 0 : VBANK_DUE_DAYS_IN_DEVELOPMENT;
}
