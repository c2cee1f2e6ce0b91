import type { Gateway } from '../../src/gateway/gateway.js';
import { NO_SHOP, type Shop } from '../../src/shop/shop.js';
import type { PaymentOrder } from '../../src/payment/payment-order.entity.js';
import { PaymentOrder as StoredOrder } from '../../src/payment/payment-order.entity.js';
import { addOrder, addUser, readAccount } from './books.js';
import type { DatabaseEnv } from './databases.js';
import { startFaultyGateway } from './faulty-gateway.js';
import { gatewayView } from './gateway-view.js';
import { openRooms } from './rooms.js';
import { startSimulator } from './server.js';
import { type PaymentWish, simulatorControl } from './simulator-control.js';

export type GatewayAndRooms = Awaited<ReturnType<typeof openGatewayAndRooms>>;

/** The rooms of the house with a simulator, and between the two a gateway that can be told to misbehave. */
export async function openGatewayAndRooms(
  database: DatabaseEnv,
  env: Record<string, string> = {},
  { shop = NO_SHOP, adapt }: { shop?: Shop; adapt?: (gateway: Gateway) => Gateway } = {},
) {
  const program = await startSimulator();
  const gateway = await startFaultyGateway(program.url);
  const simulator = simulatorControl(program.url);
  const rooms = await openRooms({ database, gatewayUrl: gateway.url, env, shop, ...(adapt && { adapt }) });

  async function order(ownerId: string, amount = 10_000): Promise<PaymentOrder> {
    return addOrder(rooms.books, ownerId, amount);
  }

  return {
    rooms,
    gateway,
    simulator,
    view: gatewayView(program.url),
    user: () => addUser(rooms.books),
    order,
    /** An order that recovery asks about at its next look. */
    orderToCheck: async (ownerId: string, amount = 10_000): Promise<PaymentOrder> => {
      const made = await order(ownerId, amount);
      const nextCheckAt = new Date();
      await rooms.books.manager.update(StoredOrder, { merchantUid: made.merchantUid }, { nextCheckAt });
      return { ...made, nextCheckAt };
    },
    /** The payer pays an order, by default as it was asked for. */
    pay: ({ merchantUid, amount }: PaymentOrder, wish: Partial<PaymentWish> = {}) =>
      simulator.pay({ merchant_uid: merchantUid, amount, ...wish }),
    /** How often the gateway was asked to cancel. */
    cancelCalls: async () => (await simulator.requests()).counts['POST /payments/cancel'] ?? 0,
    /** A user's balance, holds and the amounts of the rows. */
    accountOf: async (ownerId: string) => {
      const { balance, rows } = await readAccount(rooms.books, ownerId);
      return { point: balance.point, held: balance.heldPoint, rows: rows.map(({ amount }) => amount) };
    },
    close: async () => {
      await rooms.close();
      await gateway.stop();
      await program.stop();
    },
  };
}
