import { setImmediate as endOfTurn } from 'node:timers/promises';
import type { DataSource } from 'typeorm';
import { withRetries } from '../retry.js';
import type { Answer, StatementText } from './sender.js';

/** A read waits for the answers of those before it in its packet, and each of them may take its time. */
const READS_PER_PACKET_MAX = 8;

const READ = /^\s*(SELECT|SHOW)\b/i;

/** Such a statement changes nothing, so it can be sent again whatever became of it. */
export function isRead(sql: string): boolean {
  return READ.test(sql);
}

/** A connection of the pool for as long as its caller has it. */
export interface ReadingConnection {
  /** Whether several statements go to the database at once. */
  isPipelined: boolean;
  /** Sends reads that have nothing to do with each other. @param end is told of each. */
  sendEach(
    texts: readonly StatementText[],
    end: (text: StatementText, answer: Answer | Error) => void,
  ): Promise<void>;
  release(): Promise<void>;
}

interface WaitingRead {
  /** Counts the reads. */
  number: number;
  text: StatementText;
  resolve: (answer: Answer) => void;
  reject: (error: Error) => void;
}

/**
 * Reads outside transactions. Those of one turn of the event loop, of however many requests, share a connection and go in one
 * packet, which costs both sides one call of their system. A turn of a server that has little to do is over at once; a
 * busy one saves most. Each has its own answer and its own error, and is sent again by itself.
 */
export class SharedReads {
  private readonly waiting: WaitingRead[] = [];
  private count = 0;
  /** Connections that were asked for and are not there yet. */
  private asked = 0;
  /** Until it is known that the database takes several at once. */
  private perPacket = 1;

  constructor(private readonly connect: () => Promise<ReadingConnection>) {}

  /** Reads for which no connection was asked, because another one takes them along. */
  get takenAlong(): number {
    return Math.max(0, this.waiting.length - this.asked);
  }

  async send(text: StatementText): Promise<Answer> {
    return withRetries(() => this.sendOnce(text));
  }

  private async sendOnce(text: StatementText): Promise<Answer> {
    return new Promise<Answer>((resolve, reject) => {
      this.count += 1;
      this.waiting.push({ number: this.count, text, resolve, reject });
      this.askForConnections();
    });
  }

  /** For as many as the reads need that wait. */
  private askForConnections(): void {
    while (this.asked * this.perPacket < this.waiting.length) void this.sendSome();
  }

  private async sendSome(): Promise<void> {
    this.asked += 1;
    await endOfTurn();
    const newest = this.count;
    let connection: ReadingConnection;
    try {
      connection = await this.connect();
    } catch (error) {
      // One that came later has not waited as long as it may.
      const waitedForIt = this.waiting.slice(0, this.perPacket).filter(({ number }) => number <= newest);
      this.waiting.splice(0, waitedForIt.length);
      this.asked -= 1;
      for (const { reject } of waitedForIt) reject(error as Error);
      this.askForConnections();
      return;
    }
    this.perPacket = connection.isPipelined ? READS_PER_PACKET_MAX : 1;
    const reads = this.waiting.splice(0, this.perPacket);
    this.asked -= 1;
    this.askForConnections();
    try {
      if (reads.length > 0) await sendEach(connection, reads);
    } catch (error) {
      for (const { reject } of reads) reject(error as Error);
    } finally {
      await connection.release();
    }
  }
}

async function sendEach(connection: ReadingConnection, reads: readonly WaitingRead[]): Promise<void> {
  const byText = new Map(reads.map((read) => [read.text, read]));
  await connection.sendEach([...byText.keys()], (text, answer) => {
    const read = byText.get(text);
    if (answer instanceof Error) read?.reject(answer);
    else read?.resolve(answer);
  });
}

const readsOfDataSources = new WeakMap<DataSource, SharedReads>();

/** Undefined for SQLite, which has no way that could be shared. */
export function sharedReadsOf(dataSource: DataSource): SharedReads | undefined {
  return readsOfDataSources.get(dataSource);
}

export function shareReads(dataSource: DataSource, connect: () => Promise<ReadingConnection>): void {
  readsOfDataSources.set(dataSource, new SharedReads(connect));
}
