import { setTimeout as sleep } from 'node:timers/promises';
import { IsNull, Not, type DataSource } from 'typeorm';
import { PaymentOrder } from '../../src/payment/payment-order.entity.js';
import { Cancellation, CancellationState } from '../../src/payment/cancellation.entity.js';
import { WebhookDelivery } from '../../src/webhook/webhook-delivery.entity.js';
import type { Gateway } from './gateway.js';

const SETTLE_TIMEOUT_MS = 90_000;
const SETTLE_LOOK_MS = 400;
/** Later than the last time at which recovery asks for the payments of an order. */
const ORDER_AGE_MS = 3 * 60 * 60_000;

/** Makes all orders so old that recovery asks for their payments a last time. */
export async function letTimePass({ manager }: DataSource): Promise<void> {
  const createdAt = new Date(Date.now() - ORDER_AGE_MS);
  await manager
    .createQueryBuilder()
    .update(PaymentOrder)
    .set({ createdAt, expiresAt: createdAt, nextCheckAt: new Date() })
    .execute();
}

/** Waits until recovery has nothing left to do, at most for SETTLE_TIMEOUT_MS; what is left then is found afterwards. */
export async function settle({ manager }: DataSource, theGateway: Gateway): Promise<void> {
  const deadline = Date.now() + SETTLE_TIMEOUT_MS;
  while (Date.now() < deadline) {
    const left = [
      await manager.countBy(Cancellation, { state: CancellationState.PENDING }),
      await manager.countBy(WebhookDelivery, { nextAttemptAt: Not(IsNull()) }),
      await manager.countBy(PaymentOrder, { nextCheckAt: Not(IsNull()) }),
      await theGateway.countOpenWebhooks(),
    ];
    if (left.every((count) => count === 0)) return;
    const now = new Date();
    // The time passes until the next attempt.
    await manager.update(Cancellation, { nextAttemptAt: Not(IsNull()) }, { nextAttemptAt: now });
    await manager.update(WebhookDelivery, { nextAttemptAt: Not(IsNull()) }, { nextAttemptAt: now });
    await sleep(SETTLE_LOOK_MS);
  }
}
