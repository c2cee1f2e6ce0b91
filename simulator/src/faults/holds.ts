import type { CallSubject } from '../gateway/call-subject.js';

/** Calls that wait at the same time. */
const HOLDS_MAX = 1000;
/** A hold that everybody forgot ends as not applied and cut. */
const HOLD_LIMIT_MS = 30 * 60_000;

/**
 * What becomes of a held call: whether it is carried out (too late to choose when it was held after that), and whether its
 * answer goes out.
 */
export interface Release {
  apply: boolean;
  answer: boolean;
}

const DROPPED: Release = { apply: false, answer: false };

/**
 * How a released call ended. `applied` = the gateway did what was asked, without a refusal. `code` and `message` are those
 * of the gateway's answer, whether or not it reached anybody.
 */
export interface ReleasedCall {
  applied: boolean;
  answered: boolean;
  http_status: number;
  code: number;
  message: string | null;
}

/** A gateway call that waits to be released. */
export interface HeldCall {
  id: string;
  call: string;
  /** `before` it is applied or `after` that, before it is answered. */
  stage: 'before' | 'after';
  imp_uid: string | null;
  merchant_uid: string | null;
  /** What the call sent, for example amount and checksum of a cancel. */
  body: Record<string, unknown>;
  /** The one who called has given up or died. */
  caller_gone: boolean;
}

interface Entry {
  view: () => HeldCall;
  released: boolean;
  release: (release: Release) => void;
  ended: Promise<ReleasedCall>;
}

export interface HoldRequest {
  call: string;
  stage: HeldCall['stage'];
  subject: CallSubject;
  body: Record<string, unknown>;
  isCallerGone: () => boolean;
}

/** Barriers on demand: gateway calls stop at an exact step until somebody says how they go on. */
export class Holds {
  private readonly entries = new Map<string, Entry>();
  private arrivals: (() => void)[] = [];
  private count = 0;
  private closed = false;

  /** Waits for the release, then lets the call carry on. @throws Error when too many calls wait already. */
  async hold(request: HoldRequest, carryOn: (release: Release) => ReleasedCall): Promise<void> {
    const { call, stage, subject, body, isCallerGone } = request;
    if (this.entries.size >= HOLDS_MAX) throw new Error(`more than ${HOLDS_MAX} gateway calls are held`);
    this.count += 1;
    const id = `hold-${this.count}`;
    const release = deferred<Release>();
    const ended = deferred<ReleasedCall>();
    const limit = setTimeout(() => release.resolve(DROPPED), HOLD_LIMIT_MS);
    this.entries.set(id, {
      view: () => ({
        id,
        call,
        stage,
        imp_uid: subject.impUids[0] ?? null,
        merchant_uid: subject.merchantUids[0] ?? null,
        body,
        caller_gone: isCallerGone(),
      }),
      released: false,
      release: release.resolve,
      ended: ended.promise,
    });
    for (const arrived of this.arrivals.splice(0)) arrived();
    if (this.closed) release.resolve(DROPPED);
    const chosen = await release.promise;
    clearTimeout(limit);
    this.entries.delete(id);
    try {
      ended.resolve(carryOn(chosen));
    } catch (error) {
      ended.resolve({ applied: false, answered: false, http_status: 500, code: -1, message: String(error) });
      throw error;
    }
  }

  /** Those that still wait, the oldest first. */
  list(): HeldCall[] {
    return [...this.entries.values()].filter(({ released }) => !released).map(({ view }) => view());
  }

  /** The list as soon as so many calls wait, or when the time is over. */
  async waitFor(count: number, limitMs: number): Promise<HeldCall[]> {
    const until = Date.now() + limitMs;
    while (!this.closed && this.list().length < count && Date.now() < until) {
      const arrival = deferred<void>();
      this.arrivals.push(arrival.resolve);
      const limit = setTimeout(arrival.resolve, until - Date.now());
      await arrival.promise;
      clearTimeout(limit);
    }
    return this.list();
  }

  stageOf(id: string): HeldCall['stage'] | undefined {
    return this.entries.get(id)?.view().stage;
  }

  /** Answers after the call has ended, so that what it applied can be read at once; undefined when none such waits. */
  async release(id: string, release: Release): Promise<ReleasedCall | undefined> {
    const entry = this.entries.get(id);
    if (entry === undefined || entry.released) return undefined;
    entry.released = true;
    entry.release(release);
    return entry.ended;
  }

  /** The simulator ends: what was not applied stays so. */
  close(): void {
    this.closed = true;
    for (const entry of this.entries.values()) {
      entry.released = true;
      entry.release(DROPPED);
    }
    for (const arrived of this.arrivals.splice(0)) arrived();
  }
}

function deferred<Value>(): { promise: Promise<Value>; resolve: (value: Value) => void } {
  let resolve!: (value: Value) => void;
  const promise = new Promise<Value>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
