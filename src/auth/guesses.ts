import { createHash } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { SETTINGS, type Settings } from '../config/settings.js';
import { RATE_COUNTS, type RateCounts } from '../door/rate-counts.js';
import { TooManyRequests } from '../refusal/too-many-requests.js';

interface Limit {
  kind: string;
  max: number;
  windowMs: number;
}

/** Wrong passwords for one account, whoever tries. Its owner waits no longer than this window for a stranger's guesses. */
const OF_ACCOUNT: Limit = { kind: 'log-in account', max: 10, windowMs: 5 * 60_000 };
/** The same from an address from which the account was logged into: beside the above, so the owner gets in. */
const OF_KNOWN_ADDRESS: Limit = { ...OF_ACCOUNT, kind: 'log-in account and address' };
/** Wrong passwords from one address, whatever the account. */
const OF_ADDRESS: Limit = { kind: 'log-in address', max: 20, windowMs: 60_000 };
/** Sign-ups from one address that were told that the account exists. */
const OF_SIGN_UPS: Limit = { kind: 'sign-up address', max: 20, windowMs: 60_000 };
/** How long an address is known for an account after a log-in. Timers of Node end at 24 days. */
const ADDRESS_KNOWN_MS = 7 * 24 * 60 * 60_000;

/** An attempt that is counted as a failure already, because it may become one. */
export interface Attempt {
  /** Takes it out of the counts. */
  succeeded: () => Promise<void>;
}

const UNCOUNTED: Attempt = { succeeded: async () => {} };

/**
 * Limits what is tried in vain: a password, or whether an account exists. An attempt is counted before it is judged, or
 * any number of guesses made at once would pass, and is taken back when it succeeds: neighbours who share an address do
 * not count against each other. Whether an account exists makes no difference.
 */
@Injectable()
export class Guesses {
  constructor(
    @Inject(SETTINGS) private readonly settings: Pick<Settings, 'rateLimit'>,
    @Inject(RATE_COUNTS) private readonly counts: RateCounts,
  ) {}

  /**
   * @param email as it is kept and compared.
   * @param caller who is counted as one caller.
   * @throws {TooManyRequests}
   */
  async logIn(email: string, caller: string): Promise<Attempt> {
    if (!this.settings.rateLimit) return UNCOUNTED;
    const points = new CountedGuesses(this.counts);
    const refusal =
      (await points.count(OF_ADDRESS, caller)) ?? (await this.countForAccount(points, email, caller));
    if (refusal) throw refusal;
    return {
      succeeded: async () => {
        await points.takeBack();
        await this.counts.add(knownAddress(email, caller), 1, ADDRESS_KNOWN_MS);
      },
    };
  }

  /** @throws {TooManyRequests} */
  async signUp(caller: string): Promise<Attempt> {
    if (!this.settings.rateLimit) return UNCOUNTED;
    const points = new CountedGuesses(this.counts);
    const refusal = await points.count(OF_SIGN_UPS, caller);
    if (refusal) throw refusal;
    return { succeeded: () => points.takeBack() };
  }

  private async countForAccount(points: CountedGuesses, email: string, caller: string) {
    const refusal = await points.count(OF_ACCOUNT, email);
    if (!refusal || (await this.counts.read(knownAddress(email, caller))) === 0) return refusal;
    return points.count(OF_KNOWN_ADDRESS, email, caller);
  }
}

/** What one attempt added to the counts. */
class CountedGuesses {
  private readonly counted: { key: string; windowMs: number }[] = [];

  constructor(private readonly counts: RateCounts) {}

  /** @returns the refusal when it is one too many. */
  async count({ kind, max, windowMs }: Limit, ...of: string[]): Promise<TooManyRequests | undefined> {
    const key = keyOf(kind, ...of);
    const { points, msBeforeNext } = await this.counts.add(key, 1, windowMs);
    this.counted.push({ key, windowMs });
    return points > max ? new TooManyRequests(Math.max(1, Math.ceil(msBeforeNext / 1000))) : undefined;
  }

  async takeBack(): Promise<void> {
    await Promise.all(this.counted.map(({ key, windowMs }) => this.counts.add(key, -1, windowMs)));
  }
}

function knownAddress(email: string, caller: string): string {
  return keyOf('known address', email, caller);
}

/** A hash: of any length that a caller sends, and without an e-mail address or a caller's address in a shared store. */
function keyOf(...parts: string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}
