import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';

export const EVENT_SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
export const OTHER_EVENT_SECRET = `whsec_${Buffer.alloc(24, 9).toString('base64')}`;

/** What comes in an event's body. */
export interface ReceivedEvent {
  id: string;
  type: string;
  timestamp: string;
  version: number;
  data: Record<string, unknown> & { ownerId?: string; sequence?: number };
  /** As it was sent, to the letter. */
  body: string;
  path: string;
}

/** A status, or no answer at all. */
type Reply = number | 'none' | 'half-an-answer';

/** The shop's own server: it takes events as its documentation tells it to, and misbehaves as a test tells it to. */
export async function startEventReceiver(secret = EVENT_SECRET) {
  const verifier = new Webhook(secret);
  /** All that came, in its order, also what was not taken. */
  const sent: ReceivedEvent[] = [];
  const taken: ReceivedEvent[] = [];
  const forged: string[] = [];
  let replyTo: (event: ReceivedEvent) => Reply | Promise<Reply> = () => 200;

  const server = createServer((request, response) => {
    void (async () => {
      const body = await bodyOf(request);
      try {
        verifier.verify(body, request.headers as Record<string, string>);
      } catch (error) {
        forged.push((error as Error).message);
        response.writeHead(401).end();
        return;
      }
      const id = String(request.headers['webhook-id']);
      const event = { id, ...JSON.parse(body), body, path: request.url ?? '' } as ReceivedEvent;
      sent.push(event);
      const reply = await replyTo(event);
      if (reply === 'none') return;
      if (reply === 'half-an-answer') {
        response.writeHead(200, { 'content-length': 100 }).write('{');
        return;
      }
      if (reply < 300) taken.push(event);
      response.writeHead(reply, { location: '/elsewhere' }).end('x'.repeat(100));
    })();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/points`;

  return {
    url,
    env: { EVENTS_URL: url, EVENTS_SECRETS: secret },
    sent,
    taken,
    /** Why signatures were not believed. */
    forged,
    of: (ownerId: string, events = taken) => events.filter(({ data }) => data.ownerId === ownerId),
    replies: (reply: typeof replyTo) => {
      replyTo = reply;
    },
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

export type EventReceiver = Awaited<ReturnType<typeof startEventReceiver>>;

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = '';
  for await (const chunk of request.setEncoding('utf8')) body += chunk as string;
  return body;
}
