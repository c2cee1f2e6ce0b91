import { Payment } from '../../src/payment/payment.entity.js';
import { lockAccount } from './row-lock.js';
import type { Halt, Scene } from './drill.js';

const CANCEL = 'POST /payments/cancel';
const READ = 'GET /payments/{imp_uid}';
const READ_ORDER = 'GET /payments/findAll/{merchant_uid}';
const PREPARE = 'POST /payments/prepare';
const CLOSE = 'DELETE /vbanks/{imp_uid}';
const ISSUE_RECEIPT = 'POST /receipts/{imp_uid}';
const CANCEL_RECEIPT = 'DELETE /receipts/{imp_uid}';

type Side = 'before' | 'after';

function heldCall(
  call: string,
  side: Side,
  about: (scene: Scene) => { imp_uid?: string; merchant_uid?: string },
): Halt {
  return async (scene) => {
    const subject = about(scene);
    await scene.gateway.addFaults([{ kind: `hold-${side}`, call, ...subject }]);
    return async () => {
      scene.holds.push(await scene.gateway.heldCall(call, subject.imp_uid ?? subject.merchant_uid));
    };
  };
}

const thePayment = ({ impUid }: Scene) => ({ imp_uid: impUid });

/** `before`: the gateway does not know of it yet. `after`: it has carried the call out and not answered. */
export const whileGatewayCancels = (side: Side) => heldCall(CANCEL, side, thePayment);
export const whileGatewayReads = (side: Side) => heldCall(READ, side, thePayment);
export const whileGatewayClosesAccount = (side: Side) => heldCall(CLOSE, side, thePayment);
export const whileGatewayLooksForOrder = (side: Side) =>
  heldCall(READ_ORDER, side, ({ merchantUid }) => ({ merchant_uid: merchantUid }));
export const whileGatewayIssuesReceipt = (side: Side) => heldCall(ISSUE_RECEIPT, side, thePayment);
export const whileGatewayCancelsReceipt = (side: Side) => heldCall(CANCEL_RECEIPT, side, thePayment);
/** One call asks about all orders that are due, so one halt is enough for all of them. */
export const whileGatewayLooksForOrders = heldCall('GET /payments', 'after', () => ({}));
/** The order has no name yet, so it is any order's: let one at a time be made. */
export const whileGatewayPrepares = (side: Side) => heldCall(PREPARE, side, () => ({}));

/** `before`: the database does not know of it. `after`: it is committed, and the server does not know. @param skip earlier COMMITs of the user. */
export function atCommit(side: Side, skip = 0): Halt {
  return async ({ gate, customer }) => {
    const arrived = gate.stop({ statement: 'COMMIT', mentioning: customer.ownerId, side, skip });
    return () => arrived;
  };
}

/** A statement of its own, outside any transaction. @param statement how it begins. */
export function atStatement(statement: string, side: Side): Halt {
  return async ({ gate, merchantUid }) => {
    const arrived = gate.stop({ statement, mentioning: merchantUid, side });
    return () => arrived;
  };
}

/** A change of the receipt of the payment, or the COMMIT of one. @param skip earlier ones. */
export function atReceipt(side: Side, skip: number, statement = 'UPDATE `point_cash_receipt`'): Halt {
  return async ({ gate, books, impUid }) => {
    const { id } = await books.manager.findOneByOrFail(Payment, { gatewayPaymentId: impUid });
    const arrived = gate.stop({ statement, mentioning: id, side, skip });
    return () => arrived;
  };
}

export function whileWebhookIsStored(side: Side): Halt {
  return async ({ gate, impUid }) => {
    const arrived = gate.stop({
      statement: 'INSERT INTO `point_webhook_delivery`',
      mentioning: impUid,
      side,
    });
    return () => arrived;
  };
}

/** Somebody else is at work on the user's row, so the transaction has begun and changed nothing. */
export const whileUserIsLocked: Halt = async (scene) => {
  const lock = await lockAccount(scene.databaseUrl, scene.customer.ownerId);
  scene.locks.push(lock);
  return () => lock.hasWaiters();
};

/** The gateway has cancelled and answered, and the booking waits for the user's row. */
export const whileUserIsLockedForBooking: Halt = async (scene) => {
  const arrived = await whileGatewayCancels('after')(scene);
  return async () => {
    await arrived();
    const lock = await lockAccount(scene.databaseUrl, scene.customer.ownerId);
    scene.locks.push(lock);
    await scene.gateway.release(scene.holds.pop() ?? '', { apply: true, answer: true });
    await lock.hasWaiters();
  };
};

/** The answer is here: nothing is under way any more but what recovery has to do. */
export function whenAnswered(operation: (scene: Scene) => Promise<unknown>): Halt {
  return async (scene) => async () => {
    await operation(scene);
  };
}
