import type { Logger } from 'pino';
import type { Settings } from './config/settings.js';
import { Gateways } from './gateway/gateways.js';
import { IamportClient } from './iamport/iamport-client.js';

/** The gateways of an installation. Whoever adds one names it here. */
export function gatewaysOf(settings: Omit<Settings, 'database'>, logger: Logger): Gateways {
  return new Gateways(new IamportClient(settings, logger));
}
