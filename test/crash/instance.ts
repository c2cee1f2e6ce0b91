import { setTimeout as sleep } from 'node:timers/promises';
import type { GraphqlAnswer } from '../support/graphql-client.js';
import { type RunningProgram, startServer } from '../support/server.js';

const START_ATTEMPTS_MAX = 60;
const PAUSE_BETWEEN_STARTS_MS = 200;

/** One of several servers on the same database: it dies and comes back at the same address, as under a supervisor. */
export class Instance {
  private running: RunningProgram | undefined;
  private inFlight = 0;
  private answered = 0;

  constructor(
    /** Known before the first start, because customers and webhooks go there also while it is dead. */
    readonly url: string,
    private readonly env: Record<string, string | undefined>,
  ) {}

  /** Calls that customers have sent and that are not answered. */
  get callsInFlight(): number {
    return this.inFlight;
  }

  /** Calls that it has answered in its present life. */
  get callsAnswered(): number {
    return this.answered;
  }

  get isAlive(): boolean {
    return this.running !== undefined;
  }

  /** Sends a call and counts it for as long as it is in flight. */
  async ask<Data>(call: (url: string) => Promise<GraphqlAnswer<Data>>): Promise<GraphqlAnswer<Data>> {
    this.inFlight += 1;
    try {
      const answer = await call(this.url);
      if (!answer.errors) this.answered += 1;
      return answer;
    } finally {
      this.inFlight -= 1;
    }
  }

  /** Starts it; while the database is dead it ends at its start and is started again, a bounded number of times. */
  async start(): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        this.running = await startServer({ env: { ...this.env, PORT: new URL(this.url).port } });
        return;
      } catch (error) {
        if (attempt === START_ATTEMPTS_MAX) throw error;
      }
      await sleep(PAUSE_BETWEEN_STARTS_MS);
    }
  }

  /** Everything that it has printed in its present life. */
  output(): string {
    return this.running?.output() ?? '';
  }

  /** SIGTERM. @throws when it does not end in order. */
  async stop(): Promise<void> {
    const { running } = this;
    this.running = undefined;
    this.answered = 0;
    await running?.stop();
  }

  /** SIGKILL. */
  async kill(): Promise<void> {
    const { running } = this;
    this.running = undefined;
    this.answered = 0;
    await running?.kill();
  }
}
