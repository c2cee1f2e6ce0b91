/**
 * Cancelling a payment: asking the server until it has decided, and what the history says about it.
 */
import { ApiError, NO_CONNECTION } from './api.js';
import { BALANCE_FIELDS } from './session.js';
import { WAITS_MS } from './pause.js';

export const CANCELLATION_FIELDS =
  'id impUid amount points fee state refusal refusalReason expectedAt refundAccount';

export const REFUND_QUOTE = `query ($impUid: String!, $amount: Int) {
  refundQuote(impUid: $impUid, amount: $amount) {
    left refundable limitedBy obstacle policyReason opensAt partialCancel cancelUntil isCancelUntilAbout
    refundAccount plan { basis amount points bonus fee }
  }
}`;
export const CANCEL_POINT_TRANSACTION = `mutation (
  $impUid: String!, $amount: Int!, $reason: String, $idempotencyKey: String!, $refundAccount: PointRefundAccountInput,
  $quoted: PointQuotedRefund!
) {
  cancelPointTransaction(
    impUid: $impUid, amount: $amount, reason: $reason, idempotencyKey: $idempotencyKey, refundAccount: $refundAccount,
    quoted: $quoted
  ) {
    ${CANCELLATION_FIELDS}
    pointTransaction { user { ${BALANCE_FIELDS} } }
  }
}`;

// The one that was just refused is among them, also when another tab cancels at the same time.
export const LATEST_CANCELLATIONS = `{ cancellations(first: 5) { nodes { ${CANCELLATION_FIELDS} } } }`;

// Whether the server has heard of it and what it did is unknown. Everything else is an answer.
const UNKNOWN = [NO_CONNECTION, 'DATABASE_UNAVAILABLE', 'GATEWAY_UNAVAILABLE', 'INTERNAL_SERVER_ERROR'];

/**
 * Asks for one cancellation until the server has decided or the attempts are used up. Asking again is safe as long as
 * every attempt carries the same idempotencyKey: the server then cancels once and tells every repetition of it.
 *
 * @param ask calls cancelPointTransaction and returns its cancellation
 * @param pause a {@link Pause}
 * @param onWait called before each wait
 * @returns `{ outcome, cancellation?, error? }`, outcome being `done`; `pending` (the gateway has not answered);
 *   `refused` (the gateway said no); `declined` (the server said no and asked nobody); `loginNeeded`; `undecided` (the
 *   attempts are used up; nothing is known)
 */
export async function requestCancellation(ask, pause, onWait) {
  for (let attempt = 1; ; attempt += 1) {
    let error;
    try {
      return endOf(await ask());
    } catch (caught) {
      if (!(caught instanceof ApiError)) throw caught;
      error = caught;
    }
    if (error.code === 'UNAUTHENTICATED') return { outcome: 'loginNeeded', error };
    if (error.code === 'CANCEL_REFUSED') return { outcome: 'refused', error };
    if (!UNKNOWN.includes(error.code)) return { outcome: 'declined', error };
    if (attempt > WAITS_MS.length) return { outcome: 'undecided', error };
    onWait();
    await pause.wait(WAITS_MS[attempt - 1]);
  }
}

/** The same outcome for a cancellation that the server tells of at another time. */
export function endOf(cancellation) {
  return {
    outcome: { PENDING: 'pending', DONE: 'done', REFUSED: 'refused' }[cancellation.state],
    cancellation,
  };
}

export function isOpen({ state }) {
  return state === 'PENDING';
}

/**
 * What the history knows about cancelling one PAYMENT row. Newest come first, so every CANCEL row of a payment is
 * loaded before the payment itself.
 *
 * @returns whole won that are `cancelled` and `left`; `isOpen`: one is under way; `refusal`: why the last one was
 *   refused, in the gateway's words, or null
 */
export function cancelStateOf(payment, transactions, cancellations) {
  const cancelled = transactions
    .filter(({ status, impUid }) => status === 'CANCEL' && impUid === payment.impUid)
    .reduce((sum, { amount }) => sum - amount, 0);
  const latest = cancellations.find(({ impUid }) => impUid === payment.impUid);
  return {
    cancelled,
    left: payment.amount - cancelled,
    isOpen: latest?.state === 'PENDING',
    refusal: latest?.state === 'REFUSED' ? latest.refusal : null,
  };
}
