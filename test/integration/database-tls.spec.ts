import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { DataSource } from 'typeorm';
import { connect } from '../../src/database/connect.js';
import { DatabaseUnusable } from '../../src/database/database-unusable.js';
import { databaseSettings } from '../support/books.js';
import { describeOnMariadb } from '../support/databases.js';
import { createDatabase } from '../support/mariadb.js';
import { type MortalProgram, startMortalProgram } from '../support/mortal-program.js';
import {
  findMariadb,
  findOpenssl,
  isContinuousIntegration,
  MARIADB_HINT,
  OPENSSL_HINT,
} from '../support/requirements.mjs';

const run = promisify(execFile);
const isPossible = findMariadb() !== undefined && findOpenssl() !== undefined;
const hint = findMariadb() ? OPENSSL_HINT : MARIADB_HINT;
if (!isPossible && isContinuousIntegration()) throw new Error(`something is missing and CI=true: ${hint}`);

(isPossible ? describe : describe.skip)(
  `a MariaDB that takes TLS only${isPossible ? '' : ` (skipped: ${hint})`}`,
  () => {
    let folder: string;
    let mariadb: MortalProgram<{ url: string }>;
    let plain: URL;
    let authority: string;

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'point-top-up-tls-'));
      authority = await makeCertificates(folder);
      mariadb = await startMortalProgram<{ url: string }>('./private-mariadb.mjs', [
        `--ssl-cert=${join(folder, 'server.pem')}`,
        `--ssl-key=${join(folder, 'server.key')}`,
        '--bind-address=*',
      ]);
      plain = new URL(await createDatabase(mariadb.ready.url, 'points'));
      const before = await open('');
      await before.query(`CREATE USER 'secret'@'%' IDENTIFIED BY 'p%40ss'`);
      await before.query(`GRANT ALL ON points.* TO 'secret'@'%'`);
      await before.query('SET GLOBAL require_secure_transport = ON');
      await before.destroy();
    });
    afterAll(async () => {
      await mariadb.stop();
      await rm(folder, { recursive: true, force: true });
    });

    const open = (query: string, { hostname = '127.0.0.1', credentials = '' } = {}): Promise<DataSource> => {
      const user = credentials || `${plain.username}:${plain.password}`;
      const DATABASE_URL = `mariadb://${user}@${hostname}:${plain.port}/points${query}`;
      return connect(databaseSettings({ DATA_DIR: folder, DATABASE_URL }));
    };
    const cipherOf = async (...address: Parameters<typeof open>): Promise<string> => {
      const dataSource = await open(...address);
      try {
        const [{ Value }] = await dataSource.query(`SHOW SESSION STATUS LIKE 'Ssl_cipher'`);
        return Value;
      } finally {
        await dataSource.destroy();
      }
    };
    const refusalOf = async (...address: Parameters<typeof open>): Promise<string> => {
      const refusal: unknown = await cipherOf(...address).catch((error: unknown) => error);
      expect(refusal).toBeInstanceOf(DatabaseUnusable);
      expect((refusal as Error).message).not.toContain('\n');
      return (refusal as Error).message;
    };

    test('says what to add when it is spoken to in the clear', async () => {
      expect(await refusalOf('')).toMatch(/add \?ssl=true at the end/);
      expect(await refusalOf('?ssl=false')).toMatch(/add \?ssl=true at the end/);
    });

    test.each(['?ssl={"rejectUnauthorized":false}', '?sslmode=required', '?ssl-mode=REQUIRED'])(
      'is reached with encryption alone by %s',
      async (query) => {
        expect(await cipherOf(query)).toMatch(/^TLS_|^ECDHE/);
        expect(await cipherOf(query, { hostname: '[::1]', credentials: 'secret:p%2540ss' })).toMatch(
          /^TLS_|^ECDHE/,
        );
      },
    );

    test.each(['?ssl=true', '?ssl={}', '?sslmode=verify-ca', '?sslmode=verify-identity'])(
      'is refused with %s as long as nobody who is trusted signed its certificate',
      async (query) => {
        expect(await refusalOf(query)).toMatch(/cannot be trusted \(.* by sslca in DATABASE_URL/);
      },
    );

    test.each([
      ['?', '127.0.0.1'],
      ['?ssl=true&', '127.0.0.1'],
      ['?sslmode=verify-identity&', '127.0.0.1'],
      ['?sslmode=verify-ca&', 'localhost'],
      ['?sslmode=required&', 'localhost'],
    ])('is reached by its authority: %ssslca= at %s', async (query, hostname) => {
      expect(await cipherOf(`${query}sslca=${authority}`, { hostname })).toMatch(/^TLS_|^ECDHE/);
    });

    test.each(['localhost', '[::1]'])(
      'is refused at %s, which is not the host of its certificate',
      async (hostname) => {
        const refusal = await refusalOf(`?sslca=${authority}`, { hostname });

        expect(refusal).toMatch(/made out to another host .* sslmode=verify-ca/);
      },
    );

    test('is refused with the authority of somebody else', async () => {
      const other = await makeAuthority(folder, 'other');

      expect(await refusalOf(`?sslmode=required&sslca=${other}`)).toMatch(/cannot be trusted/);
    });
  },
);

describeOnMariadb('TLS', (database) => {
  test('that the database does not speak is not done without', async () => {
    const DATABASE_URL = `${database.env.DATABASE_URL}?sslmode=required`;
    const opened = connect(databaseSettings({ ...database.env, DATABASE_URL }));

    await expect(opened).rejects.toThrow(/the database does not speak TLS: .* out of DATABASE_URL/);
  });
});

/** A certificate for 127.0.0.1 and for no name. @returns the file of its authority. */
async function makeCertificates(folder: string): Promise<string> {
  const at = (name: string) => join(folder, name);
  const authority = await makeAuthority(folder, 'authority');
  const request = ['req', '-newkey', 'rsa:2048', '-nodes', '-subj', '/CN=server'];
  await run('openssl', [...request, '-keyout', at('server.key'), '-out', at('server.csr')]);
  await writeFile(at('names'), 'subjectAltName=IP:127.0.0.1');
  const sign = ['x509', '-req', '-days', '2', '-CAcreateserial', '-extfile', at('names')];
  const by = ['-CA', authority, '-CAkey', at('authority.key')];
  await run('openssl', [...sign, ...by, '-in', at('server.csr'), '-out', at('server.pem')]);
  return authority;
}

async function makeAuthority(folder: string, name: string): Promise<string> {
  const certificate = join(folder, `${name}.pem`);
  const options = ['-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', `/CN=${name}`];
  const key = join(folder, `${name}.key`);
  await run('openssl', ['req', '-x509', ...options, '-keyout', key, '-out', certificate]);
  return certificate;
}
