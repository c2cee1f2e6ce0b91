import type { OnApplicationBootstrap } from '@nestjs/common';
import { checksKeys, type Gateway } from './gateway.js';

/** The gateways that this server speaks to. */
export class Gateways implements OnApplicationBootstrap {
  readonly all: readonly Gateway[];
  private readonly byName: ReadonlyMap<string, Gateway>;

  /** @param forNewOrders the one through which orders are paid. */
  constructor(
    readonly forNewOrders: Gateway,
    ...others: Gateway[]
  ) {
    this.all = [forNewOrders, ...others];
    this.byName = new Map(this.all.map((gateway) => [gateway.name, gateway]));
  }

  /** @throws {Error} for the name of none of them. */
  named(name: string): Gateway {
    const gateway = this.byName.get(name);
    if (!gateway) throw new Error(`there is no gateway ${name}`);
    return gateway;
  }

  /** The one whose payments have ids of this form; undefined for a text that is nobody's and must not be sent to any. */
  ofPayment(paymentId: string): Gateway | undefined {
    return this.all.find((gateway) => gateway.isPaymentId(paymentId));
  }

  /**
   * Wrong keys are in the log before anybody has paid. The start does not wait for it, and a server with wrong keys runs:
   * its points can still be read.
   */
  onApplicationBootstrap(): void {
    for (const gateway of this.all) if (checksKeys(gateway)) gateway.checkKeys();
  }
}
