/**
 * What the reader is told when a call was refused. The server's own messages are for developers who call its API; a
 * shopper reads texts of this page, chosen by the code and its details.
 */
import { methodName } from './methods.js';
import { moment, points, text, won } from './texts.js';

/** By `extensions.code`: the text, from the error's `extensions`. Codes that are not here are no shopper's doing. */
const TEXTS = {
  ACCOUNT_NOT_CLOSED: ({ until }) => text('accountNotClosed', { moment: moment(until) }),
  NO_CONNECTION: () => text('noConnection'),
  BAD_USER_INPUT: ({ field }) => text(BAD_FIELDS[field] ?? 'badInput'),
  CANCEL_AMOUNT_EXCEEDED: ({ left }) =>
    left > 0 ? text('cancelAmountExceeded', { left: won(left) }) : text('limitNothingLeft'),
  CANCEL_BY_SHOP_ONLY: ({ reason, deadline, minAmount }) => policyRefusal(reason, { deadline, minAmount }),
  CANCEL_IN_PROGRESS: () => text('limitInProgress'),
  CANCEL_NOT_POSSIBLE: ({ reason, deadline, opensAt }) =>
    obstacleText(reason, { deadline, opensAt }) || text('cancelRefusedPlain'),
  CANCEL_REFUSED: ({ reason }) =>
    text(reason === 'TOO_LITTLE_UNSETTLED' ? 'cancelTryLater' : 'cancelRefusedPlain'),
  CASH_RECEIPT_NOT_POSSIBLE: ({ reason }) =>
    text(reason === 'REQUESTED' ? 'cashReceiptRequested' : 'cashReceiptNotPossible'),
  DATABASE_UNAVAILABLE: () => text('busy'),
  EMAIL_TAKEN: () => text('emailTaken'),
  GATEWAY_UNAVAILABLE: () => text('gatewayUnavailable'),
  GRAPHQL_VALIDATION_FAILED: () => text('pageOutdated'),
  HOST_UNAVAILABLE: () => text('noConnection'),
  INSUFFICIENT_POINT: ({ available, needed }) =>
    text('insufficientPoint', { available: points(available), needed: points(needed) }),
  LEAVE_NOT_POSSIBLE: ({ reason }) => text(LEAVING_OBSTACLES[reason] ?? 'leaveNotPossible'),
  LOGIN_UNAVAILABLE: () => text('busy'),
  METHOD_LIMIT_EXCEEDED: ({ limit, max, left, method }) =>
    text(METHOD_LIMITS[limit] ?? 'methodNotOffered', {
      method: methodName(method),
      // Of AMOUNT_MIN it is the least.
      min: won(max ?? 0),
      max: won(max ?? 0),
      left: won(left ?? 0),
    }),
  METHOD_NOT_OFFERED: () => text('methodNotOffered'),
  NO_DEPOSIT_AWAITED: () => text('noDepositAwaited'),
  ORDER_NOT_FOUND: () => text('orderNotFound'),
  PAYMENT_MISMATCH: ({ reason, ...details }) =>
    reason in MISMATCHES ? text(MISMATCHES[reason]) : unknownRefusal(details),
  PAYMENT_NOT_FOUND: () => text('paymentNotFound'),
  PAYMENT_NOT_PAID: ({ reason }) => text(NOT_PAID[reason] ?? 'notPaidFailed'),
  POINT_LIMIT_EXCEEDED: ({ maxBalance, point, openOrders }) =>
    text(openOrders > 0 ? 'pointLimitWithOrders' : 'pointLimit', {
      maxBalance: points(maxBalance),
      point: points(point),
      openOrders: won(openOrders ?? 0),
    }),
  REFUND_QUOTE_CHANGED: ({ amount }) =>
    amount > 0 ? text('quoteChanged', { amount: won(amount) }) : text('quoteChangedNothing'),
  TERMS_NOT_AGREED: () => text('consentAnew'),
  TOO_MANY_OPEN_ORDERS: () => text('tooManyOpenOrders'),
  TOO_MANY_REQUESTS: ({ retryAfterSeconds }) =>
    retryAfterSeconds > 0 ? text('tooManyRequests', { seconds: Math.ceil(retryAfterSeconds) }) : text('busy'),
  UNAUTHENTICATED: () => text('sessionEnded'),
};

/**
 * Why a payment company would not cancel, and what to do instead.
 *
 * @param obstacle a CancelObstacle of the API
 * @param times `{ deadline, opensAt }`: ISO texts, as far as there are any
 */
export function obstacleText(obstacle, { deadline, opensAt }) {
  switch (obstacle) {
    case 'NOT_CANCELLABLE':
      return text('obstacleNever');
    case 'DEADLINE_OVER':
      return text('obstacleDeadline', { moment: moment(deadline) });
    case 'ONLY_IN_FULL':
    case 'PARTIAL_CANCELS_USED_UP':
      return text('onlyInFull');
    case 'REFUND_ACCOUNT_NEEDED':
      return text('obstacleAccount');
    case 'CLOSED_NOW':
      return text('obstacleClosed', { moment: moment(opensAt) });
    default:
      return '';
  }
}

const LEAVING_OBSTACLES = {
  DEBT: 'leaveDebt',
  OPEN_ORDER: 'leaveOpenOrder',
  POINTS: 'leavePoints',
};

/**
 * Why the shop leaves a cancellation to its customer service.
 *
 * @param reason a CancelPolicyReason of the API
 * @param details `{ deadline, minAmount }`, as far as there are any
 */
export function policyRefusal(reason, { deadline, minAmount }) {
  switch (reason) {
    case 'TOO_LATE':
      return text('shopTooLate', { moment: moment(deadline) });
    case 'ONLY_IN_FULL':
      return text('shopOnlyInFull');
    case 'BONUS_SPENT':
      return text('shopBonusSpent');
    case 'TOO_SMALL':
      return text('shopTooSmall', { amount: won(minAmount) });
    default:
      return text('shopOff');
  }
}

const BAD_FIELDS = {
  amount: 'badAmount',
  email: 'emailWrong',
  impUid: 'paymentNotFound',
  name: 'badName',
  password: 'badPassword',
  reason: 'badReason',
  refundAccount: 'refundAccountWrong',
  'refundAccount.bank': 'refundBankMissing',
  'refundAccount.holder': 'refundHolderWrong',
  'refundAccount.number': 'refundNumberWrong',
  'refundAccount.phone': 'refundPhoneWrong',
};

const METHOD_LIMITS = {
  AMOUNT_MIN: 'methodTakesFrom',
  AMOUNT_MAX: 'methodTakesUpTo',
  DAY: 'methodDayLimit',
  MONTH: 'methodMonthLimit',
};

const MISMATCHES = {
  AMOUNT: 'mismatchAmount',
  BALANCE_FULL: 'mismatchBalanceFull',
  CHANNEL: 'mismatchChannel',
  CURRENCY: 'mismatchCurrency',
  ORDER_ALREADY_PAID: 'mismatchOrderPaid',
};

const NOT_PAID = {
  CANCELLED: 'limitNothingLeft',
  FAILED: 'notPaidFailed',
  READY: 'notPaidReady',
};

/** @param error an ApiError */
export function refusalText({ code, details }) {
  return Object.hasOwnProperty.call(TEXTS, code) ? TEXTS[code](details) : unknownRefusal(details);
}

/** Whoever is asked for help finds this number in the log. */
function unknownRefusal({ id }) {
  return id ? text('unknownRefusalWithId', { id }) : text('unexpected');
}
