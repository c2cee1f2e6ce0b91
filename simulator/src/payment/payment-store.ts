import { type Clock, unixSeconds } from '../clock.js';
import type { Database } from '../database.js';
import { type Payment, type PaymentStatus, statusTime } from './payment.js';
import type { Checkout } from '../window/checkout.js';

/** How a list is ordered; `-` = latest first (documented in the schema). */
export type Sorting = 'started' | '-started' | 'paid' | '-paid' | 'updated' | '-updated';

export const SORTINGS: readonly Sorting[] = ['started', '-started', 'paid', '-paid', 'updated', '-updated'];

/** The gateway's largest page (documented in the schema). */
export const PAGE_LIMIT = 1000;

export interface PaymentFilter {
  merchantUid?: string;
  status?: PaymentStatus;
  /** UNIX seconds, both ends included, compared with the time that goes with the payment's status. */
  period?: { from: number; to: number };
  /** Leaves out payments of test channels. */
  onlyLive?: boolean;
}

export interface PageRequest {
  page: number;
  limit: number;
  sorting: Sorting;
}

/** A payment and, when a window opened for it, what the shop asked for. */
export interface StoredPayment {
  payment: Payment;
  checkout: Checkout | null;
  /** Where its webhooks go (`notice_url`); none = to the address of the gateway's console. */
  noticeUrls: string[];
}

interface PaymentRow {
  body: string;
  checkout: string | null;
  notice_urls: string;
}

/** Every payment the simulator knows. Each method is one statement or one transaction; none waits, so none interleaves. */
export class PaymentStore {
  private readonly byImpUid;
  private readonly paidByMerchantUid;
  private readonly insertRow;
  private readonly updateRow;
  private readonly lastCheckout;

  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
  ) {
    this.byImpUid = database.prepare('SELECT body, checkout, notice_urls FROM payment WHERE imp_uid = ?');
    this.paidByMerchantUid = database.prepare(
      'SELECT body, checkout, notice_urls FROM payment WHERE merchant_uid = ? AND paid_at > 0 ORDER BY paid_at, seq LIMIT 1',
    );
    this.insertRow = database.prepare(
      `INSERT INTO payment (imp_uid, merchant_uid, status, started_at, paid_at, updated_at, status_at, body, checkout, notice_urls)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (imp_uid) DO NOTHING`,
    );
    this.updateRow = database.prepare(
      'UPDATE payment SET status = ?, paid_at = ?, updated_at = ?, status_at = ?, body = ? WHERE imp_uid = ?',
    );
    this.lastCheckout = database.prepare(
      'SELECT checkout FROM payment WHERE checkout IS NOT NULL ORDER BY seq DESC LIMIT 1',
    );
  }

  find(impUid: string): StoredPayment | undefined {
    const row = this.byImpUid.get(impUid) as PaymentRow | undefined;
    return row && read(row);
  }

  /** The attempt of this order that was paid first, whatever was cancelled of it since. */
  findPaid(merchantUid: string): StoredPayment | undefined {
    const row = this.paidByMerchantUid.get(merchantUid) as PaymentRow | undefined;
    return row && read(row);
  }

  /** The newest payment that a browser opened: the console links back to its shop. */
  findLastCheckout(): Checkout | undefined {
    const row = this.lastCheckout.get() as { checkout: string } | undefined;
    return row && (JSON.parse(row.checkout) as Checkout);
  }

  /** All or none. Answers the first `imp_uid` that exists already, else undefined. */
  add(stored: readonly StoredPayment[]): string | undefined {
    const insertAll = this.database.transaction(() => {
      for (const { payment, checkout, noticeUrls } of stored) {
        const { changes } = this.insertRow.run(
          payment.imp_uid,
          payment.merchant_uid,
          payment.status,
          payment.started_at,
          payment.paid_at,
          unixSeconds(this.clock),
          statusTime(payment),
          JSON.stringify(payment),
          checkout === null ? null : JSON.stringify(checkout),
          JSON.stringify(noticeUrls),
        );
        if (changes === 0) throw new DuplicateImpUid(payment.imp_uid);
      }
    });
    try {
      insertAll.immediate();
      return undefined;
    } catch (error) {
      if (error instanceof DuplicateImpUid) return error.impUid;
      throw error;
    }
  }

  save(payment: Payment): void {
    this.updateRow.run(
      payment.status,
      payment.paid_at,
      unixSeconds(this.clock),
      statusTime(payment),
      JSON.stringify(payment),
      payment.imp_uid,
    );
  }

  /**
   * Reads, decides and writes in one transaction: what `decide` saw is still so when its result is saved. When it throws
   * nothing has changed. Undefined when there is no such payment.
   */
  change(impUid: string, decide: (payment: Payment) => Payment): StoredPayment | undefined {
    const readDecideWrite = this.database.transaction((): StoredPayment | undefined => {
      const stored = this.find(impUid);
      if (stored === undefined) return undefined;
      const payment = decide(stored.payment);
      this.save(payment);
      return { ...stored, payment };
    });
    return readDecideWrite.immediate();
  }

  count(filter: PaymentFilter): number {
    const { where, values } = whereClause(filter);
    const row = this.database.prepare(`SELECT COUNT(*) AS total FROM payment ${where}`).get(...values) as {
      total: number;
    };
    return row.total;
  }

  list(filter: PaymentFilter, { page, limit, sorting }: PageRequest): Payment[] {
    const { where, values } = whereClause(filter);
    const rows = this.database
      .prepare(
        `SELECT body, checkout, notice_urls FROM payment ${where} ORDER BY ${orderBy(sorting)} LIMIT ? OFFSET ?`,
      )
      .all(...values, limit, (page - 1) * limit) as PaymentRow[];
    return rows.map((row) => read(row).payment);
  }
}

class DuplicateImpUid extends Error {
  constructor(readonly impUid: string) {
    super(`imp_uid ${impUid} exists`);
  }
}

function read(row: PaymentRow): StoredPayment {
  return {
    payment: JSON.parse(row.body) as Payment,
    checkout: row.checkout === null ? null : (JSON.parse(row.checkout) as Checkout),
    noticeUrls: JSON.parse(row.notice_urls) as string[],
  };
}

function whereClause({ merchantUid, status, period, onlyLive }: PaymentFilter): {
  where: string;
  values: (string | number)[];
} {
  const conditions: string[] = [];
  const values: (string | number)[] = [];
  if (merchantUid !== undefined) {
    conditions.push('merchant_uid = ?');
    values.push(merchantUid);
  }
  if (status !== undefined) {
    conditions.push('status = ?');
    values.push(status);
  }
  if (period !== undefined) {
    conditions.push('status_at BETWEEN ? AND ?');
    values.push(period.from, period.to);
  }
  if (onlyLive === true) conditions.push("json_extract(body, '$.sandbox') = 0");
  return { where: conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`, values };
}

/** Within the same second the order of arrival decides (assumed). */
function orderBy(sorting: Sorting): string {
  const direction = sorting.startsWith('-') ? 'DESC' : 'ASC';
  return `${sorting.replace('-', '')}_at ${direction}, seq ${direction}`;
}
