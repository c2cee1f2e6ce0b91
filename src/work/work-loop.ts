import { AsyncResource } from 'node:async_hooks';

/**
 * Runs a piece of work again and again: at once when woken, otherwise after a pause. Never twice at the same time.
 */
export class WorkLoop {
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | undefined;
  private wokenWhileRunning = false;
  private stopped = false;

  /**
   * Works now instead of after the pause; once more if it is working already. What it does is nobody's request, also when
   * one has woken it.
   */
  readonly wake = AsyncResource.bind(() => this.begin());

  /** @param work must not throw. */
  constructor(
    private readonly work: () => Promise<void>,
    private readonly pauseMs: number,
  ) {}

  private begin(): void {
    if (this.stopped) return;
    if (this.running) {
      this.wokenWhileRunning = true;
      return;
    }
    clearTimeout(this.timer);
    this.running = this.work().finally(() => {
      this.running = undefined;
      if (this.stopped) return;
      if (this.wokenWhileRunning) {
        this.wokenWhileRunning = false;
        this.wake();
      } else {
        this.timer = setTimeout(() => this.wake(), this.pauseMs);
      }
    });
  }

  /** Begins nothing more, and waits for what has begun. */
  async stop(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await this.running;
  }
}
