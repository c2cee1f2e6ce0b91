import { Announcement } from '../announcement/announcement.js';

export interface PointsMoved {
  /** How many; never below zero. */
  points: number;
  ownerId: string;
  /** The row in the ledger. */
  transactionId: string;
}

/** Points were spent. Once for each row, after the COMMIT. */
export const spent = new Announcement<PointsMoved>('spending.spent');

/** Points of a spend came back. Once for each row, after the COMMIT. */
export const spendCancelled = new Announcement<PointsMoved>('spending.spend-cancelled');

/** Points were granted. Once for each row, after the COMMIT. */
export const granted = new Announcement<PointsMoved>('spending.granted');
