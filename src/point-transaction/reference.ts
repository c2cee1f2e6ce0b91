import type { PaymentName } from '../payment/payments.js';

/** What caused a credit: one payment at one gateway. */
export function creditReference({ gateway, paymentId }: PaymentName): string {
  return `${gateway}:${paymentId}`;
}

/** What caused a debit: one cancellation of a payment. @param key the gateway's name for it. */
export function cancelReference(payment: PaymentName, key: string): string {
  return `${creditReference(payment)}:${key}`;
}

/** The gateway's id of the payment that such a credit or debit is of. */
export function paymentIdOfReference(reference: string): string | undefined {
  return reference.split(':', 2)[1];
}

/** Ends the reference of the debit for a deposit that the bank took back. No cancellation of a gateway has such a name. */
export const TAKEN_BACK = 'taken-back';

/** The gateway's name for the cancellation that caused a debit of this payment. */
export function cancellationKeyOf(payment: PaymentName, reference: string): string {
  return reference.slice(cancelReference(payment, '').length);
}

/** What caused a spend: one key of whoever spends, for one owner. An owner's id may have a colon, so its length stands before it. */
export function spendReference(ownerId: string, idempotencyKey: string): string {
  return `spend:${ownerId.length}:${ownerId}:${idempotencyKey}`;
}

/** What caused a grant: one key of whoever grants, for one owner. */
export function grantReference(ownerId: string, idempotencyKey: string): string {
  return `grant:${ownerId.length}:${ownerId}:${idempotencyKey}`;
}

/** What brought points that an owner had before: one row of a table, by the name of the table and its own key there. */
export function importReference(table: string, key: string): string {
  return `import:${table}:${key}`;
}

/** What caused the spend at the end of a hold. */
export function holdReference(holdId: string): string {
  return `hold:${holdId}`;
}

/** What gave points of a spend back. @param extent so that the same key asks for the same again, or is refused. */
export function spendCancelReference(
  spendId: string,
  extent: 'all' | 'part',
  idempotencyKey: string,
): string {
  return `${spendCancelPrefix(spendId)}${extent}:${idempotencyKey}`;
}

const SPEND_CANCEL = 'spend-cancel:';
const EXPIRE = 'expire:';
const ID_LENGTH = 26;

/** Begins the reference of all that gave points of this spend back. */
export function spendCancelPrefix(spendId: string): string {
  return `${SPEND_CANCEL}${spendId}:`;
}

/** Which spend such a row gave points back of; undefined for other rows. */
export function spendOfReference(reference: string): string | undefined {
  if (!reference.startsWith(SPEND_CANCEL)) return undefined;
  return reference.slice(SPEND_CANCEL.length, SPEND_CANCEL.length + ID_LENGTH);
}

/** What caused a bonus: one payment. */
export function bonusReference(payment: PaymentName): string {
  return `bonus:${creditReference(payment)}`;
}

/** What took points of a bonus back: the row of one cancellation of its payment. */
export function bonusCancelReference(cancelId: string): string {
  return `bonus-cancel:${cancelId}`;
}

/** What took points for no money: the row of one cancellation, whose terms leave a part to the shop. */
export function refundFeeReference(cancelId: string): string {
  return `refund-fee:${cancelId}`;
}

/** Points of a lot that expired are lost no longer. @param sequence of the row, since a lot can lose points more than once. */
export function expiryCancelReference(lotId: string, sequence: number): string {
  return `expire-cancel:${lotId}:${sequence}`;
}

/**
 * What caused a loss: the end of a lot's time. It comes once more where points came back after it, and then with another number.
 *
 * @param sequence of the row.
 */
export function expiryReference(lotId: string, sequence: number): string {
  return `${EXPIRE}${lotId}:${sequence}`;
}

/** Which lot's end caused such a row. */
export function lotOfReference(reference: string): string {
  return reference.slice(EXPIRE.length, EXPIRE.length + ID_LENGTH);
}
