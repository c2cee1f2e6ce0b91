const PORT_DEFAULT = '3001';

/** Whether the simulator takes the gateway's place: no key of one's own, and not in production. */
export function needsSimulator() {
  return !process.env.IAMPORT_API_KEY && process.env.NODE_ENV !== 'production';
}

/** Where `npm start` has brought it up. */
export function simulatorUrl() {
  return `http://127.0.0.1:${process.env.IAMPORT_SIMULATOR_PORT || PORT_DEFAULT}`;
}

/**
 * The simulator is one more gateway to the server: it is told by the same settings as the real one. They win over the
 * environment, because half a gateway there (an address without a key) must not be mixed with the simulator.
 */
export function simulatorSettings(url) {
  return {
    IAMPORT_API_KEY: 'simulator-key',
    IAMPORT_API_SECRET: 'simulator-secret',
    IAMPORT_BASE_URL: url,
    IAMPORT_SDK_URL: `${url}/v1/iamport.js`,
    IAMPORT_USER_CODE: 'imp00000000',
    IAMPORT_CHANNEL_KEY: 'channel-key-simulator-html5_inicis',
    IAMPORT_TEST_MODE: 'true',
  };
}
