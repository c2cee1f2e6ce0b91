import { type DataSource, type DataSourceOptions, QueryFailedError } from 'typeorm';
import type { DatabaseSettings } from '../config/settings.js';
import { createDataSource, dataSourceOptions } from './data-source.js';
import { DatabaseUnusable } from './database-unusable.js';
import type { Pace } from './driver/session-settings.js';

/** libsql's text for a file that SQLite could not open; it has no code. */
const COULD_NOT_OPEN = /^ConnectionFailed\(.*: 14"\)$/;

/**
 * A connected data source for a program that begins, until `work` ends.
 *
 * @throws {DatabaseUnusable} which says what keeps us away or what is wrong with an SQLite file, and what can be done.
 * @throws what `work` throws.
 */
export async function withDatabase<Result>(
  settings: DatabaseSettings,
  pace: Pace,
  more: Partial<DataSourceOptions>,
  work: (dataSource: DataSource) => Promise<Result>,
): Promise<Result> {
  const dataSource = await connect(settings, pace, more);
  try {
    return await work(dataSource);
  } catch (error) {
    throw unusableFile(settings, error) ?? error;
  } finally {
    await dataSource.destroy();
  }
}

/**
 * A connected data source, for a program that begins. Looks and changes nothing: it is the server that puts an SQLite
 * file into WAL mode, since only then we know that it is ours.
 *
 * @throws {DatabaseUnusable} which says what keeps us away and what can be done.
 */
export async function connect(
  settings: DatabaseSettings,
  pace: Pace = 'callers-wait',
  more: Partial<DataSourceOptions> = {},
): Promise<DataSource> {
  const options = {
    ...(await dataSourceOptions(settings, pace)),
    ...(settings.kind === 'sqlite' && { enableWAL: false }),
    ...more,
  } as DataSourceOptions;
  try {
    return await createDataSource(options).initialize();
  } catch (error) {
    throw unusableFile(settings, error) ?? unusable(settings, error as Error & { code?: string });
  }
}

/** @returns undefined for what is no fault of an SQLite file. */
function unusableFile(settings: DatabaseSettings, error: unknown): DatabaseUnusable | undefined {
  if (settings.kind !== 'sqlite') return undefined;
  const { file } = settings;
  const { code, message } = (error instanceof QueryFailedError ? error.driverError : error) as Error & {
    code?: string;
  };
  if (code === 'SQLITE_NOTADB') {
    return new DatabaseUnusable({
      ko: `${file} 은(는) SQLite 데이터베이스가 아니어서 그대로 두었습니다. 백업에서 되살리거나 DATABASE_URL 이나 DATA_DIR 에 다른 곳을 지정하세요.`,
      en: `${file} is no SQLite database and was left as it is: put it back from a backup, or name another place in DATABASE_URL or DATA_DIR.`,
    });
  }
  if (code?.startsWith('SQLITE_CORRUPT')) {
    return new DatabaseUnusable({
      ko: `${file} 이(가) 손상되어(${message}) 그대로 두었습니다. 이 파일을 쓰는 프로그램을 모두 끝내고 백업에서 되살리세요.`,
      en: `${file} is damaged (${message}) and was left as it is: end whatever uses it and put it back from a backup.`,
    });
  }
  if (code?.startsWith('SQLITE_CANTOPEN') || COULD_NOT_OPEN.test(message)) {
    return new DatabaseUnusable({
      ko: `${file} 을(를) 열 수 없습니다. 이 사용자가 읽고 쓸 수 있는 파일이어야 합니다.`,
      en: `${file} cannot be opened: it has to be a file that this user may read and write.`,
    });
  }
  return undefined;
}

function unusable(settings: DatabaseSettings, error: Error & { code?: string }): DatabaseUnusable {
  const { code, message } = error;
  if (code === 'HANDSHAKE_NO_SSL_SUPPORT') {
    return new DatabaseUnusable({
      ko: '데이터베이스가 TLS 를 쓰지 않습니다. 데이터베이스에서 TLS 를 켜거나 DATABASE_URL 에서 ssl, sslmode, sslca 를 지우세요.',
      en: 'the database does not speak TLS: set it up there, or take ssl, sslmode and sslca out of DATABASE_URL.',
    });
  }
  // mysql2 writes its own code over that of the fault. Only Node's complaint about the name has `host`.
  if (code === 'HANDSHAKE_SSL_ERROR' && 'host' in error) {
    return new DatabaseUnusable({
      ko: `데이터베이스의 인증서가 다른 호스트의 것입니다(${message}). DATABASE_URL 에 인증서에 있는 호스트를 쓰거나, 인증 기관만 확인하는 sslmode=verify-ca 를 쓰세요.`,
      en: `the certificate of the database is made out to another host (${message}): name the host in DATABASE_URL as the certificate does, or set sslmode=verify-ca, which asks only who signed it.`,
    });
  }
  if (code === 'HANDSHAKE_SSL_ERROR') {
    return new DatabaseUnusable({
      ko: `데이터베이스의 인증서를 믿을 수 없습니다(${message}). DATABASE_URL 에 sslca=인증 기관의 파일(PEM)을 쓰거나, 확인하지 않고 암호화만 하는 sslmode=required 를 쓰세요.`,
      en: `the certificate of the database cannot be trusted (${message}): name the file (PEM) of its authority by sslca in DATABASE_URL, or set sslmode=required, which encrypts and checks nothing.`,
    });
  }
  const isInTheClear = settings.kind !== 'sqlite' && !settings.tls;
  // A server that takes TLS only gives the second one for a right password, too.
  if (isInTheClear && (code === 'ER_SECURE_TRANSPORT_REQUIRED' || code === 'ER_ACCESS_DENIED_ERROR')) {
    return new DatabaseUnusable({
      ko: `데이터베이스에 연결할 수 없습니다(${message}). DATABASE_URL 의 사용자와 비밀번호를 확인하세요. TLS 로만 연결되는 데이터베이스라면 끝에 ?ssl=true 를 붙이세요.`,
      en: `the database cannot be reached (${message}): check user and password in DATABASE_URL; if it takes TLS only, add ?ssl=true at the end.`,
    });
  }
  return new DatabaseUnusable({
    ko: `데이터베이스에 연결할 수 없습니다(${message}). 데이터베이스를 시작하거나 DATABASE_URL 을 확인하세요.`,
    en: `the database cannot be reached (${message}): start it, or check DATABASE_URL.`,
  });
}
