import { once } from 'node:events';
import { createServer } from 'node:net';

// Below those that Linux (32768 and up) and macOS (49152 and up) give to whoever connects or listens without a wish: a
// program that is killed and started again finds its port as it left it. Above 10080, which browsers refuse.
const FIRST_PORT = 11_000;
const PORTS = 21_000;
const TRIES_MAX = 50;

/** Known before a program starts, because its own address is made of it. */
export async function freePort() {
  for (let tries = 1; tries <= TRIES_MAX; tries += 1) {
    const port = FIRST_PORT + Math.floor(Math.random() * PORTS);
    if (await isFree(port)) return String(port);
  }
  throw new Error(`${TRIES_MAX} ports in a row are taken`);
}

async function isFree(port) {
  const probe = createServer().listen(port);
  try {
    await once(probe, 'listening');
  } catch (error) {
    if (error.code === 'EADDRINUSE') return false;
    throw error;
  }
  probe.close();
  await once(probe, 'close');
  return true;
}
