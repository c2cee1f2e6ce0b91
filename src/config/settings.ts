import { createHash } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { DatabaseAddress } from './database-address.js';
import { keptSecret } from './kept-secret.js';
import type { MethodSettings, PaymentLimits } from './payment-methods.js';
import type { PointPackage } from './point-packages.js';
import type { RefundPresetName } from './refund-presets.js';
import type { SealingKey } from './sealing-keys.js';
import { faultsOf, type Runner } from './settings-faults.js';
import {
  faultsOfForm,
  schema,
  type Values,
  vbankDueDaysUnsaid,
  withoutEmptyOnes,
  WRITE_TIMEOUT_MIN_MS,
} from './settings-form.js';
import { inBothLanguages, StartError } from './start-error.js';

/** Everything the program was told from outside, read once and checked. Amounts are whole won, times milliseconds. */
export interface Settings {
  production: boolean;
  port: number;
  /** Origin under which browsers reach us, without a slash at the end. */
  publicUrl: string;
  /** Where the payment window of a phone goes back to. */
  checkoutPageUrl: string;
  /** Below it are the addresses that gateways send their notices to. */
  noticesUrl: string;
  /** How many proxies in front of us are trusted to name the caller's address. */
  trustedProxies: number;
  database: DatabaseSettings;
  iamport: IamportSettings;
  jwtSecret: string;
  /** The shop's own login, in the place of ours; undefined for ours. */
  hostLogin: HostLoginSettings | undefined;
  /** What may be bought, in the order in which it is shown. */
  pointPackages: readonly PointPackage[];
  pointMaxBalance: number;
  pointValidity: PointValidity;
  /** What may go back beyond what the shop's cancel policy gives. */
  refundPresets: readonly RefundPresetName[];
  /** What becomes of bonus that was spent when money of its payment goes back. */
  bonusOnRefund: BonusOnRefund;
  /** Whether people may spend their own points with their own token. */
  usersMaySpend: boolean;
  /** Ways to pay, in the order in which they are offered; one at least, and each once. */
  paymentMethods: readonly MethodSettings[];
  /** What one owner can pay by one of them. */
  paymentLimits: PaymentLimits;
  /** Days that a virtual account waits for its deposit; 0 offers none. */
  vbankDueDays: number;
  /** The shop's own words, in a file of its own; undefined for a page without a shop. */
  shopFile: string | undefined;
  /** What seals the accounts to which refunds go: the first one seals, all of them open. */
  refundAccountKeys: readonly SealingKey[];
  /** Whether cash receipts are issued for transfers and virtual accounts: never, for payers who ask, or for all. */
  cashReceipt: CashReceiptMode;
  /** What new orders are made of for the tax office. */
  tax: TaxMode;
  rateLimit: boolean;
  /** Where all servers count requests together; undefined lets each count its own. */
  redisUrl: string | undefined;
  /** How long a server that was told to stop goes on answering, so that balancers see it at `/health/ready`. */
  shutdownDrainMs: number;
  /** Addresses from which webhooks are taken; undefined takes them from everywhere. */
  webhookAddresses: string[] | undefined;
  recovery: RecoverySettings;
  comparison: ComparisonSettings;
  /** Who is told what happens; undefined: nobody, and nothing is stored for it. */
  events: EventSettings | undefined;
  /** Where the metrics are served; undefined serves none. */
  metrics: { port: number; host: string } | undefined;
  logLevel: string;
  /** Every line that a request causes has its id, and not only the lines about the request itself. */
  logRequestId: boolean;
}

export type DatabaseSettings =
  { kind: 'sqlite'; file: string } | ({ kind: 'mariadb' | 'mysql'; poolSize: number } & DatabaseAddress);

/** How long points can be spent. */
export interface PointValidity {
  /** Those that were bought. */
  paidMs: number;
  /** Bonus, and what was granted. */
  bonusMs: number;
  /** Those of a spend or hold that came back after their time; 0: they are lost. */
  graceMs: number;
}

export interface RecoverySettings {
  /** Pause between two looks for work. */
  intervalMs: number;
  /**
   * How long after it was sent a cancellation is not sent again, and what was refused is not released. It must be longer
   * than all calls of a cancel together can take, so that the earlier one can no longer run.
   */
  graceMs: number;
}

export interface ComparisonSettings {
  /** Pause between two comparisons of a day while it and the next one last. */
  intervalMs: number;
  /** What happened in the last of them is not compared yet: it may be seen on one side alone. */
  graceMs: number;
}

export interface EventSettings {
  url: string;
  /** As Standard Webhooks writes them. Each of them signs, so that a receiver may know either. */
  secrets: readonly string[];
}

export interface HostLoginSettings {
  /** Where its public keys are. */
  jwksUrl: string;
  issuer: string;
  audience: string;
  /** The claim that says whose points a caller means. */
  ownerClaim: string;
  /** Who has this value in this claim (or in a list there) is an operator; undefined lets nobody be one. */
  operator: { claim: string; value: string } | undefined;
  /** The script by which the checkout page gets a token; undefined leaves the page without one. */
  pageScriptUrl: string | undefined;
}

export interface IamportSettings {
  apiKey: string;
  apiSecret: string;
  baseUrl: string;
  sdkUrl: string;
  userCode: string;
  channelKey: string | undefined;
  /** True: payments of test channels are the expected ones and live ones are refused. False: the other way round. */
  testMode: boolean;
  readTimeoutMs: number;
  /** Calls that move money get longer: an answer that we did not wait for is a result that we do not know. */
  writeTimeoutMs: number;
}

export type CashReceiptMode = 'off' | 'ask' | 'auto';

/** Nothing is said of it; all is tax-free; all is taxed and its VAT is named. */
export type TaxMode = 'none' | 'tax_free' | 'vat';

/** `DEDUCT_FROM_REFUND`: it is taken from the paid points; `FORGIVE`: it is left; `REFUSE`: the shop's customer service decides. */
export type BonusOnRefund = 'DEDUCT_FROM_REFUND' | 'FORGIVE' | 'REFUSE';

/** Token under which the settings are injected. */
export const SETTINGS = Symbol('SETTINGS');
/** The one of the address of the database, with its password, which no other room needs. */
export const DATABASE_SETTINGS = Symbol('DATABASE_SETTINGS');

const DAY_MS = 24 * 60 * 60_000;
/** Behind a balancer that looks every second or two and believes the second look. */
const SHUTDOWN_DRAIN_IN_PRODUCTION_MS = 5000;

/** All that is wrong with the environment, one line each, so that it can be corrected in one go. */
export class SettingsError extends StartError {
  constructor(readonly faults: string[]) {
    const heading = inBothLanguages({ ko: '설정을 고치세요', en: 'The settings are not right:' });
    super([heading, ...faults.map((fault) => `  - ${fault}`)].join('\n'));
  }
}

/**
 * Reads the environment. An empty variable counts as one that is not there, because containers pass them that way.
 *
 * @throws {SettingsError} with every fault at once; no value is repeated in it, since it might be a secret.
 */
export function readSettings(environment: NodeJS.ProcessEnv): Settings {
  return read(environment, 'standalone server');
}

/**
 * The same for the points in the app of a host: its people, its log and its addresses are its own, and no file is made.
 *
 * @param given by the names of the environment. Without DATABASE_URL the database is the app's.
 * @throws {SettingsError}
 */
export function readHostSettings(given: NodeJS.ProcessEnv): HostSettings {
  const { database, ...settings } = read(given, 'host’s app');
  return { ...settings, database: given.DATABASE_URL ? database : undefined };
}

/**
 * The same for a program beside that app, which sells nothing: what is asked of a gateway, and what becomes of the points
 * that it credits or takes.
 *
 * @throws {SettingsError}
 */
export function readHostProgramSettings(environment: NodeJS.ProcessEnv): Settings {
  return read(environment, 'program of a host’s app');
}

export type HostSettings = Omit<Settings, 'database'> & { database: DatabaseSettings | undefined };

/** It stands where the database is the host's own; nobody reads it. */
const NOT_OURS: DatabaseSettings = { kind: 'sqlite', file: '' };

function read(environment: NodeJS.ProcessEnv, runner: Runner): Settings {
  const isHost = runner !== 'standalone server';
  const given = withoutEmptyOnes(environment);
  const production = given.NODE_ENV === 'production';
  const parsed = schema.safeParse(given);
  const faults = [
    ...(parsed.success ? [] : faultsOfForm(parsed.error)),
    ...faultsOf(given, parsed.data, runner),
  ];
  if (!parsed.success || faults.length > 0) throw new SettingsError(faults);
  const values = parsed.data;
  const publicUrl = values.PUBLIC_URL ?? `http://localhost:${values.PORT}`;

  return {
    production,
    port: values.PORT,
    publicUrl,
    checkoutPageUrl: `${publicUrl}/payment.html`,
    noticesUrl: `${publicUrl}/webhooks`,
    trustedProxies: values.TRUSTED_PROXIES,
    database:
      isHost && values.DATABASE_URL === undefined
        ? NOT_OURS
        : databaseOf(values.DATABASE_URL, values.DATA_DIR, values.DATABASE_POOL_SIZE),
    iamport: {
      apiKey: values.IAMPORT_API_KEY ?? '',
      apiSecret: values.IAMPORT_API_SECRET ?? '',
      baseUrl: values.IAMPORT_BASE_URL,
      sdkUrl: values.IAMPORT_SDK_URL,
      userCode: values.IAMPORT_USER_CODE ?? '',
      channelKey: values.IAMPORT_CHANNEL_KEY,
      testMode: values.IAMPORT_TEST_MODE,
      readTimeoutMs: values.IAMPORT_TIMEOUT_MS,
      writeTimeoutMs: Math.max(values.IAMPORT_TIMEOUT_MS, WRITE_TIMEOUT_MIN_MS),
    },
    jwtSecret: isHost ? '' : jwtSecretOf(values),
    cashReceipt: values.CASH_RECEIPT,
    tax: values.TAX,
    paymentMethods: values.PAYMENT_METHODS ?? [],
    paymentLimits: values.PAYMENT_LIMITS ?? {},
    vbankDueDays: values.VBANK_DUE_DAYS ?? vbankDueDaysUnsaid(production),
    shopFile: values.SHOP_FILE === undefined ? undefined : resolve(values.SHOP_FILE),
    hostLogin: hostLoginOf(values),
    refundAccountKeys: values.REFUND_ACCOUNT_KEYS ?? developmentKeys(production || isHost, values.DATA_DIR),
    pointPackages: values.POINT_PACKAGES,
    pointMaxBalance: values.POINT_MAX_BALANCE,
    pointValidity: validityOf(values),
    refundPresets: values.REFUND_PRESETS,
    bonusOnRefund: values.BONUS_ON_REFUND,
    usersMaySpend: values.USERS_MAY_SPEND,
    rateLimit: values.RATE_LIMIT,
    redisUrl: values.REDIS_URL,
    shutdownDrainMs: values.SHUTDOWN_DRAIN_MS ?? (production ? SHUTDOWN_DRAIN_IN_PRODUCTION_MS : 0),
    webhookAddresses: values.WEBHOOK_ADDRESSES,
    recovery: { intervalMs: values.RECOVERY_INTERVAL_MS, graceMs: values.RECOVERY_GRACE_MS },
    comparison: { intervalMs: values.COMPARISON_INTERVAL_MS, graceMs: values.COMPARISON_GRACE_MS },
    events:
      values.EVENTS_URL === undefined
        ? undefined
        : { url: values.EVENTS_URL, secrets: values.EVENTS_SECRETS ?? [] },
    metrics:
      values.METRICS_PORT === undefined
        ? undefined
        : { port: values.METRICS_PORT, host: values.METRICS_HOST },
    logLevel: values.LOG_LEVEL,
    logRequestId: values.LOG_REQUEST_ID,
  };
}

type Validity = Pick<Values, 'POINT_VALID_DAYS' | 'POINT_BONUS_VALID_DAYS' | 'POINT_RETURN_GRACE_DAYS'>;

function validityOf(values: Validity): PointValidity {
  return {
    paidMs: values.POINT_VALID_DAYS * DAY_MS,
    bonusMs: values.POINT_BONUS_VALID_DAYS * DAY_MS,
    graceMs: values.POINT_RETURN_GRACE_DAYS * DAY_MS,
  };
}

/** What the program needs that imports points: nothing of a gateway. @throws {SettingsError} */
export function readImportSettings(
  environment: NodeJS.ProcessEnv,
): Pick<Settings, 'database' | 'pointMaxBalance' | 'pointValidity'> & { hasHostLogin: boolean } {
  const form = schema.pick({
    POINT_MAX_BALANCE: true,
    POINT_VALID_DAYS: true,
    POINT_BONUS_VALID_DAYS: true,
    POINT_RETURN_GRACE_DAYS: true,
    AUTH_JWKS_URL: true,
  });
  const parsed = form.safeParse(withoutEmptyOnes(environment));
  if (!parsed.success) throw new SettingsError(faultsOfForm(parsed.error));
  return {
    database: readDatabaseSettings(environment).database,
    pointMaxBalance: parsed.data.POINT_MAX_BALANCE,
    pointValidity: validityOf(parsed.data),
    hasHostLogin: parsed.data.AUTH_JWKS_URL !== undefined,
  };
}

/** The part that a program needs which works on the database alone. @throws {SettingsError} */
export function readDatabaseSettings(
  environment: NodeJS.ProcessEnv,
): Pick<Settings, 'database' | 'production'> {
  const form = schema.pick({ NODE_ENV: true, DATA_DIR: true, DATABASE_URL: true, DATABASE_POOL_SIZE: true });
  const parsed = form.safeParse(withoutEmptyOnes(environment));
  if (!parsed.success) throw new SettingsError(faultsOfForm(parsed.error));
  const values = parsed.data;
  return {
    production: values.NODE_ENV === 'production',
    database: databaseOf(values.DATABASE_URL, values.DATA_DIR, values.DATABASE_POOL_SIZE),
  };
}

/** Where the login is the shop's own nothing is signed here, so no secret is made and kept for it. */
function jwtSecretOf(values: Values): string {
  if (values.JWT_SECRET !== undefined) return values.JWT_SECRET;
  return values.AUTH_JWKS_URL === undefined ? keptSecret(folder(values.DATA_DIR), 'jwt-secret') : '';
}

/** @returns undefined where the login is ours; what is missing beside AUTH_JWKS_URL, `faultsOfLogin` has said. */
function hostLoginOf(values: Values): HostLoginSettings | undefined {
  const { AUTH_JWKS_URL: jwksUrl, AUTH_OPERATOR_CLAIM: claim, AUTH_OPERATOR_VALUE: value } = values;
  if (jwksUrl === undefined) return undefined;
  return {
    jwksUrl,
    issuer: values.AUTH_ISSUER ?? '',
    audience: values.AUTH_AUDIENCE ?? '',
    ownerClaim: values.AUTH_OWNER_CLAIM,
    operator: claim !== undefined && value !== undefined ? { claim, value } : undefined,
    pageScriptUrl: values.AUTH_PAGE_SCRIPT_URL,
  };
}

/** Kept in the data folder as the other secrets of development are. */
function developmentKeys(production: boolean, dataDir: string): SealingKey[] {
  if (production) return [];
  const kept = keptSecret(folder(dataDir), 'refund-account-key');
  return [{ id: 'dev', key: createHash('sha256').update(kept).digest() }];
}

function databaseOf(url: Values['DATABASE_URL'], dataDir: string, poolSize: number): DatabaseSettings {
  if (!url) return { kind: 'sqlite', file: join(folder(dataDir), 'point.db') };
  if (url.kind !== 'sqlite') return { ...url, poolSize };
  const file = resolve(url.file);
  folder(dirname(file));
  return { kind: 'sqlite', file };
}

/** @throws {SettingsError} when the folder cannot be made. */
function folder(path: string): string {
  const absolute = resolve(path);
  try {
    mkdirSync(absolute, { recursive: true });
  } catch (error) {
    throw new SettingsError([
      inBothLanguages({
        ko: `데이터 폴더 ${absolute} 을(를) 만들 수 없습니다. 이 사용자가 쓸 수 있는 폴더를 DATA_DIR 에 지정하세요`,
        en: `the data folder ${absolute} cannot be made (${(error as Error).message}); set DATA_DIR to a folder that this user may write`,
      }),
    ]);
  }
  return absolute;
}
