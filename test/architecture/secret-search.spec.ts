import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { findLeaks, keepServerOutput, rememberSecret } from '../support/server-logs.mjs';

/** The search that fails a whole run when a server logged a secret: here it is shown that it can fail. */
describe('the search for secrets in the logs of a run', () => {
  const folderOfTheRun = process.env.TEST_LOG_DIR;
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'point-top-up-secret-search-'));
    process.env.TEST_LOG_DIR = folder;
  });

  afterEach(async () => {
    if (folderOfTheRun === undefined) delete process.env.TEST_LOG_DIR;
    else process.env.TEST_LOG_DIR = folderOfTheRun;
    await rm(folder, { recursive: true });
  });

  test('finds a secret that a server printed, in pieces and before it was known as one', () => {
    keepServerOutput('server-1', '{"password":"correct-hor');
    keepServerOutput('server-1', 'se"}\n');
    keepServerOutput('server-2', 'listening\n');
    rememberSecret('a password', 'correct-horse');

    expect(findLeaks(folder)).toEqual(['server-1.log: a password']);
  });

  test('finds nothing where no secret was printed', () => {
    rememberSecret('a password', 'correct-horse');
    keepServerOutput('server-1', 'listening\n');

    expect(findLeaks(folder)).toEqual([]);
  });

  test('refuses to search for a text that is everywhere', () => {
    expect(() => rememberSecret('a password', 'abc')).toThrow('a password is too short');
  });
});
