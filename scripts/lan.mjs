import { networkInterfaces } from 'node:os';
import { PrepareError } from './prepare.mjs';

const DEFAULT_PORT = '3000';
const SIMULATOR_DEFAULT_PORT = '3001';

/** IPv4 addresses of this machine in its networks; a phone's camera opens them without more ado. */
function lanAddresses() {
  return Object.values(networkInterfaces())
    .flat()
    .filter(({ family, internal }) => family === 'IPv4' && !internal)
    .map(({ address }) => address);
}

/**
 * Settings under which a phone of the same network reaches the server and the simulator. What the environment says wins.
 * @throws PrepareError in production, and without a network.
 */
export function lanSettings(env) {
  if (env.NODE_ENV === 'production') {
    throw new PrepareError(
      '--lan 은 운영(NODE_ENV=production)에서 쓸 수 없습니다. / --lan is not for NODE_ENV=production.',
    );
  }
  const [address, ...others] = lanAddresses();
  if (!address) {
    throw new PrepareError(
      '이 컴퓨터는 네트워크에 연결되어 있지 않습니다. Wi-Fi 등에 연결한 뒤 다시 실행하세요. / ' +
        'This machine is in no network: connect it, then run the same command again.',
    );
  }
  const port = env.PORT || DEFAULT_PORT;
  const simulatorPort = env.IAMPORT_SIMULATOR_PORT || SIMULATOR_DEFAULT_PORT;
  return {
    others,
    settings: {
      PUBLIC_URL: env.PUBLIC_URL || `http://${address}:${port}`,
      IAMPORT_SIMULATOR_HOST: env.IAMPORT_SIMULATOR_HOST || '0.0.0.0',
    },
    simulatorUrl: `http://${address}:${simulatorPort}`,
  };
}
