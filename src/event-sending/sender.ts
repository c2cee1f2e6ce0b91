import { Webhook } from 'standardwebhooks';
import type { EventSettings } from '../config/settings.js';
import type { PointEvent } from '../event/event.entity.js';

/** A receiver stores an event and answers; what it does with it comes later. */
export const ANSWER_TIMEOUT_MS = 10_000;
/** An answer's body says nothing. So much of it is read that the connection can be used again, and then it is closed. */
const BODY_READ_MAX_BYTES = 16 * 1024;
/** Says that nobody will take anything at this address, by Standard Webhooks. */
const GONE = 410;

/** `taken`: it is delivered. `gone`: there is no use in sending it again. `fault` is a status, or that none came. */
export type Answer = { outcome: 'taken' } | { outcome: 'not-taken' | 'gone'; fault: string };

/** Sends events to the shop's own server, signed as Standard Webhooks says. */
export class EventSender {
  private readonly signers: readonly Webhook[];
  private readonly url: string;

  /** @param timeoutMs shorter in tests. */
  constructor(
    { url, secrets }: EventSettings,
    private readonly timeoutMs = ANSWER_TIMEOUT_MS,
  ) {
    this.url = url;
    this.signers = secrets.map((secret) => new Webhook(secret));
  }

  /** Sends an event once. Whatever goes wrong is an answer, because all of it may be over at the next attempt. */
  async send({ id, body }: Pick<PointEvent, 'id' | 'body'>): Promise<Answer> {
    const sentAt = new Date();
    try {
      const response = await fetch(this.url, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'webhook-id': id,
          'webhook-timestamp': String(Math.floor(sentAt.getTime() / 1000)),
          'webhook-signature': this.signers.map((signer) => signer.sign(id, sentAt, body)).join(' '),
        },
        body,
        // It would take what is signed for one address to another one.
        redirect: 'manual',
        signal: AbortSignal.timeout(this.timeoutMs),
      });
      await leaveBody(response);
      if (response.ok) return { outcome: 'taken' };
      const { status } = response;
      return { outcome: status === GONE ? 'gone' : 'not-taken', fault: `status ${status}` };
    } catch (error) {
      return { outcome: 'not-taken', fault: faultOf(error as Error) };
    }
  }
}

async function leaveBody({ body }: Response): Promise<void> {
  if (!body) return;
  const reader = body.getReader();
  try {
    for (let bytes = 0; bytes <= BODY_READ_MAX_BYTES;) {
      const { done, value } = await reader.read();
      if (done) return;
      bytes += value.byteLength;
    }
    await reader.cancel();
  } catch {
    // It was cut off, or did not end in time. The status that stood before it is the answer.
  }
}

/** What Node says of it, such as ECONNREFUSED; no address and no secret. */
function faultOf(error: Error): string {
  if (error.name === 'TimeoutError') return 'no answer in time';
  const { code } = (error.cause ?? {}) as { code?: unknown };
  return `no answer: ${typeof code === 'string' ? code : error.name}`;
}
