import type { EntityManager } from 'typeorm';
import { type Gateway, rulesOf } from '../gateway/gateway.js';
import type { MethodRules } from '../gateway/pg-rules.js';
import type { Payment } from '../payment/payment.entity.js';
import { countCancels } from '../point-transaction/transactions.js';
import { type PaymentFacts, sure } from './cancel-terms.js';

/** What a payment company is known to allow for one payment. */
export interface PaymentTerms {
  rules: MethodRules;
  facts: PaymentFacts;
}

/** Costs a statement only for a payment of which a part is gone, at a company that counts the parts. */
export async function termsOf(
  manager: EntityManager,
  gateway: Gateway,
  payment: Payment,
): Promise<PaymentTerms> {
  const rules = rulesOf(gateway, payment);
  const isCounted = sure(rules.partialCancelsMax) !== undefined && payment.cancelledAmount > 0;
  const partialCancels = isCounted ? await countCancels(manager, payment.id) : 0;
  return { rules, facts: { paidAt: payment.paidAt, partialCancels } };
}
