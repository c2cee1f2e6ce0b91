import { registerEnumType } from '@nestjs/graphql';

/** Every code that `errors[].extensions.code` can have. Callers branch on these and on nothing else of an error. */
export enum ErrorCode {
  ACCOUNT_NOT_CLOSED = 'ACCOUNT_NOT_CLOSED',
  BAD_REQUEST = 'BAD_REQUEST',
  BAD_USER_INPUT = 'BAD_USER_INPUT',
  CANCEL_AMOUNT_EXCEEDED = 'CANCEL_AMOUNT_EXCEEDED',
  CANCEL_BY_SHOP_ONLY = 'CANCEL_BY_SHOP_ONLY',
  CANCEL_IN_PROGRESS = 'CANCEL_IN_PROGRESS',
  CANCEL_NOT_POSSIBLE = 'CANCEL_NOT_POSSIBLE',
  CANCEL_REFUSED = 'CANCEL_REFUSED',
  CASH_RECEIPT_NOT_POSSIBLE = 'CASH_RECEIPT_NOT_POSSIBLE',
  DATABASE_UNAVAILABLE = 'DATABASE_UNAVAILABLE',
  EMAIL_TAKEN = 'EMAIL_TAKEN',
  FORBIDDEN = 'FORBIDDEN',
  GATEWAY_UNAVAILABLE = 'GATEWAY_UNAVAILABLE',
  GRAPHQL_PARSE_FAILED = 'GRAPHQL_PARSE_FAILED',
  GRAPHQL_VALIDATION_FAILED = 'GRAPHQL_VALIDATION_FAILED',
  HOLD_AMOUNT_EXCEEDED = 'HOLD_AMOUNT_EXCEEDED',
  HOLD_ENDED = 'HOLD_ENDED',
  HOLD_NOT_FOUND = 'HOLD_NOT_FOUND',
  IDEMPOTENCY_KEY_REUSED = 'IDEMPOTENCY_KEY_REUSED',
  INSUFFICIENT_POINT = 'INSUFFICIENT_POINT',
  INTERNAL_SERVER_ERROR = 'INTERNAL_SERVER_ERROR',
  LEAVE_NOT_POSSIBLE = 'LEAVE_NOT_POSSIBLE',
  LOGIN_UNAVAILABLE = 'LOGIN_UNAVAILABLE',
  METHOD_LIMIT_EXCEEDED = 'METHOD_LIMIT_EXCEEDED',
  METHOD_NOT_OFFERED = 'METHOD_NOT_OFFERED',
  NO_DEPOSIT_AWAITED = 'NO_DEPOSIT_AWAITED',
  OPERATION_RESOLUTION_FAILURE = 'OPERATION_RESOLUTION_FAILURE',
  ORDER_NOT_FOUND = 'ORDER_NOT_FOUND',
  OWNER_NOT_FOUND = 'OWNER_NOT_FOUND',
  PAYMENT_MISMATCH = 'PAYMENT_MISMATCH',
  PAYMENT_NOT_FOUND = 'PAYMENT_NOT_FOUND',
  PAYMENT_NOT_PAID = 'PAYMENT_NOT_PAID',
  PERSISTED_QUERY_NOT_SUPPORTED = 'PERSISTED_QUERY_NOT_SUPPORTED',
  POINT_LIMIT_EXCEEDED = 'POINT_LIMIT_EXCEEDED',
  REFUND_QUOTE_CHANGED = 'REFUND_QUOTE_CHANGED',
  SPEND_NOT_FOUND = 'SPEND_NOT_FOUND',
  TERMS_NOT_AGREED = 'TERMS_NOT_AGREED',
  TOO_MANY_OPEN_ORDERS = 'TOO_MANY_OPEN_ORDERS',
  TOO_MANY_REQUESTS = 'TOO_MANY_REQUESTS',
  UNAUTHENTICATED = 'UNAUTHENTICATED',
}

registerEnumType(ErrorCode, {
  name: 'PointErrorCode',
  description:
    'The values of `extensions.code` of an error. Every error also has `extensions.retryable`: true when the same call ' +
    'may succeed later without anybody changing anything. The message is Korean, or English for `Accept-Language: en`. ' +
    'After any of these errors nothing was changed; after DATABASE_UNAVAILABLE alone that is not certain.',
  valuesMap: {
    ACCOUNT_NOT_CLOSED: {
      description:
        'cancelPaymentOrder: the payment company does not close virtual accounts, or would not close this one. It waits until ' +
        '`extensions.until`; if nothing is paid in, the order ends by itself then.',
    },
    BAD_REQUEST: {
      description:
        'The HTTP request is not one that GraphQL takes: no JSON, a batch, or a form that another site could send. For the developer.',
    },
    BAD_USER_INPUT: {
      description:
        'An argument does not fit; `extensions.field` names it where we check it. The caller can correct it.',
    },
    CANCEL_AMOUNT_EXCEEDED: {
      description:
        'More than is left of the payment or the spend; `extensions.left` says how much that is (0: cancelled in full already).',
    },
    CANCEL_BY_SHOP_ONLY: {
      description:
        'The shop does not let shoppers cancel this by themselves; `shop.customerService` can be asked. `extensions.reason` is a ' +
        'CancelPolicyReason: OFF, TOO_LATE (since `extensions.deadline`), ONLY_IN_FULL (leave the amount out to cancel all ' +
        'that is left), TOO_SMALL (`extensions.minAmount` won is the least), BONUS_SPENT. See `refundQuote` and `shop.cancelPolicy`.',
    },
    CANCEL_IN_PROGRESS: {
      description:
        'Another cancellation of this payment is open. Retry when it has ended; see `cancellations`.',
    },
    CANCEL_NOT_POSSIBLE: {
      description:
        'A known rule of the payment company is against it, so it was not asked. `extensions.reason` is a CancelObstacle: ' +
        'NOT_CANCELLABLE, DEADLINE_OVER (`extensions.deadline`), ONLY_IN_FULL and PARTIAL_CANCELS_USED_UP (cancel all that is ' +
        'left), REFUND_ACCOUNT_NEEDED (send `refundAccount`), CLOSED_NOW (retry after `extensions.opensAt`). Where no retry helps the operator can refund ' +
        'by bank transfer. See `refundQuote`.',
    },
    CANCEL_REFUSED: {
      description:
        'The payment company said no. `extensions.cancellationId` names the cancellation; its points are free again as soon as ' +
        'it reads REFUSED, after a last look at the payment some minutes later. `extensions.reason`: TOO_LITTLE_UNSETTLED (it ' +
        'holds less of the shop’s money than the refund: the operator pays some in there, or a new request succeeds after more ' +
        'was sold), OTHER (`Cancellation.refusal` has its words). The operator can refund by bank transfer.',
    },
    CASH_RECEIPT_NOT_POSSIBLE: {
      description:
        'No cash receipt can be asked for; `extensions.reason` says why: OFF (the shop issues none), METHOD (not for this payment), ' +
        'NOTHING_LEFT (all of it went back) or REQUESTED (one was asked for already).',
    },
    DATABASE_UNAVAILABLE: {
      description:
        'The database did not answer, or not in time. Retry after a few seconds with the same arguments: whether or not the ' +
        'first call was carried out, no points move twice. (createUser may say EMAIL_TAKEN then, and restoreAccessToken ' +
        'UNAUTHENTICATED when it is called more than ten seconds later: log in.)',
    },
    EMAIL_TAKEN: { description: 'createUser: this e-mail address already has an account. Log in instead.' },
    FORBIDDEN: {
      description: 'The field is for operators, or the service key has not the scope that it needs.',
    },
    GATEWAY_UNAVAILABLE: {
      description:
        'iamport did not answer, or not with sense. Nothing was written and no money was moved by us. Retry after a few seconds.',
    },
    GRAPHQL_PARSE_FAILED: {
      description: 'The document is not GraphQL, or has too many tokens. For the developer.',
    },
    GRAPHQL_VALIDATION_FAILED: {
      description:
        'The document does not fit the schema, or exceeds a limit of depth, aliases, directives or cost (`extensions.cost` ' +
        'is more than `extensions.maxCost`: ask for smaller pages or fewer fields). For the developer.',
    },
    HOLD_AMOUNT_EXCEEDED: { description: 'confirmHold: `extensions.held` is all that is held.' },
    HOLD_ENDED: {
      description:
        'The hold has ended: `extensions.state` is its PointHoldState, `extensions.confirmedAmount` what was spent of it.',
    },
    HOLD_NOT_FOUND: { description: 'There is no such hold.' },
    IDEMPOTENCY_KEY_REUSED: {
      description: 'The key was used for another request. For the developer: a new request needs a new key.',
    },
    INSUFFICIENT_POINT: {
      description:
        'The points are spent or held: `extensions.available` of the `extensions.needed` are there. ' +
        'cancelPointTransaction: cancel a smaller amount; see `refundQuote`.',
    },
    INTERNAL_SERVER_ERROR: {
      description: 'A fault of ours. `extensions.id` is also in our log: tell it to the operator.',
    },
    LEAVE_NOT_POSSIBLE: {
      description:
        'deleteUser: something is left. `extensions.reason`: POINTS (spend them or cancel their payments), DEBT (fill it), HELD (by an ' +
        'open cancellation or hold), OPEN_ORDER (can still be paid, for an hour and a half at most, or waits for a deposit: ' +
        'cancelPaymentOrder), OPEN_CANCELLATION (money is on its way back).',
    },
    LOGIN_UNAVAILABLE: {
      description:
        'The shop’s own login gave no keys, so that nobody knows whether the token is good. Nothing was done. Retry after a few seconds.',
    },
    METHOD_LIMIT_EXCEEDED: {
      description:
        'createPaymentOrder: this amount cannot be paid by `extensions.method`. `extensions.limit`: AMOUNT_MIN or AMOUNT_MAX (of one ' +
        'payment), DAY or MONTH (what the user paid by it in that Korean day or month counts). `extensions.max` is that limit and ' +
        '`extensions.left` what can still be paid by it, in whole won. Pay another way, or buy another amount.',
    },
    METHOD_NOT_OFFERED: {
      description:
        'createPaymentOrder: `method` is none of `paymentMethods`, which `extensions.offered` lists. Read `paymentMethods` again.',
    },
    NO_DEPOSIT_AWAITED: {
      description:
        'No virtual account waits for a deposit of this order; `extensions.state` is its PaymentOrderState. An order without an ' +
        'account that is not paid ends by itself at `expiresAt`.',
    },
    ORDER_NOT_FOUND: { description: 'The user has no such order.' },
    OPERATION_RESOLUTION_FAILURE: {
      description:
        'The document has several operations and `operationName` names none of them. For the developer.',
    },
    OWNER_NOT_FOUND: {
      description:
        'grantPoints: nobody here has this `ownerId`. Where the login is the shop’s own every id without blanks can be somebody’s.',
    },
    PAYMENT_MISMATCH: {
      description:
        'The payment exists and is the caller’s, but cannot be credited. `extensions.reason`: AMOUNT (not the amount of the ' +
        'order), BALANCE_FULL (the balance cannot grow by so much), CLAIMED_AMOUNT (not the `amount` argument), CURRENCY (not KRW), CHANNEL (a test payment on a live server or ' +
        'the other way round), ORDER_ALREADY_PAID (another payment of the same order was credited). For the operator.',
    },
    PAYMENT_NOT_FOUND: {
      description:
        'No such payment for an order of this user: unknown to iamport, or made without createPaymentOrder, or somebody else’s.',
    },
    PAYMENT_NOT_PAID: {
      description:
        'The payment is the caller’s but there is no money in it. `extensions.reason`: READY (not finished, or a virtual ' +
        'account that waits for its deposit: `extensions.deposit` has impUid, bank, bankCode, number, holder, amount and dueAt of it), FAILED (declined or given up), CANCELLED (paid and given back in full). ' +
        'Start again with a new payment; for READY the same call may succeed later.',
    },
    PERSISTED_QUERY_NOT_SUPPORTED: {
      description: 'Only the hash of a document was sent: send the document itself. For the developer.',
    },
    POINT_LIMIT_EXCEEDED: {
      description:
        'createPaymentOrder and grantPoints: the points held (`extensions.point`), the open orders (`extensions.openOrders`, in won) and the ' +
        'amount together exceed `extensions.maxBalance`. Use points, pay an open order, or wait until it expires.',
    },
    REFUND_QUOTE_CHANGED: {
      description:
        'cancelPointTransaction with `quoted`: what goes back is another sum by now, because points were spent, came back or expired. ' +
        'Nothing was done. `extensions` has the new `amount`, `points`, `bonus`, `fee` and `basis` (amount 0: nothing goes back now). Show ' +
        'them, or `refundQuote`, and ask the shopper anew.',
    },
    SPEND_NOT_FOUND: { description: 'cancelSpend: there is no such spend.' },
    TERMS_NOT_AGREED: {
      description:
        'createPaymentOrder: the shop asks its buyers to agree to terms, and `termsVersion` is not their version, which is ' +
        '`extensions.termsVersion`. Show `shop.consent` and ask the buyer anew.',
    },
    TOO_MANY_OPEN_ORDERS: {
      description:
        'createPaymentOrder: `extensions.maxOpenOrders` orders of the user can be paid already. Pay one, or wait until one expires.',
    },
    TOO_MANY_REQUESTS: {
      description:
        'Too many calls of this field, or too many wrong passwords for this account or from this address. Retry after ' +
        '`extensions.retryAfterSeconds`.',
    },
    UNAUTHENTICATED: {
      description:
        'No valid access token (call restoreAccessToken, then login) or service key, or a wrong e-mail or password in login, or no valid ' +
        'refresh cookie in restoreAccessToken.',
    },
  },
});
