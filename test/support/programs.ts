import { spawn } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));
const END_TIMEOUT_MS = 60_000;

export interface EndedRun {
  exitCode: number | null;
  /** Standard output alone: what a script would read. */
  output: string;
  errors: string;
}

/** Runs one of our built programs to its end, with nothing of the developer's own settings. */
export async function runProgram(
  program: string,
  { args = [], nodeArgs = [], env }: { args?: string[]; nodeArgs?: string[]; env: NodeJS.ProcessEnv },
): Promise<EndedRun> {
  const { PATH, HOME, TMPDIR, TZ } = process.env;
  const child = spawn(process.execPath, [...nodeArgs, join(PROJECT, 'dist', program), ...args], {
    cwd: tmpdir(),
    env: { PATH, HOME, TMPDIR, TZ, NODE_ENV: 'development', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: END_TIMEOUT_MS,
    killSignal: 'SIGKILL',
  });
  let output = '';
  let errors = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text;
  });
  const exitCode = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  return { exitCode, output, errors };
}
