import { appendFileSync, existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const SECRETS_FILE = 'secrets.jsonl';
/** Shorter texts would be found by chance in ids and times. */
export const SHORTEST_SECRET_CHARS = 8;

/** Keeps what a server printed, for the search at the end of the whole run. */
export function keepServerOutput(name, text) {
  const folder = process.env.TEST_LOG_DIR;
  if (folder) appendFileSync(join(folder, `${name}.log`), text);
}

/** From now on `value` must not stand in any log of this run; `meaning` names it when it does. */
export function rememberSecret(meaning, value) {
  if (value.length < SHORTEST_SECRET_CHARS) {
    throw new Error(`${meaning} is too short to be searched for: ${value.length} characters`);
  }
  const folder = process.env.TEST_LOG_DIR;
  if (folder) appendFileSync(join(folder, SECRETS_FILE), `${JSON.stringify({ meaning, value })}\n`);
}

/**
 * One line for each server log of `folder` and secret that stands in it; the secret itself is not repeated.
 * The simulator's output is not searched: it prints its own key and secret, for people to copy.
 */
export function findLeaks(folder) {
  const secretsFile = join(folder, SECRETS_FILE);
  if (!existsSync(secretsFile)) return [];
  const secrets = readFileSync(secretsFile, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  return readdirSync(folder)
    .filter((file) => file.startsWith('server-'))
    .flatMap((file) => {
      const log = readFileSync(join(folder, file), 'utf8');
      const meanings = secrets.filter(({ value }) => log.includes(value)).map(({ meaning }) => meaning);
      return [...new Set(meanings)].map((meaning) => `${file}: ${meaning}`);
    });
}
