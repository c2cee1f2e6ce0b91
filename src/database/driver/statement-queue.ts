import type { ObjectLiteral } from 'typeorm';
import { WaitOver } from '../retry.js';

/** How long a caller may wait. A wait this long means that a transaction waits for itself. */
const WAIT_MAX_MS = 10_000;

/** The part of libsql's connection that is used here. */
export interface Connection {
  readonly inTransaction: boolean;
  exec(sql: string): void;
  prepare(sql: string): Prepared;
}

interface Prepared {
  readonly reader: boolean;
  all(...values: readonly unknown[]): ObjectLiteral[];
  run(...values: readonly unknown[]): { changes: number };
}

/** Lets the next one in. */
export type Leave = () => void;

/**
 * Lets one caller at a time use the database, in the order in which they asked. Not by a library: `async-mutex` made all that
 * a request had reached grow old (docs/adr/0003).
 */
export class StatementQueue {
  /** Statements that are written once, by their text: so many as stand in our code. */
  readonly prepared = new Map<string, Prepared>();
  private readonly callers: (() => void)[] = [];
  private isInUse = false;

  isTaken(): boolean {
    return this.isInUse;
  }

  /** Callers that asked and still wait. */
  get waiting(): number {
    return this.callers.length;
  }

  /** @throws {WaitOver} when the wait takes longer than anybody's work. */
  async enter(): Promise<Leave> {
    const isFree = !this.isInUse;
    this.isInUse = true;
    // Who comes in waits a step, too: by then those around it wait for it, and the trace of an error names them.
    await (isFree ? undefined : this.ownTurn());
    let hasLeft = false;
    return () => {
      if (hasLeft) return;
      hasLeft = true;
      const next = this.callers.shift();
      // It stays in use meanwhile, so that nobody who comes just now is before the one that waited.
      if (next) next();
      else this.isInUse = false;
    };
  }

  /** Has the database for the length of `work`. */
  async during<T>(work: () => Promise<T>): Promise<T> {
    const leave = await this.enter();
    try {
      return await work();
    } finally {
      leave();
    }
  }

  private async ownTurn(): Promise<void> {
    return new Promise((resolve, reject) => {
      const caller = () => {
        clearTimeout(timer);
        resolve();
      };
      const timer = setTimeout(() => {
        this.callers.splice(this.callers.indexOf(caller), 1);
        reject(new WaitOver(`the SQLite database was in use by others for ${WAIT_MAX_MS} ms`));
      }, WAIT_MAX_MS);
      this.callers.push(caller);
    });
  }
}
