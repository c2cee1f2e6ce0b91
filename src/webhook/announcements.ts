import { Announcement } from '../announcement/announcement.js';

/** A notice about an order of ours was stored. */
export const webhookReceived = new Announcement<Record<string, never>>('webhook.received');

/** A notice was about no order of ours, and was not stored. */
export const webhookForeign = new Announcement<Record<string, never>>('webhook.foreign');

/** What notices told of was never seen at the gateway, and is not looked for again. */
export const webhooksGivenUp = new Announcement<{ count: number }>('webhook.given-up');
