import { execFile } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';

const SCRIPT = join(fileURLToPath(new URL('../..', import.meta.url)), 'scripts', 'bench.mjs');
const TIMEOUT_MS = 50_000;

interface EndedBench {
  exitCode: number;
  output: string;
  errors: string;
}

test('a quick bench measures one case against the floor and finds every answer right', async () => {
  const { exitCode, output, errors } = await bench('--quick', '--cases', 'charge', '--database', 'sqlite');

  expect({ exitCode, errors: exitCode === 0 ? '' : errors }).toEqual({ exitCode: 0, errors: '' });
  expect(output).toMatch(/^\| charge \| sqlite {3}\| ours {2}\| [1-9]\d* /m);
  expect(output).toMatch(/^\| {8}\| {10}\| floor \| [1-9]\d* /m);
  expect(output).toMatch(/^charge sqlite: [\d.]+$/m);
});

test('a case that does not exist is answered with the list of those that do', async () => {
  const { exitCode, errors } = await bench('--cases', 'charge,nothing');

  expect(exitCode).toBe(1);
  expect(errors).toContain('--cases: charge,charge-hot,cancel,me,order');
});

function bench(...args: string[]): Promise<EndedBench> {
  const { PATH, HOME, TMPDIR, TZ } = process.env;
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [SCRIPT, ...args],
      { cwd: tmpdir(), env: { PATH, HOME, TMPDIR, TZ }, timeout: TIMEOUT_MS },
      (error, output, errors) => resolve({ exitCode: error ? Number(error.code) : 0, output, errors }),
    );
  });
}
