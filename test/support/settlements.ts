import type { GatewayPayment, Settlement } from '../../src/gateway/gateway-payment.js';
import type { Gateway, Period } from '../../src/gateway/gateway.js';

/**
 * The same gateway, which also tells in its lists what its PG pays out, as the port allows and iamport (V1) does not.
 *
 * @param settlementOf undefined where it tells nothing.
 */
export function withSettlements(
  gateway: Gateway,
  settlementOf: (payment: GatewayPayment) => Settlement | undefined,
): Gateway {
  async function* listChanges(period: Period): AsyncGenerator<GatewayPayment[]> {
    for await (const batch of gateway.listChanges(period)) {
      yield batch.map((payment) => {
        const settlement = settlementOf(payment);
        return settlement ? { ...payment, settlement } : payment;
      });
    }
  }
  return Object.create(gateway, { listChanges: { value: listChanges } }) as Gateway;
}
