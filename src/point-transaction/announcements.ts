import { Announcement } from '../announcement/announcement.js';

/** A payment was credited. Once for each payment, after the COMMIT. */
export const credited = new Announcement<{ points: number }>('point-transaction.credited');

/** A cancellation was booked and its points went. Once for each CANCEL row, after the COMMIT. */
export const cancelBooked = new Announcement<{ points: number }>('point-transaction.cancel-booked');
