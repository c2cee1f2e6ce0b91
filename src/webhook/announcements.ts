import { Announcement } from '../announcement/announcement.js';

/** A notice was stored. */
export const webhookReceived = new Announcement<Record<string, never>>('webhook.received');

/** Notices were about no payment of ours, and are not looked at again. */
export const webhooksGivenUp = new Announcement<{ count: number }>('webhook.given-up');
