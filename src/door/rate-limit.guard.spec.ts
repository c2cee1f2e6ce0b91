import { ExecutionContextHost } from '@nestjs/core/helpers/execution-context-host.js';
import type { ThrottlerOptions } from '@nestjs/throttler';
import { expect, test } from '@jest/globals';
import type { Settings } from '../config/settings.js';
import { OwnRateCounts } from './own-rate-counts.js';
import { rateLimits } from './rate-limit.guard.js';

const PERSON = { ip: '192.0.2.1', user: { ownerId: 'anna' } };
const SERVICE = { ip: '192.0.2.1', service: { keyId: 'key-1', name: 'shop', scopes: [] } };
const STRANGER = { ip: '192.0.2.1' };

function countedFor(request: object): Record<string, number> {
  const options = rateLimits({ rateLimit: true } as Settings, new OwnRateCounts());
  const throttlers = (options as { throttlers: ThrottlerOptions[] }).throttlers;
  const context = new ExecutionContextHost([null, null, { req: request }, null]);
  context.setType('graphql');
  const counting = throttlers.filter(({ skipIf }) => !skipIf!(context));
  return Object.fromEntries(
    counting.map(({ getTracker, limit }) => [String(getTracker!(request, context)), Number(limit)]),
  );
}

test.each([
  ['a person by who they are and where they call from', PERSON, { anna: 120, '192.0.2.1': 600 }],
  ['a service by its key alone', SERVICE, { 'key-1': 6000 }],
  ['a stranger by where they call from', STRANGER, { '192.0.2.1': 600 }],
])('counts %s', (_, request, expected) => {
  expect(countedFor(request)).toEqual(expected);
});
