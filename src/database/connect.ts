import type { DataSource, DataSourceOptions } from 'typeorm';
import type { DatabaseSettings } from '../config/settings.js';
import { createDataSource, dataSourceOptions } from './data-source.js';
import { DatabaseUnusable } from './database-unusable.js';
import type { Pace } from './session-settings.js';

/**
 * A connected data source, for a program that begins.
 *
 * @throws {DatabaseUnusable} which says what keeps us away and what can be done.
 */
export async function connect(
  settings: DatabaseSettings,
  pace: Pace = 'callers-wait',
  more: Partial<DataSourceOptions> = {},
): Promise<DataSource> {
  const options = { ...(await dataSourceOptions(settings, pace)), ...more } as DataSourceOptions;
  try {
    return await createDataSource(options).initialize();
  } catch (error) {
    throw unusable(settings, error as Error & { code?: string });
  }
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
