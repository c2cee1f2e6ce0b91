import { readFileSync } from 'node:fs';
import { config } from 'dotenv';
import { SETTING_NAMES } from './settings-form.js';
import { SettingsError } from './settings.js';
import { distanceOf } from './distance.js';
import { inBothLanguages } from './start-error.js';

const FILE = '.env';

/** Names that begin like a setting of the server and belong to another program; a test compares them with docs/settings.md. */
export const NAMES_OF_OTHER_PROGRAMS = [
  'DATABASE_HOST',
  'IAMPORT_SIMULATOR_PORT',
  'IAMPORT_SIMULATOR_DATA',
  'IAMPORT_SIMULATOR_HOST',
  'IAMPORT_SIMULATOR_SEED',
  'IAMPORT_SIMULATOR_FAULTS',
  'IAMPORT_SIMULATOR_WEBHOOKS',
  'IAMPORT_SIMULATOR_WEBHOOK_URL',
  'IAMPORT_SIMULATOR_PARTIAL_STATUS',
];

/** A line as dotenv reads it; its values may go over several lines. */
const ASSIGNMENT =
  /^\s*(?:export\s+)?([\w.-]+)(?:\s*=\s*?|:\s+?)(\s*'(?:\\'|[^'])*'|\s*"(?:\\"|[^"])*"|\s*`(?:\\`|[^`])*`|[^#\r\n]+)?[^\S\r\n]*(?:#.*)?$/gm;

const KNOWN = new Set([...SETTING_NAMES, ...NAMES_OF_OTHER_PROGRAMS]);
/** `NODE_` is Node's own: NODE_OPTIONS and many more. */
const BEGINNINGS = new Set(
  [...SETTING_NAMES].flatMap((name) => /^[A-Z]+_/.exec(name) ?? []).filter((begin) => begin !== 'NODE_'),
);
/** Two letters that are missing, too many or others. */
const MISSPELT_MAX = 2;
/** A name that is farther away than this part of it is no help. */
const LIKE_SHARE = 0.4;

/**
 * Reads `.env` into the environment, where what is there already wins. dotenv passes over what it does not understand; here
 * that is refused: a setting that is dropped in silence is found out by a customer.
 *
 * In the file every name that begins like one of ours has to be one. In the environment also others put names, such as
 * Kubernetes (REDIS_SERVICE_HOST) and hosts (DATABASE_PRIVATE_URL), so only what is nearly one of ours is refused there, and
 * only while that one is not set.
 *
 * @throws {SettingsError} with every fault at once and without a value.
 */
export function loadEnvFile(environment: NodeJS.ProcessEnv): void {
  const faults = [...faultsOfFile(readFile()), ...faultsOfEnvironment(environment)];
  if (faults.length > 0) throw new SettingsError([...new Set(faults)]);
  config({ path: FILE, quiet: true, processEnv: environment });
}

function readFile(): string {
  try {
    return readFileSync(FILE, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return '';
    throw new SettingsError([
      inBothLanguages({
        ko: `${FILE} 파일을 읽을 수 없습니다 (${code})`,
        en: `${FILE} cannot be read (${code}): give this user the right to read it`,
      }),
    ]);
  }
}

export function faultsOfFile(text: string): string[] {
  const names: string[] = [];
  // Line ends stay, so that the others keep their numbers.
  const rest = text.replaceAll(/\r\n?/g, '\n').replaceAll(ASSIGNMENT, (whole, name: string) => {
    names.push(name);
    return whole.replaceAll(/[^\n]/g, '');
  });
  const noAssignments = rest.split('\n').flatMap((line, index) => {
    if (/^\s*(#|$)/.test(line)) return [];
    return inBothLanguages({
      ko: `${FILE} ${index + 1}번째 줄은 NAME=값 형식이 아닙니다`,
      en: `line ${index + 1} of ${FILE} is not NAME=value`,
    });
  });
  const twice = names.filter((name, index) => KNOWN.has(name) && names.indexOf(name) !== index);
  return [
    ...noAssignments,
    ...twice.map((name) =>
      inBothLanguages({
        ko: `${name} 이(가) ${FILE} 에 두 번 있습니다`,
        en: `${name} stands twice in ${FILE}`,
      }),
    ),
    ...names.filter((name) => !KNOWN.has(name) && isLikeOurs(name)).map(unknown),
  ];
}

function isLikeOurs(name: string): boolean {
  const upper = name.toUpperCase();
  return KNOWN.has(upper) || [...BEGINNINGS].some((begin) => upper.startsWith(begin)) || isMisspelt(upper);
}

/** Short names are near to anything. */
function isMisspelt(name: string): boolean {
  const { known, distance } = nearest(name);
  return known.includes('_') && distance > 0 && distance <= MISSPELT_MAX;
}

export function faultsOfEnvironment(environment: NodeJS.ProcessEnv): string[] {
  return Object.keys(environment)
    .filter((name) => !KNOWN.has(name) && isMisspelt(name) && !environment[nearest(name).known])
    .map(unknown);
}

function unknown(name: string): string {
  const { known, distance } = nearest(name.toUpperCase());
  const isHelp = distance <= name.length * LIKE_SHARE;
  return inBothLanguages({
    ko: `${name} 은(는) 없는 설정입니다. ${isHelp ? `${known} 을(를) 쓰려고 하셨나요?` : '.env.example 에 모두 있습니다'}`,
    en: `${name} is no setting; ${isHelp ? `did you mean ${known}?` : '.env.example lists them all'}`,
  });
}

function nearest(name: string): { known: string; distance: number } {
  let best = { known: '', distance: Infinity };
  for (const known of KNOWN) {
    if (Math.abs(known.length - name.length) >= best.distance) continue;
    const distance = distanceOf(name, known);
    if (distance < best.distance) best = { known, distance };
  }
  return best;
}

/** What programs beside an app read. The other names may mean something of the app's own there: `RATE_LIMIT=100`. */
const OF_PROGRAMS =
  /^(COMPARISON_|DATABASE_|EVENTS_|IAMPORT_|POINT_|RECOVERY_)|^(BONUS_ON_REFUND|CASH_RECEIPT)$/;

/**
 * The environment of an app that the points are in, as a program of ours reads it: only our names, and of these only
 * what programs need.
 *
 * @throws {SettingsError} it names no database. None of ours is made there by mistake.
 */
export function environmentOfHost({ NODE_ENV, ...environment }: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  if (!environment['DATABASE_URL']) {
    throw new SettingsError([
      inBothLanguages({
        ko: 'DATABASE_URL 에 포인트가 있는 데이터베이스를 지정하세요. 예: mariadb://user:password@host:3306/name, sqlite:shop.db',
        en: 'DATABASE_URL must name the database that the points are in, such as mariadb://user:password@host:3306/name or sqlite:shop.db',
      }),
    ]);
  }
  const ours = Object.entries(environment).filter(
    ([name]) => SETTING_NAMES.includes(name) && OF_PROGRAMS.test(name),
  );
  return { ...Object.fromEntries(ours), NODE_ENV: NODE_ENV === 'production' ? 'production' : 'development' };
}
