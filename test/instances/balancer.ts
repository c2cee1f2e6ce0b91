import { fileURLToPath } from 'node:url';
import { findFleetPrograms } from '../support/requirements.mjs';
import { freePort } from '../support/free-port.mjs';
import { startTiedProgram } from './tied-program.js';

const CONFIGURATION = fileURLToPath(new URL('../../deploy/haproxy.cfg', import.meta.url));
/** Ten times as often as the default, so that a test does not wait for seconds. */
export const CHECK_INTERVAL_MS = 100;

/** HAProxy as docker-compose.yaml runs it, in front of three servers. */
export async function startBalancer(serverUrls: string[]) {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const servers = serverUrls.map((serverUrl, index) => [`SERVER_${index + 1}`, new URL(serverUrl).host]);
  const haproxy = await startTiedProgram(findFleetPrograms()?.haproxy ?? '', ['-db', '-f', CONFIGURATION], {
    env: {
      ...Object.fromEntries(servers),
      BALANCER_ADDRESS: `127.0.0.1:${port}`,
      BALANCER_CHECK_INTERVAL: `${CHECK_INTERVAL_MS}ms`,
    },
    isReady: () => isUp(url),
  });
  return { url, stop: haproxy.kill };
}

async function isUp(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/health/ready`)).ok;
  } catch {
    // It does not listen yet.
    return false;
  }
}
