import { describe } from '@jest/globals';
import { describeOnFleet } from './fleet.js';
import { comparing } from './comparing.js';
import { once } from './once.js';
import { rateLimits } from './rate-limits.js';
import { rollingRestart } from './rolling-restart.js';

// In one file, because nine servers at a time are too many for one machine.
describeOnFleet('three servers', (startedFleet) => {
  describe('together', () => once(startedFleet));
  describe('one after the other, in a rolling restart under load,', () => rollingRestart(startedFleet));
  describe('and their rate limits', () => rateLimits(startedFleet));
  describe('and the comparison of each day', () => comparing(startedFleet));
});
