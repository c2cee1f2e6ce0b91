import { hash, verify } from '@node-rs/argon2';
import { Semaphore } from 'async-mutex';
import { TooManyRequests } from '../refusal/too-many-requests.js';

/** Each takes 19 MiB and one of the four threads in which Node also looks names up, so one of them is left free. */
const HASHES_AT_ONCE = 3;
/** A second or two of work. Whoever comes then is refused instead of waiting until nobody listens any more. */
const WAITING_MAX = 100;
const RETRY_AFTER_SECONDS = 3;

const slots = new Semaphore(HASHES_AT_ONCE);
let waiting = 0;

/**
 * Everything that hashes a password runs in here, so that no number of callers at once takes the memory and the threads of
 * the whole server.
 *
 * @throws {TooManyRequests} before `work` has begun, when too many are waiting.
 */
export async function withPasswordSlot<T>(work: () => Promise<T>): Promise<T> {
  if (waiting >= WAITING_MAX) throw new TooManyRequests(RETRY_AFTER_SECONDS);
  waiting += 1;
  const [, leave] = await slots.acquire().finally(() => {
    waiting -= 1;
  });
  try {
    return await work();
  } finally {
    leave();
  }
}

/** A hash that no password fits, made once, so that an unknown e-mail address takes as long as a wrong password. */
const NOBODYS_HASH = hash(crypto.randomUUID());

/** argon2id with the library's parameters (19 MiB, 2 passes), which are OWASP's. */
export async function hashPassword(password: string): Promise<string> {
  return hash(password);
}

/** @param storedHash undefined when there is no such user; the answer is then false after the same work. */
export async function passwordFits(storedHash: string | undefined, password: string): Promise<boolean> {
  const fits = await verify(storedHash ?? (await NOBODYS_HASH), password);
  return fits && storedHash !== undefined;
}
