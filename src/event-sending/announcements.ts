import { Announcement } from '../announcement/announcement.js';

export interface SentEvent {
  type: string;
}

/** An event was taken by its receiver. */
export const eventDelivered = new Announcement<SentEvent>('event-sending.delivered');

/** An event was sent and not taken. It is sent again, or it was given up. */
export const eventNotTaken = new Announcement<SentEvent>('event-sending.not-taken');

/** An event is not sent any more. */
export const eventGivenUp = new Announcement<SentEvent>('event-sending.given-up');
