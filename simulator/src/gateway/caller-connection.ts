import type { Request, Response } from 'express';
import { sendEnvelope, type GatewayReply } from './envelope.js';

/** The connection of the one who called: it can be answered, cut, or found gone. */
export class CallerConnection {
  private readonly end = new AbortController();

  constructor(
    private readonly req: Request,
    private readonly res: Response,
  ) {
    res.once('close', () => this.end.abort());
  }

  /** Aborted as soon as the caller has left (or has its answer). */
  get gone(): AbortSignal {
    return this.end.signal;
  }

  isGone(): boolean {
    return this.gone.aborted || this.req.socket.destroyed;
  }

  /** Answers false when nobody was there any more. */
  answer(reply: GatewayReply): boolean {
    if (this.isGone()) return false;
    sendEnvelope(this.res, reply);
    return true;
  }

  /** HTTP 200 with a body that is not what the gateway's documentation promises. */
  answerText(body: string): void {
    if (this.isGone()) return;
    const looksLikeJson = /^\s*[[{]/.test(body);
    this.res
      .status(200)
      .type(looksLikeJson ? 'application/json' : 'text/html')
      .send(body);
  }

  /** No answer, not even a part of one: the caller sees a broken connection. */
  cut(): void {
    this.req.socket.destroy();
  }
}
