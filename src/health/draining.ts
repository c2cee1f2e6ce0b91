import type { Server } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';

/**
 * The time in which a server that was told to stop still answers everything, so that balancers can see that it is not
 * ready and send the next requests elsewhere. One that stopped listening at once would refuse those of that time.
 */
@Injectable()
export class Draining {
  hasBegun = false;

  /** @param cutShort ends it before its time. */
  async begin(server: Server, timeMs: number, cutShort: AbortSignal): Promise<void> {
    this.hasBegun = true;
    // Before the listener that answers. Whoever keeps a connection open has to let go of it, or it would be closed
    // under their next request when the time is over.
    server.prependListener('request', (_request, response) => response.setHeader('Connection', 'close'));
    try {
      await sleep(timeMs, undefined, { signal: cutShort });
    } catch (error) {
      if (!cutShort.aborted) throw error;
    }
  }
}
