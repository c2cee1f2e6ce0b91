import type { Logger } from 'pino';
import { GatewayUnavailable } from '../gateway/errors.js';
import { pieceFailed } from './announcements.js';
import { WorkLoop } from './work-loop.js';
import type { Batch, Work } from './work.js';

/** Pieces that are worked on at the same time, each with one or two calls of the gateway. */
const CONCURRENCY = 8;

/** Does one kind of work in this instance, from its start to its end: at once when woken, otherwise after a pause. */
export class Worker<Piece> {
  private readonly loop: WorkLoop;
  private stopListening: () => void = () => undefined;
  private stopped = false;

  constructor(
    private readonly work: Work<Piece>,
    private readonly logger: Logger,
    pauseMs: number,
  ) {
    this.loop = new WorkLoop(() => this.workOff(), pauseMs);
  }

  start(): void {
    this.stopListening = this.work.listen?.(() => this.wake()) ?? this.stopListening;
    this.wake();
  }

  /** Looks now instead of after the pause. */
  wake(): void {
    this.loop.wake();
  }

  /** Begins nothing more, and waits for what has begun. */
  async stop(): Promise<void> {
    this.stopped = true;
    this.stopListening();
    await this.loop.stop();
  }

  /** One batch after the other until one is not full. It is bounded by what is due; work that fails is due later. */
  private async workOff(): Promise<void> {
    let isFull = false;
    do {
      isFull = false;
      await this.guarded(async () => {
        const batch = await this.work.take();
        await this.doAll(batch);
        ({ isFull } = batch);
      });
    } while (isFull && !this.stopped);
  }

  private async doAll({ pieces }: Batch<Piece>): Promise<void> {
    const queue = pieces.values();
    const hands = Array.from({ length: Math.min(CONCURRENCY, pieces.length) }, async () => {
      for (const piece of queue) {
        if (this.stopped) return;
        await this.guarded(() => this.work.do(piece), this.work.nameOf(piece));
      }
    });
    await Promise.all(hands);
  }

  /** A piece that fails is due again by its claim; the others go on. */
  private async guarded(
    work: () => Promise<void>,
    name: Record<string, string | undefined> = {},
  ): Promise<void> {
    try {
      await work();
    } catch (error) {
      const isGateway = error instanceof GatewayUnavailable;
      if (!isGateway) this.logger.error({ ...name, err: error }, 'recovery failed at a piece of work');
      pieceFailed.announce({ cause: isGateway ? 'gateway' : 'fault' });
    }
  }
}
