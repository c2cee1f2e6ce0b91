import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Takes a gateway call into its own hands and returns true, or leaves it to the simulator. */
export type Fault = (request: IncomingMessage, response: ServerResponse) => boolean;

export type FaultyGateway = Awaited<ReturnType<typeof startFaultyGateway>>;

/** A gateway between the server and the simulator: it passes everything on until it is told to misbehave. */
export async function startFaultyGateway(simulatorUrl: string) {
  let fault: Fault = () => false;
  /** Query parameters that are added to what is passed on. */
  let addedQuery: Record<string, string> = {};

  const server = createServer((request, response) => {
    if (fault(request, response)) return;
    passOn(request, response).catch((error: unknown) => response.destroy(error as Error));
  });

  async function passOn(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const url = new URL(request.url ?? '/', simulatorUrl);
    for (const [name, value] of Object.entries(addedQuery)) url.searchParams.set(name, value);
    const { authorization, 'content-type': contentType } = request.headers;
    const answer = await fetch(url, {
      method: request.method ?? 'GET',
      headers: {
        ...(authorization ? { authorization } : {}),
        ...(contentType ? { 'content-type': contentType } : {}),
      },
      ...(chunks.length > 0 ? { body: Buffer.concat(chunks) } : {}),
    });
    response.writeHead(answer.status, { 'content-type': 'application/json' });
    response.end(await answer.text());
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    /** From now on, until `behave`. */
    misbehave: (next: Fault) => {
      fault = next;
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

/** Answers with JSON. */
export function answerJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}
