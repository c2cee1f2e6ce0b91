import { describe, expect, test } from '@jest/globals';
import { QueryFailedError } from 'typeorm';
import { createLogger } from './logger.js';
import { NestLogger } from './nest-logger.js';

/** A log that is kept, and what of it a test looks at. */
function keptLog(level = 'trace') {
  const lines: string[] = [];
  const logger = createLogger(level, { write: (line) => lines.push(line) });
  return { logger, lines, line: (): Record<string, unknown> => JSON.parse(lines.at(-1) ?? '{}') };
}

/** A database's error as TypeORM throws it. */
function databaseError(message: string, code: string): QueryFailedError {
  const driverError = Object.assign(new Error(message), {
    code,
    sql: "INSERT 'canary-sql'",
    sqlMessage: message,
  });
  return new QueryFailedError(
    'INSERT INTO user VALUES (?, ?)',
    ['canary@mail.example', 'canary-hash'],
    driverError,
  );
}

describe('the log', () => {
  test('is one JSON object for each line, with the time', () => {
    const { logger, lines, line } = keptLog();

    logger.info({ url: 'http://localhost:3000' }, 'listening');

    expect(lines).toEqual([expect.stringMatching(/^\{.*\}\n$/)]);
    expect(line()).toEqual({
      level: 30,
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
      url: 'http://localhost:3000',
      msg: 'listening',
    });
  });

  test('leaves out what is below its level', () => {
    const { logger, lines } = keptLog('warn');

    logger.info('not now');

    expect(lines).toEqual([]);
  });

  test('shows an error’s kind, code, text, stack and cause', () => {
    const { logger, line } = keptLog();
    const cause = Object.assign(new TypeError('below'), { code: 'ECONNRESET' });

    logger.error({ err: new Error('above', { cause }) }, 'failed');

    expect(line()).toMatchObject({
      msg: 'failed',
      err: {
        type: 'Error',
        message: 'above',
        stack: expect.stringContaining('logger.spec'),
        cause: { type: 'TypeError', code: 'ECONNRESET', message: 'below' },
      },
    });
  });

  test.each([
    [
      'of a refused e-mail address',
      "Duplicate entry 'canary@mail.example' for key 'uq_user_email'",
      'ER_DUP_ENTRY',
    ],
    ['of a value with a quote in it', "Duplicate entry 'o'canary@mail.example' for key 'uq'", 'ER_DUP_ENTRY'],
    [
      'of a value that is no e-mail address',
      "Incorrect value: 'canary-hash' for column",
      'ER_TRUNCATED_WRONG_VALUE',
    ],
    ['of SQLite', 'UNIQUE constraint failed: user.email', 'SQLITE_CONSTRAINT_UNIQUE'],
  ])('holds neither values nor statements of a database’s error, such as that %s', (_, message, code) => {
    const { logger, lines } = keptLog();

    logger.error({ err: databaseError(message, code) }, 'an operation failed');

    expect(lines).toHaveLength(1);
    expect(lines[0]).not.toMatch(/canary/);
    expect(lines[0]).toContain('QueryFailedError');
  });

  test('holds no e-mail address of an error’s text, stack or causes', () => {
    const { logger, lines } = keptLog();
    const cause = new Error('canary.cause+tag@sub.mail.example is unknown');

    logger.error({ err: new Error('mail to <canary@mail.example> failed', { cause }) }, 'failed');

    expect(lines[0]).not.toMatch(/canary/);
    expect(lines[0]).toContain('[e-mail]');
  });

  test('holds nothing else that an error carries, such as the headers of a call', () => {
    const { logger, lines } = keptLog();
    const config = { headers: { Authorization: 'Bearer canary-token' }, data: 'canary-body' };

    logger.error({ err: Object.assign(new Error('timeout'), { config, request: config }) }, 'failed');

    expect(lines[0]).not.toMatch(/canary/);
  });

  test.each([['canary@mail.example'], [{ password: 'canary' }], [['canary']], [null], [42]])(
    'shows only the kind of what was thrown and is no error (%j)',
    (thrown) => {
      const { logger, lines, line } = keptLog();

      logger.error({ err: thrown }, 'failed');

      expect(line().err ?? null).toEqual(thrown === null ? { type: 'object' } : { type: typeof thrown });
      expect(lines[0]).not.toMatch(/canary/);
    },
  );

  test('holds no e-mail address of an error that the framework reports', () => {
    const { logger, lines, line } = keptLog();

    new NestLogger(logger).error(new Error('canary@mail.example'), 'ExceptionsHandler');
    new NestLogger(logger).error(databaseError("Duplicate entry 'canary-hash' for key 'uq'", 'ER_DUP_ENTRY'));

    expect(lines.join('')).not.toMatch(/canary/);
    expect(line()).toMatchObject({ level: 50, err: { type: 'QueryFailedError' } });
  });
});
