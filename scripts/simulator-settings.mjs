const PORT_DEFAULT = '3001';

/** Whether the simulator takes the gateway's place: no key of one's own, and not in production. */
export function needsSimulator() {
  return !process.env.IAMPORT_API_KEY && process.env.NODE_ENV !== 'production';
}

/** Where `npm start` has brought it up. */
export function simulatorUrl() {
  return `http://127.0.0.1:${process.env.IAMPORT_SIMULATOR_PORT || PORT_DEFAULT}`;
}

/** Of these the simulator's own always win: half a gateway (an address without a key) must not be mixed with it. */
const OVERRULED = ['IAMPORT_BASE_URL', 'IAMPORT_USER_CODE', 'IAMPORT_CHANNEL_KEY', 'IAMPORT_TEST_MODE'];

/** Names of the settings that somebody made and that the simulator's take the place of. */
export function overruledBySimulator(url) {
  const settings = simulatorSettings(url);
  return OVERRULED.filter((name) => process.env[name] && process.env[name] !== settings[name]);
}

/** Each way to pay, by a PG of the simulator's that has it. */
const METHODS = [
  'card=channel-key-sim-html5_inicis@html5_inicis',
  'kakaopay=channel-key-sim-kakaopay@kakaopay',
  'naverpay=channel-key-sim-naverpay@naverpay',
  'tosspay=channel-key-sim-tosspay_v2@tosspay_v2',
  'trans=channel-key-sim-html5_inicis@html5_inicis',
  'phone=channel-key-sim-html5_inicis@html5_inicis',
];
const VIRTUAL_ACCOUNT = 'vbank=channel-key-sim-html5_inicis@html5_inicis';

/**
 * The simulator is one more gateway to the server: it is told by the same settings as the real one.
 * @param url where the server reaches it.
 * @param browserUrl where browsers reach it. IAMPORT_SDK_URL says it, too, for those who bring it there by a tunnel or proxy.
 */
export function simulatorSettings(url, browserUrl = url) {
  return {
    IAMPORT_API_KEY: 'simulator-key',
    IAMPORT_API_SECRET: 'simulator-secret',
    IAMPORT_BASE_URL: url,
    IAMPORT_SDK_URL: process.env.IAMPORT_SDK_URL || `${browserUrl}/v1/iamport.js`,
    IAMPORT_USER_CODE: 'imp00000000',
    IAMPORT_CHANNEL_KEY: 'channel-key-sim-html5_inicis',
    IAMPORT_TEST_MODE: 'true',
    PAYMENT_METHODS: process.env.PAYMENT_METHODS || methods().join(','),
  };
}

function methods() {
  return process.env.VBANK_DUE_DAYS === '0' ? METHODS : [...METHODS, VIRTUAL_ACCOUNT];
}
