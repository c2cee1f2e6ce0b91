import type { Database } from '../database.js';

/** The amount a shop announced for an order; `currency` null = not compared (documented in the schema). */
export interface PreparedPayment {
  merchant_uid: string;
  amount: number;
  currency: string | null;
}

/** What POST /payments/prepare registered. */
export class PrepareStore {
  private readonly byMerchantUid;
  private readonly insert;
  private readonly update;

  constructor(database: Database) {
    this.byMerchantUid = database.prepare(
      'SELECT merchant_uid, amount, currency FROM prepared_payment WHERE merchant_uid = ?',
    );
    this.insert = database.prepare(
      'INSERT INTO prepared_payment (merchant_uid, amount, currency) VALUES (?, ?, ?) ON CONFLICT DO NOTHING',
    );
    this.update = database.prepare(
      'UPDATE prepared_payment SET amount = ?, currency = ? WHERE merchant_uid = ?',
    );
  }

  find(merchantUid: string): PreparedPayment | undefined {
    const row = this.byMerchantUid.get(merchantUid) as PreparedPayment | undefined;
    return row && { merchant_uid: row.merchant_uid, amount: row.amount, currency: row.currency };
  }

  /** Answers false when the order is registered already. */
  register(prepared: PreparedPayment): boolean {
    return this.insert.run(prepared.merchant_uid, prepared.amount, prepared.currency).changes === 1;
  }

  /** Answers false when the order was never registered. */
  change(prepared: PreparedPayment): boolean {
    return this.update.run(prepared.amount, prepared.currency, prepared.merchant_uid).changes === 1;
  }
}
