import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { closestOf } from './closest.js';
import type { Texts } from './start-error.js';

/** Where a MariaDB or MySQL is, and as whom we come. */
export interface DatabaseAddress {
  host: string;
  port: number;
  /** Of the machine itself; then host and port mean nothing. */
  socketPath: string | undefined;
  user: string;
  password: string;
  database: string;
  /** Undefined speaks in the clear. */
  tls: DatabaseTls | undefined;
  /** Whether statements may go to the database before those ahead of them are answered, where it is known to take that. */
  pipelining: boolean;
}

/** In mysql2's words. */
export interface DatabaseTls {
  /** Whether the certificate must be signed by an authority that is trusted. */
  rejectUnauthorized: boolean;
  /** Whether it must be made out to the host that was named. */
  verifyIdentity: boolean;
  /** The authorities that are trusted instead of those that Node brings along, as PEM. */
  ca: string | undefined;
  minVersion: 'TLSv1.2' | 'TLSv1.3' | undefined;
}

/** What is wrong with an address. It repeats nothing of user and password. */
export class AddressFault extends Error {
  constructor(readonly texts: Texts) {
    super(texts.en);
  }
}

const DEFAULT_PORT = 3306;
const PORT_MAX = 65_535;
/** User and password end at the last @ before the path, so that each of @ : ? # may stand in a password as it is. */
const FORM = /^(?:mariadb|mysql):\/\/(?:([^/\s]*)@)?([^/@\s]*)\/([^/?#@\s]+)(?:\?([^@\n\r]*))?$/;
const HOST_AND_PORT = /^(\[[^[\]]*\]|[^:[\]]*)(?::(\d*))?$/;

type Parameter = 'ssl' | 'sslmode' | 'sslca' | 'socketPath' | 'pipelining';

/** Each guide of a database has its own spelling: `sslMode`, `ssl-mode` and `SSL_MODE` are one name here. */
const PARAMETERS = new Map<string, Parameter>([
  ['ssl', 'ssl'],
  ['sslmode', 'sslmode'],
  ['sslca', 'sslca'],
  ['socketpath', 'socketPath'],
  ['socket', 'socketPath'],
  ['pipelining', 'pipelining'],
]);
const PLAIN_NAME = /^[\w-]{1,40}$/;

const ENCRYPTED = { rejectUnauthorized: false, verifyIdentity: false };
const OF_TRUSTED_AUTHORITY = { rejectUnauthorized: true, verifyIdentity: false };
const OF_THE_HOST = { rejectUnauthorized: true, verifyIdentity: true };

type Strictness = Pick<DatabaseTls, 'rejectUnauthorized' | 'verifyIdentity'>;

/** MySQL's words, and PostgreSQL's for the same. `preferred` is not among them: it falls back to no encryption. */
const MODES = new Map<string, Strictness | 'off'>([
  ['disabled', 'off'],
  ['disable', 'off'],
  ['required', ENCRYPTED],
  ['require', ENCRYPTED],
  ['verify-ca', OF_TRUSTED_AUTHORITY],
  ['verify-identity', OF_THE_HOST],
  ['verify-full', OF_THE_HOST],
]);

const SQLITE = 'sqlite:';

/** The setting itself, which may also name a file of the embedded database. @throws {AddressFault} */
export function readDatabaseUrl(
  text: string,
): { kind: 'sqlite'; file: string } | ({ kind: 'mariadb' | 'mysql' } & DatabaseAddress) {
  if (!text.startsWith(SQLITE)) {
    return { kind: text.startsWith('mysql:') ? 'mysql' : 'mariadb', ...readDatabaseAddress(text) };
  }
  const file = text.slice(SQLITE.length);
  if (file.trim() === '') throw new AddressFault(FORM_FAULT);
  if (file.includes('?')) {
    throw new AddressFault({
      ko: '값의 sqlite: 뒤에는 파일만 쓸 수 있습니다. ? 뒤의 것을 지우세요',
      en: 'names an SQLite file, which takes no parameters: leave out what stands after the ?',
    });
  }
  return { kind: 'sqlite', file };
}

/**
 * Reads `mariadb://user:password@host:3306/name?parameters`. Nothing in it is dropped in silence.
 *
 * @throws {AddressFault} at the first thing that is wrong.
 */
function readDatabaseAddress(text: string): DatabaseAddress {
  const [, credentials, hostAndPort = '', path = '', query = ''] = FORM.exec(text) ?? [];
  if (path === '') throw new AddressFault(FORM_FAULT);
  const parameters = parametersOf(query);
  const socketPath = parameters.get('socketPath');
  const [user = '', ...password] = (credentials ?? '').split(':');
  if (user === '') {
    throw new AddressFault({
      ko: '값에 사용자가 없습니다. mariadb://user:password@host:3306/name 처럼 쓰세요',
      en: 'names no user: write it like mariadb://user:password@host:3306/name',
    });
  }
  return {
    ...hostAndPortOf(hostAndPort, socketPath !== undefined),
    socketPath,
    user: decoded(user),
    password: decoded(password.join(':')),
    database: decoded(path),
    tls: tlsOf(parameters),
    pipelining: pipeliningOf(parameters.get('pipelining')),
  };
}

const FORM_FAULT: Texts = {
  ko: '값은 mariadb://user:password@host:3306/name, mysql://… 또는 sqlite:path/to/file.db 형식이어야 합니다. 사용자와 비밀번호의 / 는 %2F, 공백은 %20 으로 쓰세요',
  en: 'must look like mariadb://user:password@host:3306/name, mysql://… or sqlite:path/to/file.db; in user and password write / as %2F and a blank as %20',
};

function hostAndPortOf(text: string, isSocket: boolean): Pick<DatabaseAddress, 'host' | 'port'> {
  if (text === '' && isSocket) return { host: 'localhost', port: DEFAULT_PORT };
  const [, host = '', port] = HOST_AND_PORT.exec(text) ?? [];
  if (host === '') {
    throw new AddressFault({
      ko: '값에 올바른 호스트가 없습니다. db.example.com, 192.0.2.1 또는 [2001:db8::1] 처럼 쓰세요(IPv6 주소는 대괄호 안에)',
      en: 'names no host: write it like db.example.com, 192.0.2.1 or, an IPv6 address in brackets, [2001:db8::1]',
    });
  }
  if (port !== undefined && !(Number(port) >= 1 && Number(port) <= PORT_MAX)) {
    throw new AddressFault({
      ko: `값의 포트는 1에서 ${PORT_MAX} 사이의 수여야 합니다`,
      en: `must name a port from 1 to ${PORT_MAX}`,
    });
  }
  // A name in Korean becomes what the domain name system knows.
  const address = `http://${host}/`;
  if (!URL.canParse(address)) {
    throw new AddressFault({
      ko: '값의 호스트가 올바르지 않습니다. 비밀번호에 / 가 있으면 %2F 로 쓰세요',
      en: 'names a host that cannot be one; write a / of the password as %2F',
    });
  }
  const { hostname } = new URL(address);
  return { host: hostname.replace(/^\[|\]$/g, ''), port: port === undefined ? DEFAULT_PORT : Number(port) };
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw new AddressFault({
      ko: '값의 % 뒤에 두 자리 16진수가 없습니다. 사용자, 비밀번호, 데이터베이스 이름의 % 는 %25 로 쓰세요',
      en: 'has a % that begins no code: write a % of the user, the password or the database name as %25',
    });
  }
}

function parametersOf(query: string): Map<Parameter, string> {
  const parameters = new Map<Parameter, string>();
  for (const [name, value] of new URLSearchParams(query)) {
    const plain = name.toLowerCase().replace(/[-_]/g, '');
    const known = PARAMETERS.get(plain);
    if (!known) throw new AddressFault(unknownParameter(name, plain));
    if (value === '') {
      throw new AddressFault({ ko: `값의 ${known} 이(가) 비어 있습니다`, en: `has an empty ${known}` });
    }
    if (parameters.has(known)) {
      throw new AddressFault({ ko: `값에 ${known} 이(가) 두 번 있습니다`, en: `has ${known} twice` });
    }
    parameters.set(known, value);
  }
  return parameters;
}

function unknownParameter(name: string, plain: string): Texts {
  const closest = closestOf(plain, [...PARAMETERS.keys()]);
  const all = [...new Set(PARAMETERS.values())].join(', ');
  const shown = PLAIN_NAME.test(name) ? ` (${name})` : '';
  return {
    ko: `값에 모르는 매개변수가 있습니다${shown}. ${closest ? `${closest} 을(를) 뜻했나요? ` : ''}쓸 수 있는 것: ${all}`,
    en: `has a parameter that is not known${shown}. ${closest ? `Did you mean ${closest}? ` : ''}Known are ${all}`,
  };
}

function pipeliningOf(value: string | undefined): boolean {
  if (value === undefined || value === 'auto') return true;
  if (value === 'off') return false;
  throw new AddressFault({
    ko: '값의 pipelining 은 auto 또는 off 여야 합니다',
    en: 'must have a pipelining of auto or off',
  });
}

const CONTRADICTION: Texts = {
  ko: '값의 ssl, sslmode, sslca 가 서로 맞지 않습니다. sslmode 하나로 정하고, 인증 기관은 sslca 로 더하세요',
  en: 'contradicts itself in ssl, sslmode and sslca: say it by sslmode alone, and name the authority by sslca',
};

function tlsOf(parameters: Map<Parameter, string>): DatabaseTls | undefined {
  const ssl = parameters.get('ssl');
  const mode = parameters.get('sslmode');
  const caFile = parameters.get('sslca');
  const bySsl = ssl === undefined ? undefined : sslOf(ssl);
  const byMode = mode === undefined ? undefined : modeOf(mode);
  // `ssl=true` says that, and `sslmode` beside it how.
  if (bySsl && byMode && (bySsl !== OF_THE_HOST || byMode === 'off')) throw new AddressFault(CONTRADICTION);
  const isNotAsked = byMode === 'off' || bySsl === 'off' || bySsl?.rejectUnauthorized === false;
  if (caFile !== undefined && isNotAsked) throw new AddressFault(CONTRADICTION);
  const asked = byMode ?? bySsl ?? (caFile === undefined ? 'off' : OF_THE_HOST);
  if (asked === 'off') return undefined;
  return {
    minVersion: undefined,
    ...asked,
    // PostgreSQL and MySQL read `required` so, too, when an authority is named.
    ...(caFile !== undefined && { rejectUnauthorized: true }),
    ca: caFile === undefined ? undefined : authorityIn(caFile),
  };
}

function modeOf(text: string): Strictness | 'off' {
  const mode = MODES.get(text.toLowerCase().replaceAll('_', '-'));
  if (mode) return mode;
  throw new AddressFault({
    ko: '값의 sslmode 는 disabled, required, verify-ca, verify-identity 중 하나여야 합니다(preferred 는 암호화 없이 연결될 수 있어 받지 않습니다)',
    en: 'must have disabled, required, verify-ca or verify-identity as sslmode (not preferred, which may end without encryption)',
  });
}

/** The settings that mysql2 takes as JSON, and that guides of its users show. */
const SSL_SETTINGS = new Map<string, unknown[]>([
  ['rejectUnauthorized', [true, false]],
  ['verifyIdentity', [true, false]],
  ['minVersion', ['TLSv1.2', 'TLSv1.3']],
]);

function sslOf(text: string): Omit<DatabaseTls, 'ca'> | typeof OF_THE_HOST | 'off' {
  const word = text.toLowerCase();
  if (word === 'true' || word === '1') return OF_THE_HOST;
  if (word === 'false' || word === '0') return 'off';
  const settings = objectIn(text);
  const isKnown =
    settings && Object.entries(settings).every(([name, value]) => SSL_SETTINGS.get(name)?.includes(value));
  if (!isKnown) {
    throw new AddressFault({
      ko: '값의 ssl 은 true, false 또는 rejectUnauthorized, verifyIdentity, minVersion 으로 된 JSON 이어야 합니다. 예: {"rejectUnauthorized":true}. 인증 기관의 파일은 sslca 로 쓰세요',
      en: 'must have true, false or JSON of rejectUnauthorized, verifyIdentity and minVersion as ssl, such as {"rejectUnauthorized":true}; a file of authorities is named by sslca',
    });
  }
  const {
    rejectUnauthorized = true,
    verifyIdentity = rejectUnauthorized,
    minVersion,
  } = settings as Partial<DatabaseTls>;
  // Without the first nothing is checked, so the second would be a promise that nobody keeps.
  if (verifyIdentity && !rejectUnauthorized) throw new AddressFault(CONTRADICTION);
  return { rejectUnauthorized, verifyIdentity, minVersion };
}

function objectIn(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

function authorityIn(file: string): string {
  try {
    const pem = readFileSync(file, 'utf8');
    // Throws for anything else.
    void new X509Certificate(pem);
    return pem;
  } catch (error) {
    const { code } = error as { code?: string };
    throw new AddressFault({
      ko: `값의 sslca 파일에서 인증서(PEM)를 읽을 수 없습니다(${code})`,
      en: `names an sslca file in which no certificate (PEM) can be read (${code})`,
    });
  }
}
