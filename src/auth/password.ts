import { hash, verify } from '@node-rs/argon2';

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
