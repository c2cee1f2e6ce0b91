import { GatewayRefusal } from '../gateway/envelope.js';
import { cancellableAmount, type Payment } from './payment.js';

/**
 * A card company's immediate discount, as the console's promotions are (documented: PortOne developer documentation,
 * extra/promotion). `amount`, `cancel_amount` and `checksum` know nothing of it: they are what was ordered (documented for
 * cancels, assumed for the payment object, whose `promotion` says what was taken off).
 */
export interface Promotion {
  /** Whole won; of less nothing is taken off. */
  minimum: number;
  discountOf: (amount: number) => number;
}

/** By `promotion_id` of the window; both are the examples of the documentation. */
export const PROMOTIONS: Readonly<Record<string, Promotion>> = {
  'promotion-id-sim-rate': { minimum: 10_000, discountOf: (amount) => Math.floor(amount / 10) },
  'promotion-id-sim-won': { minimum: 5_000, discountOf: () => 1_000 },
};

/** What the payment object shows of it; null for none. */
export function promotionOf(id: string | undefined, amount: number): { id: string; discount: number } | null {
  const promotion = PROMOTIONS[id ?? ''];
  if (id === undefined || promotion === undefined || amount < promotion.minimum) return null;
  return { id, discount: promotion.discountOf(amount) };
}

/**
 * Without `retain_promotion` what is left is discounted anew, by less or by nothing; a cancel after which more would have been
 * paid than was is not possible (documented; its words are assumed).
 * @throws GatewayRefusal and nothing is given back.
 */
export function checkPromotion(payment: Payment, amount: number, isRetained: boolean): void {
  const { id } = (payment.promotion ?? {}) as { id?: string };
  if (PROMOTIONS[id ?? ''] === undefined || isRetained) return;
  const left = cancellableAmount(payment);
  const paidFor = (won: number) => won - (promotionOf(id, won)?.discount ?? 0);
  if (paidFor(left - amount) > paidFor(left)) {
    throw new GatewayRefusal(
      200,
      -1,
      '결제취소에 실패하였습니다.(프로모션 최소 결제금액보다 적게 남습니다.)',
    );
  }
}
