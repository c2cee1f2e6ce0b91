import { Announcement } from '../announcement/announcement.js';

export interface Booked {
  /** How many came or went; never below zero. */
  points: number;
  ownerId: string;
  merchantUid: string;
  impUid: string;
}

/** A payment was credited. Once for each payment, after the COMMIT. */
export const credited = new Announcement<Booked>('point-transaction.credited');

/** A cancellation was booked and its points went. Once for each CANCEL row, after the COMMIT. */
export const cancelBooked = new Announcement<Booked>('point-transaction.cancel-booked');
