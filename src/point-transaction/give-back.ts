import type { EntityManager } from 'typeorm';
import { Cancellation, CancellationKind, CancellationState } from '../payment/cancellation.entity.js';
import { insertCancellation, newCancellation } from '../payment/cancellations.js';
import type { Payment } from '../payment/payment.entity.js';
import { moneyLeft } from './rules.js';

/**
 * Opens the way back for all that is left of a payment that is not credited. Recovery sends it at once.
 *
 * @returns undefined where nothing is left, or the payment company has refused to give this very sum back: asking it again at
 * each news would get the same answer, so a person must do it.
 */
export async function openGiveBack(
  manager: EntityManager,
  payment: Payment,
  reason: string,
): Promise<Cancellation | undefined> {
  const amount = moneyLeft(payment);
  if (amount === 0) return undefined;
  const kind = CancellationKind.GIVE_BACK;
  const refused = { paymentId: payment.id, kind, amount, state: CancellationState.REFUSED };
  if (await manager.existsBy(Cancellation, refused)) return undefined;
  const giveBack = newCancellation(payment, {
    kind,
    amount,
    checksum: amount,
    reason,
    // It was not sent yet, so recovery may send it at once.
    sentAt: new Date(0),
    nextAttemptAt: new Date(),
  });
  insertCancellation.runLater(manager, giveBack);
  return giveBack;
}
