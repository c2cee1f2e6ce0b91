import type { Request, Router } from 'express';
import { ControlFault } from '../console/control-payment.js';
import { recordOf } from '../console/control-request.js';
import { FAULT_KINDS, FaultMistake, faultWishes } from './fault.js';
import type { FaultPlan, PlannedFault } from './fault-plan.js';
import {
  CLOSED_ACCOUNT_STATUSES,
  isClosedAccountStatus,
  isPartialCancelStatus,
  PARTIAL_CANCEL_STATUSES,
  type GatewayHabits,
} from '../gateway/gateway-habits.js';
import { isReceiptAfterPart, RECEIPTS_AFTER_PART } from '../payment/cash-receipt.js';
import { numberOf, textOf } from '../parameters.js';
import { SEED_MAX } from '../random.js';

export interface FaultControlParts {
  faults: FaultPlan;
  habits: GatewayHabits;
}

/** Which gateway calls go wrong, and what else may differ from gateway to gateway. */
export function faultRoutes(router: Router, { faults, habits }: FaultControlParts): void {
  const answer = () => {
    const { faults: planned, ...summary } = faults.summary();
    return { ...summary, faults: planned.map(shown), kinds: FAULT_KINDS, calls: faults.knownCalls };
  };

  router.get('/faults', (_req, res) => {
    res.json(answer());
  });

  router.post('/faults', (req, res) => {
    res.status(201).json({ faults: faults.add(wishesOf(req)).map(shown) });
  });

  /** Starts anew with these faults (none without any) and this seed (the present one without any). */
  router.put('/faults', (req, res) => {
    const { seed: wantedSeed, ...body } = recordOf(req.body);
    const seed = numberOf(wantedSeed);
    if (seed !== undefined && !(Number.isSafeInteger(seed) && seed >= 0 && seed <= SEED_MAX)) {
      throw new ControlFault(400, `seed must be a whole number from 0 to ${SEED_MAX}`);
    }
    const wishes = Object.keys(body).length === 0 ? [] : wishesOfRecord(body);
    faults.restart(seed, wishes);
    res.json(answer());
  });

  router.delete('/faults', (_req, res) => {
    faults.restart();
    res.json(answer());
  });

  router.delete('/faults/:id', (req, res) => {
    if (!faults.remove(req.params.id)) throw new ControlFault(404, `no such fault: ${req.params.id}`);
    res.json(answer());
  });

  router.get('/habits', (_req, res) => {
    res.json(shownHabits(habits));
  });

  router.put('/habits', (req, res) => {
    const {
      partial_cancel_status: status = habits.partialCancelStatus,
      closed_account_status: closed = habits.closedAccountStatus,
      unsettled_won: unsettledWon = habits.unsettledWon,
      receipt_after_part: afterPart = habits.receiptAfterPart,
    } = recordOf(req.body);
    if (!isPartialCancelStatus(status)) {
      throw new ControlFault(
        400,
        `partial_cancel_status must be one of ${PARTIAL_CANCEL_STATUSES.join(', ')}`,
      );
    }
    if (!isClosedAccountStatus(closed)) {
      throw new ControlFault(
        400,
        `closed_account_status must be one of ${CLOSED_ACCOUNT_STATUSES.join(', ')}`,
      );
    }
    if (unsettledWon !== null && !(Number.isSafeInteger(unsettledWon) && Number(unsettledWon) >= 0)) {
      throw new ControlFault(400, 'unsettled_won must be a whole number from 0, or null');
    }
    if (!isReceiptAfterPart(afterPart)) {
      throw new ControlFault(400, `receipt_after_part must be one of ${RECEIPTS_AFTER_PART.join(', ')}`);
    }
    habits.partialCancelStatus = status;
    habits.closedAccountStatus = closed;
    habits.receiptAfterPart = afterPart;
    habits.unsettledWon = unsettledWon === null ? null : Number(unsettledWon);
    res.json(shownHabits(habits));
  });
}

function shownHabits(habits: GatewayHabits): Record<string, unknown> {
  return {
    partial_cancel_status: habits.partialCancelStatus,
    closed_account_status: habits.closedAccountStatus,
    unsettled_won: habits.unsettledWon,
    receipt_after_part: habits.receiptAfterPart,
  };
}

function wishesOf(req: Request): Record<string, unknown>[] {
  return wishesOfRecord(recordOf(req.body));
}

/** One fault, `{ faults: […] }`, or `{ text }` in the form of the environment. */
function wishesOfRecord(body: Record<string, unknown>): Record<string, unknown>[] {
  const text = textOf(body.text);
  if (text !== undefined) return faultWishes(text);
  if (body.faults === undefined) return [body];
  if (!Array.isArray(body.faults)) throw new FaultMistake('faults must be a list');
  return body.faults.map(recordOf);
}

function shown(fault: PlannedFault): Record<string, unknown> {
  return {
    id: fault.id,
    kind: fault.kind,
    call: fault.call,
    imp_uid: fault.impUid,
    merchant_uid: fault.merchantUid,
    skip: fault.skip,
    times: fault.times ?? 'always',
    probability: fault.probability,
    delay_ms: fault.delayMs,
    http_status: fault.httpStatus,
    code: fault.code,
    message: fault.message,
    body: fault.body,
    matched: fault.matched,
    happened: fault.happened,
  };
}
