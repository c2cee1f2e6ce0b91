import { Announcement } from '../announcement/announcement.js';

export interface Posted {
  /** How many came or went; never below zero. */
  points: number;
  ownerId: string;
  merchantUid: string;
  impUid: string;
  /** Who asked for it in place of the owner, where somebody did. */
  actor?: string;
}

/** A payment was credited. Once for each payment, after the COMMIT. */
export const credited = new Announcement<Posted>('point-transaction.credited');

/** A cancellation was posted and its points went. Once for each CANCEL row, after the COMMIT. */
export const cancelPosted = new Announcement<Posted>('point-transaction.cancel-posted');
