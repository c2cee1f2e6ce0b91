import { Announcement } from '../announcement/announcement.js';

/** The gateway did not answer a cancel: whether it was carried out can be read at once. */
export const cancelUnanswered = new Announcement<Record<string, never>>('cancellation.unanswered');
