import type { Database } from '../database.js';

/** A refund to which the PG said yes and that it has not carried out. */
export interface PendingRefund {
  amount: number;
  reason: string | null;
}

/** At most one for each payment. */
export class PendingRefundStore {
  private readonly insertRow;
  private readonly findRow;
  private readonly deleteRow;

  constructor(database: Database) {
    this.insertRow = database.prepare(
      'INSERT INTO pending_refund (imp_uid, amount, reason) VALUES (?, ?, ?) ON CONFLICT (imp_uid) DO NOTHING',
    );
    this.findRow = database.prepare('SELECT amount, reason FROM pending_refund WHERE imp_uid = ?');
    this.deleteRow = database.prepare('DELETE FROM pending_refund WHERE imp_uid = ?');
  }

  /** @returns false when one is there already. */
  add(impUid: string, { amount, reason }: PendingRefund): boolean {
    return this.insertRow.run(impUid, amount, reason).changes === 1;
  }

  take(impUid: string): PendingRefund | undefined {
    const found = this.findRow.get(impUid) as PendingRefund | undefined;
    if (found !== undefined) this.deleteRow.run(impUid);
    return found;
  }

  has(impUid: string): boolean {
    return this.findRow.get(impUid) !== undefined;
  }
}
