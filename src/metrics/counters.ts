import type { Logger } from 'pino';
import { Counter, Histogram, type Registry } from 'prom-client';
import type { Announcement } from '../announcement/announcement.js';
import { differenceHealed } from '../comparison/announcements.js';
import { DifferenceKind } from '../comparison/compare.js';
import { errorAnswered } from '../door/announcements.js';
import { eventDelivered, eventGivenUp, eventNotTaken } from '../event-sending/announcements.js';
import { gatewayCallEnded } from '../gateway/announcements.js';
import { operationAnswered } from '../graphql/announcements.js';
import { cancelPosted, credited } from '../point-transaction/announcements.js';
import { ErrorCode } from '../refusal/error-code.js';
import { pieceFailed } from '../work/announcements.js';
import { webhookForeign, webhookReceived, webhooksGivenUp } from '../webhook/announcements.js';

/** From a read by key to a call of the gateway that ran into its limit. */
const OPERATION_BUCKETS_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
const GATEWAY_BUCKETS_SECONDS = [0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

/**
 * Counts and measures what the rooms announce. Labels are names of our own code and schema, never what a caller sent:
 * each value of a label is kept for ever.
 */
export function countAnnouncements(registry: Registry, logger: Logger): void {
  const registers = [registry];
  const on = <Message extends object>(
    announcement: Announcement<Message>,
    count: (message: Message) => void,
  ): void => {
    announcement.listen((message) => {
      try {
        count(message);
      } catch (error) {
        logger.error({ err: error }, 'something could not be counted');
      }
    });
  };

  const credits = new Counter({ name: 'point_credits_total', help: 'Payments credited.', registers });
  const creditedPoints = new Counter({
    name: 'point_credited_points_total',
    help: 'Points credited; 1 point is 1 won.',
    registers,
  });
  on(credited, ({ points }) => {
    credits.inc();
    creditedPoints.inc(points);
  });

  const cancels = new Counter({
    name: 'point_cancels_total',
    help: 'Cancellations posted, wherever they were made.',
    registers,
  });
  const cancelledPoints = new Counter({
    name: 'point_cancelled_points_total',
    help: 'Points taken back by posted cancellations.',
    registers,
  });
  on(cancelPosted, ({ points }) => {
    cancels.inc();
    cancelledPoints.inc(points);
  });

  const errors = new Counter({
    name: 'point_graphql_errors_total',
    help: 'Errors in answers, by ErrorCode.',
    labelNames: ['code'],
    registers,
  });
  // A counter that begins at its first error hides that error from rate().
  for (const code of Object.values(ErrorCode)) errors.inc({ code }, 0);
  on(errorAnswered, ({ code }) => {
    errors.inc({ code: isErrorCode(code) ? code : ErrorCode.INTERNAL_SERVER_ERROR });
  });

  const operations = new Histogram({
    name: 'point_graphql_operation_duration_seconds',
    help: 'Duration of operations that fit the schema, by root field; one of several fields counts for each.',
    labelNames: ['field'],
    buckets: OPERATION_BUCKETS_SECONDS,
    registers,
  });
  on(operationAnswered, ({ fields, durationMs }) => {
    for (const field of fields) operations.observe({ field }, durationMs / 1000);
  });

  const gatewayCalls = new Histogram({
    name: 'point_gateway_call_duration_seconds',
    help: 'Duration of calls of a gateway, by call and outcome: ok, refused (a clear no), unavailable (no answer).',
    labelNames: ['gateway', 'call', 'outcome'],
    buckets: GATEWAY_BUCKETS_SECONDS,
    registers,
  });
  on(gatewayCallEnded, ({ gateway, call, outcome, durationMs }) => {
    gatewayCalls.observe({ gateway, call, outcome }, durationMs / 1000);
  });

  const received = new Counter({
    name: 'point_webhooks_received_total',
    help: 'Webhooks about orders of ours, taken and stored.',
    registers,
  });
  on(webhookReceived, () => received.inc());

  const foreign = new Counter({
    name: 'point_webhooks_foreign_total',
    help: 'Webhooks about no order of ours: answered, not stored, no gateway call.',
    registers,
  });
  on(webhookForeign, () => foreign.inc());

  const givenUp = new Counter({
    name: 'point_webhooks_given_up_total',
    help: 'Webhooks whose news was never seen at the gateway.',
    registers,
  });
  on(webhooksGivenUp, ({ count }) => givenUp.inc(count));

  const failures = new Counter({
    name: 'point_recovery_failures_total',
    help: 'Pieces of recovery that failed, by cause: gateway (it did not answer) or fault (see the log). They are due again.',
    labelNames: ['cause'],
    registers,
  });
  for (const cause of ['gateway', 'fault']) failures.inc({ cause }, 0);
  on(pieceFailed, ({ cause }) => failures.inc({ cause }));

  const events = new Counter({
    name: 'point_events_total',
    help: 'Events sent to the receiver, by what came of it: delivered, failed (sent again later) or given_up.',
    labelNames: ['outcome'],
    registers,
  });
  for (const outcome of ['delivered', 'failed', 'given_up']) events.inc({ outcome }, 0);
  on(eventDelivered, () => events.inc({ outcome: 'delivered' }));
  on(eventNotTaken, () => events.inc({ outcome: 'failed' }));
  on(eventGivenUp, () => events.inc({ outcome: 'given_up' }));

  const healed = new Counter({
    name: 'point_comparison_healed_total',
    help: 'Differences that a comparison with the gateway found and healed, by kind.',
    labelNames: ['kind'],
    registers,
  });
  for (const kind of Object.values(DifferenceKind)) healed.inc({ kind }, 0);
  on(differenceHealed, ({ kind }) => healed.inc({ kind }));
}

function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(ErrorCode, code);
}
