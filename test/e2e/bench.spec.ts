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

test.each(['charge,cancel', 'spend,hold'])(
  'a quick bench measures %s against the floor and finds every answer right',
  async (cases) => {
    const { exitCode, output, errors } = await bench(`--quick --cases ${cases} --database sqlite`);

    expect({ exitCode, errors: exitCode === 0 ? '' : errors }).toEqual({ exitCode: 0, errors: '' });
    for (const name of cases.split(',')) {
      expect(output).toMatch(new RegExp(`^\\| ${name} *\\| sqlite {3}\\| ours {2}\\| [1-9]\\d* `, 'm'));
      expect(output).toMatch(new RegExp(`^${name} sqlite: [\\d.]+$`, 'm'));
    }
    expect(output).toMatch(/^\| +\| {10}\| floor \| [1-9]\d* /m);
  },
);

test('a quick bench at half of the rate that the floor reaches asks both at that rate', async () => {
  const { exitCode, output, errors } = await bench('--quick --cases charge-half --database sqlite');

  expect({ exitCode, errors: exitCode === 0 ? '' : errors }).toEqual({ exitCode: 0, errors: '' });
  expect(output).toMatch(/^\| charge-half \| sqlite {3}\| ours {2}\| [1-9]\d* /m);
  expect(output).toMatch(/^charge-half sqlite: [\d.]+$/m);
});

test('a quick bench of a long history fills a database, charges, and reads the page that is meant', async () => {
  const { exitCode, output, errors } = await bench(
    '--quick --history --rows 2000 --cases charge,page-1000 --database sqlite',
  );

  expect({ exitCode, errors: exitCode === 0 ? '' : errors }).toEqual({ exitCode: 0, errors: '' });
  expect(output).toMatch(/^\| page-1000 \| sqlite {3}\| few {4}\| [1-9]\d* /m);
  expect(output).toMatch(/^\| {11}\| {10}\| filled \| [1-9]\d* /m);
  expect(output).toMatch(/^charge sqlite: [\d.]+$/m);
});

test('a bench of memory tells it after the start and after each tenth of the requests', async () => {
  const { exitCode, output, errors } = await bench(
    '--quick --memory --requests 200 --cases charge --database sqlite',
  );

  expect({ exitCode, errors: exitCode === 0 ? '' : errors }).toEqual({ exitCode: 0, errors: '' });
  expect([...output.matchAll(/^\| (?:sqlite {2}| {8}) \| (\d+) /gm)].map(([, requests]) => requests)).toEqual(
    ['0', '20', '40', '60', '80', '100', '120', '140', '160', '180', '200'],
  );
});

test('a bench of the start waits until the built server can work', async () => {
  const { exitCode, output, errors } = await bench('--quick --start 1 --database sqlite');

  expect({ exitCode, errors: exitCode === 0 ? '' : errors }).toEqual({ exitCode: 0, errors: '' });
  expect(output).toMatch(/^\| sqlite {3}\| 1 {6}\| [1-9]\d* /m);
});

test('an option of another bench is refused before anything is started', async () => {
  const { exitCode, errors } = await bench('--memory --rows 2000');

  expect(exitCode).toBe(1);
  expect(errors).toContain('--rows');
});

test('an option that no bench has is named, without a stack', async () => {
  const { exitCode, errors } = await bench('--case charge');

  expect(exitCode).toBe(1);
  expect(errors).toContain("'--case'");
  expect(errors).not.toContain('node:internal');
});

test('a case that does not exist is answered with the list of those that do', async () => {
  const { exitCode, errors } = await bench('--cases charge,nothing');

  expect(exitCode).toBe(1);
  expect(errors).toContain('--cases: charge,charge-hot,charge-half,cancel,spend,hold,me,order');
});

function bench(args: string): Promise<EndedBench> {
  const { PATH, HOME, TMPDIR, TZ } = process.env;
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [SCRIPT, ...args.split(' ')],
      { cwd: tmpdir(), env: { PATH, HOME, TMPDIR, TZ }, timeout: TIMEOUT_MS },
      (error, output, errors) => resolve({ exitCode: error ? Number(error.code) : 0, output, errors }),
    );
  });
}
