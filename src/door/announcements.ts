import { Announcement } from '../announcement/announcement.js';

/** An error went into an answer. */
export const errorAnswered = new Announcement<{ code: string }>('door.error-answered');
