import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Lets the simulator carry the call out and returns what it answered, without answering the server. */
export type Forward = () => Promise<{ status: number; body: string }>;

/** Takes a gateway call into its own hands and returns true, or leaves it to the simulator. */
export type Fault = (request: IncomingMessage, response: ServerResponse, forward: Forward) => boolean;

export type FaultyGateway = Awaited<ReturnType<typeof startFaultyGateway>>;

/** A gateway between the server and the simulator: it passes everything on until it is told to misbehave. */
export async function startFaultyGateway(simulatorUrl: string) {
  let fault: Fault = () => false;
  /** Query parameters that are added to what is passed on. */
  let addedQuery: Record<string, string> = {};
  /** Bodies that arrive, by path, for those who want to see them. */
  const seen = new Map<string, Record<string, unknown>[]>();

  const server = createServer((request, response) => {
    work(request, response).catch((error: unknown) => response.destroy(error as Error));
  });

  async function work(request: IncomingMessage, response: ServerResponse): Promise<void> {
    // Read whole before anything breaks, so that it can still be passed on when its sender has long gone.
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const forward = () => passOn(request, Buffer.concat(chunks));
    const bodies = seen.get(request.url ?? '');
    bodies?.push(JSON.parse(Buffer.concat(chunks).toString()) as Record<string, unknown>);
    if (fault(request, response, forward)) return;
    const { status, body } = await forward();
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(body);
  }

  async function passOn(request: IncomingMessage, sent: Buffer): ReturnType<Forward> {
    const url = new URL(request.url ?? '/', simulatorUrl);
    for (const [name, value] of Object.entries(addedQuery)) url.searchParams.set(name, value);
    const { authorization, 'content-type': contentType } = request.headers;
    const answer = await fetch(url, {
      method: request.method ?? 'GET',
      headers: {
        ...(authorization ? { authorization } : {}),
        ...(contentType ? { 'content-type': contentType } : {}),
      },
      ...(sent.length > 0 ? { body: new Uint8Array(sent) } : {}),
    });
    return { status: answer.status, body: await answer.text() };
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  // A suite that fails before it stops this one must not keep Jest from ending.
  server.unref();
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    /** From now on, until `behave`. */
    misbehave: (next: Fault) => {
      fault = next;
    },
    /** A list that grows with each call from now on. */
    bodiesOf: (path: string) => {
      const bodies: Record<string, unknown>[] = [];
      seen.set(path, bodies);
      return bodies;
    },
    behave: () => {
      fault = () => false;
    },
    /** As a gateway would behave that shows test payments to everybody. */
    addQuery: (query: Record<string, string>) => {
      addedQuery = query;
    },
    stop: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** A fault of the reads of one payment; tokens and other calls go through. */
export function onPaymentRead(answer: (response: ServerResponse, request: IncomingMessage) => void): Fault {
  return (request, response) => {
    if (request.method !== 'GET' || !request.url?.startsWith('/payments/imp')) return false;
    answer(response, request);
    return true;
  };
}

/** A fault of the looks at all attempts to pay an order; tokens and other calls go through. */
export function onOrderRead(answer: (response: ServerResponse) => void): Fault {
  return (request, response) => {
    if (!request.url?.startsWith('/payments/findAll/')) return false;
    answer(response);
    return true;
  };
}

/** A fault of the next `times` cancellations; later ones and other calls go through. */
export function onCancel(
  answer: (response: ServerResponse, forward: Forward) => void | Promise<void>,
  times = Number.POSITIVE_INFINITY,
): Fault {
  let count = 0;
  return (request, response, forward) => {
    if (request.url !== '/payments/cancel' || count >= times) return false;
    count += 1;
    Promise.resolve(answer(response, forward)).catch((error: unknown) => response.destroy(error as Error));
    return true;
  };
}

/** The connection breaks before the gateway did anything. */
export function cutBefore(response: ServerResponse): void {
  response.destroy();
}

/** The gateway does it, and the connection breaks before its answer comes. */
export async function loseAnswer(response: ServerResponse, forward: Forward): Promise<void> {
  await forward();
  response.destroy();
}

/** HTTP 200 and a no, as a PG words it (the prefix is observed, the text in brackets varies). */
export function refuse(response: ServerResponse): void {
  const message = '결제취소에 실패하였습니다.(마감된 거래입니다)';
  answerJson(response, 200, { code: -1, message, response: null });
}

/** Answers with JSON. */
export function answerJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}
