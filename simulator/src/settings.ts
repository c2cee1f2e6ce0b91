import { StartFault } from './database.js';
import { FaultMistake, faultWishes } from './faults/fault.js';
import {
  isPartialCancelStatus,
  PARTIAL_CANCEL_STATUSES,
  type PartialCancelStatus,
} from './gateway/gateway-habits.js';
import { DEFAULT_HOST } from './simulator.js';
import { SEED_MAX } from './random.js';
import {
  WebhookModesMistake,
  webhookModesOf,
  webhookUrlOf,
  type WebhookModes,
} from './webhooks/webhook-modes.js';

const PORT_DEFAULT = 3001;
const PORT_MAX = 65_535;
const DATA_DEFAULT = 'data/iamport-simulator.db';

export interface SimulatorSettings {
  port: number;
  host: string;
  dataFile: string;
  seed?: number;
  faults: Record<string, unknown>[];
  webhooks: WebhookModes;
  webhookUrl: string | null;
  partialCancelStatus: PartialCancelStatus;
}

/**
 * @throws StartFault in production, because whoever can reach the simulator can make payments out of nothing; and for a
 * setting that cannot be.
 */
export function readSettings(env: NodeJS.ProcessEnv): SimulatorSettings {
  if (env.NODE_ENV === 'production') {
    throw new StartFault(
      '시뮬레이터는 NODE_ENV=production에서 실행되지 않습니다. IAMPORT_API_KEY 등 실제 키를 설정하세요. / ' +
        'The simulator does not run with NODE_ENV=production. Set IAMPORT_API_KEY and the other real keys instead.',
    );
  }
  const seed = wholeNumber(env, 'IAMPORT_SIMULATOR_SEED', SEED_MAX);
  const partialCancelStatus = env.IAMPORT_SIMULATOR_PARTIAL_STATUS || 'cancelled';
  if (!isPartialCancelStatus(partialCancelStatus)) {
    throw badSetting(
      'IAMPORT_SIMULATOR_PARTIAL_STATUS',
      PARTIAL_CANCEL_STATUSES.join(' | '),
      partialCancelStatus,
    );
  }
  return {
    port: wholeNumber(env, 'IAMPORT_SIMULATOR_PORT', PORT_MAX) ?? PORT_DEFAULT,
    host: env.IAMPORT_SIMULATOR_HOST || DEFAULT_HOST,
    dataFile: env.IAMPORT_SIMULATOR_DATA || DATA_DEFAULT,
    ...(seed === undefined ? {} : { seed }),
    faults: named('IAMPORT_SIMULATOR_FAULTS', () => faultWishes(env.IAMPORT_SIMULATOR_FAULTS ?? '')),
    webhooks: named('IAMPORT_SIMULATOR_WEBHOOKS', () =>
      webhookModesOf(env.IAMPORT_SIMULATOR_WEBHOOKS ?? 'on'),
    ),
    webhookUrl: named('IAMPORT_SIMULATOR_WEBHOOK_URL', () =>
      webhookUrlOf(env.IAMPORT_SIMULATOR_WEBHOOK_URL ?? ''),
    ),
    partialCancelStatus,
  };
}

function wholeNumber(env: NodeJS.ProcessEnv, name: string, max: number): number | undefined {
  const text = env[name];
  if (text === undefined || text === '') return undefined;
  const number = Number(text);
  if (!Number.isInteger(number) || number < 0 || number > max) {
    throw new StartFault(
      `${name}는 0에서 ${max} 사이의 정수여야 합니다. / ${name} must be a whole number from 0 to ${max}. (${text})`,
    );
  }
  return number;
}

/** Says which setting a mistake is in. */
function named<Value>(name: string, read: () => Value): Value {
  try {
    return read();
  } catch (error) {
    if (error instanceof FaultMistake || error instanceof WebhookModesMistake) {
      throw new StartFault(`${name} 설정을 고치세요. / Correct the setting ${name}: ${error.message}`);
    }
    throw error;
  }
}

function badSetting(name: string, allowed: string, value: string): StartFault {
  return new StartFault(`${name} 값은 다음 중 하나입니다 / ${name} must be one of: ${allowed}. (${value})`);
}
