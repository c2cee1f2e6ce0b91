import type { Router } from 'express';
import { ControlFault } from '../console/control-payment.js';
import { recordOf } from '../console/control-request.js';
import type { Holds, Release } from './holds.js';
import { numberOf } from '../parameters.js';

const WAIT_MAX_MS = 60_000;

/** Gateway calls that a `hold-…` fault has stopped, and how they go on. */
export function holdRoutes(router: Router, holds: Holds): void {
  /** `?count=1&wait_ms=5000` answers as soon as so many wait, or after that time. */
  router.get('/holds', async (req, res) => {
    const count = numberOf(req.query.count) ?? 1;
    const waitMs = numberOf(req.query.wait_ms) ?? 0;
    if (!Number.isSafeInteger(count) || count < 1)
      throw new ControlFault(400, 'count is a whole number from 1');
    if (!(waitMs >= 0 && waitMs <= WAIT_MAX_MS))
      throw new ControlFault(400, `wait_ms is from 0 to ${WAIT_MAX_MS}`);
    res.json({ holds: await holds.waitFor(count, waitMs) });
  });

  router.post('/holds/release', async (req, res) => {
    const release = releaseOf(recordOf(req.body));
    const waiting = holds.list().filter(({ stage }) => release.apply || stage === 'before');
    const released = await Promise.all(waiting.map(({ id }) => holds.release(id, release)));
    res.json({ released: released.filter((call) => call !== undefined) });
  });

  router.post('/holds/:id/release', async (req, res) => {
    const { id } = req.params;
    const release = releaseOf(recordOf(req.body));
    if (!release.apply && holds.stageOf(id) === 'after')
      throw new ControlFault(409, `${id} is applied already`);
    const released = await holds.release(id, release);
    if (released === undefined) throw new ControlFault(404, `no such held call: ${id}`);
    res.json(released);
  });
}

function releaseOf({ apply = true, answer = true }: Record<string, unknown>): Release {
  if (typeof apply !== 'boolean' || typeof answer !== 'boolean') {
    throw new ControlFault(400, 'apply and answer must be true or false');
  }
  return { apply, answer };
}
