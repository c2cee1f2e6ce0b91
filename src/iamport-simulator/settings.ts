import { StartFault } from './database.js';

const PORT_DEFAULT = 3001;
const DATA_DEFAULT = 'data/iamport-simulator.db';

export interface SimulatorSettings {
  port: number;
  dataFile: string;
}

/**
 * @throws StartFault in production: whoever can reach the simulator can make payments out of nothing.
 */
export function readSettings(env: NodeJS.ProcessEnv): SimulatorSettings {
  if (env.NODE_ENV === 'production') {
    throw new StartFault(
      '시뮬레이터는 NODE_ENV=production에서 실행되지 않습니다. IAMPORT_API_KEY 등 실제 키를 설정하세요. / ' +
        'The simulator does not run with NODE_ENV=production. Set IAMPORT_API_KEY and the other real keys instead.',
    );
  }
  const portText = env.IAMPORT_SIMULATOR_PORT || String(PORT_DEFAULT);
  const port = Number(portText);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new StartFault(
      `IAMPORT_SIMULATOR_PORT는 0에서 65535 사이의 정수여야 합니다. / ` +
        `IAMPORT_SIMULATOR_PORT must be a whole number from 0 to 65535. (${portText})`,
    );
  }
  return { port, dataFile: env.IAMPORT_SIMULATOR_DATA || DATA_DEFAULT };
}
