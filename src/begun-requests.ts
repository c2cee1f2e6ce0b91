import type { Server } from 'node:http';

/**
 * Watches a server's requests, so that its end can wait for those that have begun. The GraphQL library waits too, but
 * cuts them off after ten seconds, and the gateway may take longer to answer.
 *
 * @returns what to call at the end: no new connection is taken, each open one closes after its answer, and the promise
 * is kept when no request is left. The caller limits the wait.
 */
export function watchBegunRequests(server: Server): () => Promise<void> {
  let begun = 0;
  let whenNoneIsLeft: (() => void) | undefined;
  server.on('request', (_request, response) => {
    begun += 1;
    response.once('close', () => {
      begun -= 1;
      if (begun === 0) whenNoneIsLeft?.();
    });
  });
  return async () => {
    server.keepAliveTimeout = 1;
    server.close();
    if (begun === 0) return;
    await new Promise<void>((resolve) => {
      whenNoneIsLeft = resolve;
    });
  };
}
