import { checkIdempotencyKey } from '../payment/idempotency-key.js';
import { OWNER_ID_MAX_LENGTH } from '../point-account/point-account.entity.js';
import {
  type PointTransaction,
  TRANSACTION_PURPOSE_MAX_LENGTH,
  TRANSACTION_REASON_MAX_LENGTH,
} from '../point-transaction/point-transaction.entity.js';
import { BadUserInput } from '../refusal/refusal.js';
import type { Hold } from './hold.entity.js';

/** What is spent, held or granted. */
export interface PointRequest {
  ownerId: string;
  /** Whole points, at least 1. */
  amount: number;
  /** Why; the owner reads it. */
  reason: string;
  /** What for, as the caller names it: the number of a shop's order. */
  reference?: string;
  /** The same key for the same owner asks for the same once more. */
  idempotencyKey: string;
  /** Who asks, where it is not the owner. */
  actor?: string;
}

export interface HoldRequest extends PointRequest {
  /** When it ends by itself. */
  until: Date;
}

export interface SpendCancelRequest {
  /** `id` of the SPEND. */
  spendId: string;
  /** Whole points; all that is left of the spend when it is not given. */
  amount?: number;
  reason: string;
  idempotencyKey: string;
  actor?: string;
}

/** As long as a hold may last: longer than any delivery, and not for ever. */
export const HOLD_MAX_DAYS = 180;
const DAY_MS = 24 * 60 * 60_000;
export const AMOUNT_MAX = 1_000_000_000;

// oxlint-disable-next-line no-control-regex -- control characters are what it looks for
const CONTROL_CHARACTER = /[\u0000-\u001f\u007f]/;
/** @throws {BadUserInput} */
export function checkPointRequest({ ownerId, reference, ...request }: PointRequest): void {
  if (!isText(ownerId, OWNER_ID_MAX_LENGTH)) throw badText('ownerId', OWNER_ID_MAX_LENGTH);
  if (reference !== undefined && !isText(reference, TRANSACTION_PURPOSE_MAX_LENGTH)) {
    throw badText('reference', TRANSACTION_PURPOSE_MAX_LENGTH);
  }
  checkAmount(request.amount);
  checkReasonAndKey(request);
}

/** @throws {BadUserInput} */
export function checkUntil(until: Date, now: Date): void {
  const lastsMs = until.getTime() - now.getTime();
  if (lastsMs > 0 && lastsMs <= HOLD_MAX_DAYS * DAY_MS) return;
  throw new BadUserInput('until', {
    ko: `until은 지금 이후이고 ${HOLD_MAX_DAYS}일을 넘지 않아야 합니다.`,
    en: `\`until\` must be in the future, at most ${HOLD_MAX_DAYS} days from now.`,
  });
}

/** @throws {BadUserInput} */
export function checkSpendCancelRequest({ amount, ...request }: SpendCancelRequest): void {
  if (amount !== undefined) checkAmount(amount);
  checkReasonAndKey(request);
}

/** @throws {BadUserInput} */
export function checkAmount(amount: number): void {
  if (Number.isInteger(amount) && amount >= 1 && amount <= AMOUNT_MAX) return;
  throw new BadUserInput('amount', {
    ko: `amount는 1 이상 ${AMOUNT_MAX.toLocaleString('ko-KR')} 이하의 정수여야 합니다.`,
    en: `The amount must be a whole number from 1 to ${AMOUNT_MAX.toLocaleString('en-US')}.`,
  });
}

function checkReasonAndKey({
  reason,
  idempotencyKey,
}: Pick<PointRequest, 'reason' | 'idempotencyKey'>): void {
  if (!isText(reason, TRANSACTION_REASON_MAX_LENGTH)) throw badText('reason', TRANSACTION_REASON_MAX_LENGTH);
  checkIdempotencyKey(idempotencyKey);
}

/** Whether it can be read in one line, and looks the same wherever it is kept. */
export function isText(text: string, lengthMax: number): boolean {
  return text.trim() === text && text !== '' && text.length <= lengthMax && !CONTROL_CHARACTER.test(text);
}

function badText(field: string, lengthMax: number): BadUserInput {
  return new BadUserInput(field, {
    ko: `${field}은(는) 1자 이상 ${lengthMax}자 이하여야 하며, 공백으로 시작하거나 끝날 수 없습니다.`,
    en: `\`${field}\` must have 1 to ${lengthMax} characters and no blank at its beginning or end.`,
  });
}

/** Whether a row of the ledger is the answer to this request, and not to another one with the same key. Who asks may differ. */
export function isRowOf(
  row: Pick<PointTransaction, 'amount' | 'reason' | 'purpose'>,
  { amount, reason, reference }: PointRequest,
): boolean {
  return Math.abs(row.amount) === amount && row.reason === reason && row.purpose === (reference ?? null);
}

/** The same of a hold. */
export function isHoldOf(
  hold: Pick<Hold, 'amount' | 'reason' | 'purpose' | 'expiresAt'>,
  request: HoldRequest,
): boolean {
  return isRowOf(hold, request) && hold.expiresAt.getTime() === request.until.getTime();
}
