import { setMaxListeners } from 'node:events';
import { pause } from '../pause.js';
import type { PaymentStatus } from '../payment/payment.js';
import type { Random } from '../random.js';
import { FIRST_TIMEOUTS, postWebhook, REPEAT_TIMEOUTS } from './webhook-post.js';
import type { WebhookModes } from './webhook-modes.js';

/** Webhooks that wait to be sent; more than that are dropped and the log says so. */
const WAITING_MAX = 10_000;
const PARALLEL_MAX = 16;
const RECENT_MAX = 200;
/** A window of shuffled webhooks that does not fill is sent after this. */
const SHUFFLE_WAIT_MS = 500;

/** The body of a webhook: four fields and no signature (documented). */
export interface WebhookNotice {
  imp_uid: string;
  merchant_uid: string;
  status: PaymentStatus;
  cancellation_id?: string;
}

/** One webhook to one address, and what became of it. */
export interface WebhookDelivery {
  id: string;
  url: string;
  notice: WebhookNotice;
  state: 'waiting' | 'sending' | 'delivered' | 'failed' | 'dropped' | 'not sent';
  attempts: number;
  http_status: number | null;
  error: string | null;
}

export interface WebhookSenderParts {
  modes: WebhookModes;
  /** The address in the gateway's console; a payment's own `notice_url` wins over it (documented). */
  url: string | null;
  random: Random;
  log: (line: string) => void;
}

/**
 * Tells shops what happened to payments. Webhooks wait in memory: those that were not sent when the simulator ends are
 * lost, as the real gateway's only attempt can be.
 */
export class WebhookSender {
  private readonly closing = new AbortController();
  private readonly queue: WebhookDelivery[] = [];
  private readonly recent: WebhookDelivery[] = [];
  private window: WebhookDelivery[] = [];
  private windowLimit: NodeJS.Timeout | undefined;
  private count = 0;
  /** Late ones, those in the window and those in the queue. */
  private waiting = 0;
  private sending = 0;
  modes: WebhookModes;
  url: string | null;

  constructor(private readonly parts: WebhookSenderParts) {
    this.modes = parts.modes;
    this.url = parts.url;
    // One listener for each webhook that waits or is sent.
    setMaxListeners(0, this.closing.signal);
  }

  /** Sends by the present modes, without anybody waiting for it. `noticeUrls` are the payment's own addresses. */
  announce(noticeUrls: readonly string[], notice: WebhookNotice): void {
    for (const url of this.targets(noticeUrls)) {
      for (let copy = 0; copy < (this.modes.twice ? 2 : 1); copy += 1)
        this.plan(this.newDelivery(url, notice));
    }
  }

  /** Sends at once, as the re-send button of the gateway's console does. Nothing is sent when there is no address. */
  async resend(noticeUrls: readonly string[], notice: WebhookNotice): Promise<WebhookDelivery[]> {
    const deliveries = this.targets(noticeUrls).map((url) => this.newDelivery(url, notice));
    this.sending += deliveries.length;
    await Promise.all(deliveries.map((delivery) => this.attempt(delivery, REPEAT_TIMEOUTS)));
    this.sending -= deliveries.length;
    this.sendNext();
    return deliveries;
  }

  /** The latest deliveries, newest first, and how many are still on their way. */
  summary(): { total: number; open: number; recent: WebhookDelivery[] } {
    return { total: this.count, open: this.waiting + this.sending, recent: this.recent.toReversed() };
  }

  close(): void {
    this.closing.abort();
    clearTimeout(this.windowLimit);
  }

  private targets(noticeUrls: readonly string[]): readonly string[] {
    if (noticeUrls.length > 0) return noticeUrls;
    return this.url === null ? [] : [this.url];
  }

  private newDelivery(url: string, notice: WebhookNotice): WebhookDelivery {
    this.count += 1;
    const delivery: WebhookDelivery = {
      id: `webhook-${this.count}`,
      url,
      notice,
      state: 'waiting',
      attempts: 0,
      http_status: null,
      error: null,
    };
    this.recent.push(delivery);
    if (this.recent.length > RECENT_MAX) this.recent.shift();
    return delivery;
  }

  private plan(delivery: WebhookDelivery): void {
    if (this.modes.never) {
      delivery.state = 'not sent';
      return;
    }
    if (this.waiting >= WAITING_MAX) {
      delivery.state = 'dropped';
      this.parts.log(`webhook dropped: more than ${WAITING_MAX} are waiting`);
      return;
    }
    this.waiting += 1;
    if (this.modes.lateMs > 0) void this.planLater(delivery, this.modes.lateMs);
    else this.gather(delivery);
  }

  private async planLater(delivery: WebhookDelivery, waitMs: number): Promise<void> {
    if (await pause(waitMs, this.closing.signal)) this.gather(delivery);
  }

  private gather(delivery: WebhookDelivery): void {
    if (this.modes.shuffleWindow === 0) {
      this.queue.push(delivery);
      this.sendNext();
      return;
    }
    this.window.push(delivery);
    if (this.window.length >= this.modes.shuffleWindow) this.emptyWindow();
    else this.windowLimit ??= setTimeout(() => this.emptyWindow(), SHUFFLE_WAIT_MS);
  }

  private emptyWindow(): void {
    clearTimeout(this.windowLimit);
    this.windowLimit = undefined;
    this.queue.push(...shuffled(this.window, this.parts.random));
    this.window = [];
    this.sendNext();
  }

  /** Shuffled ones go one by one, or the network would shuffle them once more. */
  private sendNext(): void {
    const parallel = this.modes.shuffleWindow > 0 ? 1 : PARALLEL_MAX;
    while (this.sending < parallel) {
      const delivery = this.queue.shift();
      if (delivery === undefined) return;
      this.waiting -= 1;
      this.sending += 1;
      void this.send(delivery);
    }
  }

  /** documented: a re-delivery follows a network error or 5xx. */
  private async send(delivery: WebhookDelivery): Promise<void> {
    await this.attempt(delivery, delivery.attempts === 0 ? FIRST_TIMEOUTS : REPEAT_TIMEOUTS);
    this.sending -= 1;
    const mayHelp = delivery.http_status === null || delivery.http_status >= 500;
    if (mayHelp && delivery.attempts < this.modes.attempts) {
      this.waiting += 1;
      void this.planLater(delivery, this.modes.retryMs);
    }
    this.sendNext();
  }

  private async attempt(delivery: WebhookDelivery, timeouts: typeof FIRST_TIMEOUTS): Promise<void> {
    delivery.state = 'sending';
    delivery.attempts += 1;
    const { form } = this.modes;
    try {
      delivery.http_status = await postWebhook({
        url: delivery.url,
        contentType: form ? 'application/x-www-form-urlencoded' : 'application/json',
        body: form ? new URLSearchParams({ ...delivery.notice }).toString() : JSON.stringify(delivery.notice),
        timeouts,
        signal: this.closing.signal,
      });
      delivery.error = null;
      const isAccepted = delivery.http_status >= 200 && delivery.http_status < 300;
      delivery.state = isAccepted ? 'delivered' : 'failed';
    } catch (error) {
      delivery.http_status = null;
      delivery.error = error instanceof Error ? error.message : String(error);
      delivery.state = 'failed';
    }
  }
}

/** Fisher and Yates. */
function shuffled<Item>(items: readonly Item[], random: Random): Item[] {
  const rest = [...items];
  const mixed: Item[] = [];
  while (rest.length > 0) mixed.push(...rest.splice(Math.floor(random() * rest.length), 1));
  return mixed;
}
