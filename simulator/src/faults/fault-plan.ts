import type { CallSubject } from '../gateway/call-subject.js';
import { ANY_CALL, FaultMistake, faultOf, type Fault } from './fault.js';
import { seededRandom, type Random } from '../random.js';

const FAULTS_MAX = 2000;
const RECENT_MAX = 100;

/** A fault in the plan and what became of it so far. */
export interface PlannedFault extends Fault {
  id: string;
  matched: number;
  happened: number;
}

/** One time that a fault happened. */
export interface FaultEvent {
  fault: string;
  kind: string;
  call: string;
  imp_uid: string | null;
  merchant_uid: string | null;
}

interface Entry {
  fault: PlannedFault;
  random: Random;
}

/**
 * Which gateway call misbehaves how. The first fault in the plan that fits and strikes is the one that happens. The same
 * seed, plan and sequence of calls give the same faults: each fault draws from its own stream, once for each call that
 * reaches it.
 */
export class FaultPlan {
  private entries: Entry[] = [];
  private recent: FaultEvent[] = [];
  private planned = 0;
  private total = 0;

  constructor(
    private seed: number,
    readonly knownCalls: readonly string[],
  ) {}

  /** All or none. @throws FaultMistake */
  add(wishes: readonly Record<string, unknown>[]): PlannedFault[] {
    const faults = wishes.map((wish) => faultOf(wish, this.knownCalls));
    if (this.entries.length + faults.length > FAULTS_MAX) {
      throw new FaultMistake(`there can be at most ${FAULTS_MAX} faults`);
    }
    return faults.map((fault) => {
      const planned = { ...fault, id: `fault-${this.planned + 1}`, matched: 0, happened: 0 };
      this.entries.push({ fault: planned, random: seededRandom(this.seed, this.planned) });
      this.planned += 1;
      return planned;
    });
  }

  /**
   * Starts anew with these faults, as after a start of the simulator.
   * @throws FaultMistake when one of them cannot be; nothing has changed then.
   */
  restart(seed: number = this.seed, wishes: readonly Record<string, unknown>[] = []): void {
    for (const wish of wishes) faultOf(wish, this.knownCalls);
    this.seed = seed;
    this.entries = [];
    this.recent = [];
    this.planned = 0;
    this.total = 0;
    this.add(wishes);
  }

  /** Answers false when there is no such fault. */
  remove(id: string): boolean {
    const before = this.entries.length;
    this.entries = this.entries.filter(({ fault }) => fault.id !== id);
    return this.entries.length < before;
  }

  /** What happens to this call; undefined = it goes well. `subjectOf` is asked only when there is a plan at all. */
  strike(call: string, subjectOf: () => CallSubject): PlannedFault | undefined {
    if (this.entries.length === 0) return undefined;
    const subject = subjectOf();
    for (const { fault, random } of this.entries) {
      if (!fits(fault, call, subject)) continue;
      fault.matched += 1;
      const strikes = random() < fault.probability;
      if (!strikes || fault.matched <= fault.skip) continue;
      if (fault.times !== null && fault.happened >= fault.times) continue;
      fault.happened += 1;
      this.remember(fault, call, subject);
      return fault;
    }
    return undefined;
  }

  summary(): { seed: number; faults: PlannedFault[]; happened: number; recent: readonly FaultEvent[] } {
    return {
      seed: this.seed,
      faults: this.entries.map(({ fault }) => fault),
      happened: this.total,
      recent: this.recent,
    };
  }

  private remember(fault: PlannedFault, call: string, subject: CallSubject): void {
    this.total += 1;
    this.recent.push({
      fault: fault.id,
      kind: fault.kind,
      call,
      imp_uid: subject.impUids[0] ?? null,
      merchant_uid: subject.merchantUids[0] ?? null,
    });
    if (this.recent.length > RECENT_MAX) this.recent.shift();
  }
}

function fits(fault: Fault, call: string, subject: CallSubject): boolean {
  if (fault.call !== ANY_CALL && fault.call !== call) return false;
  if (fault.impUid !== null && !subject.impUids.includes(fault.impUid)) return false;
  return fault.merchantUid === null || subject.merchantUids.includes(fault.merchantUid);
}
