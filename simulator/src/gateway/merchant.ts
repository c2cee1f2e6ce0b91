import { PGS } from '../payment/pg-rules.js';

/**
 * How the browser learns the result (documented): old PG modules hand a rich object with `success` and `paid_amount`
 * to the callback; new ones only `imp_uid`, `merchant_uid` and, on failure, `error_code` and `error_msg`.
 */
export type ResultStyle = 'old' | 'new';

/** One PG contract of the shop, as its console and GET /users/pg show it. `sandbox` = test channel. */
export interface Channel {
  key: string;
  name: string;
  pgProvider: string;
  pgId: string;
  sandbox: boolean;
  style: ResultStyle;
  /** What /users/pg says of it (schema). */
  type: 'payment' | 'certification';
}

/** The one shop that the simulator knows. None of this is secret: no real money is behind it. */
export const MERCHANT = {
  userCode: 'imp00000000',
  restKey: 'simulator-key',
  restSecret: 'simulator-secret',
} as const;

const INICIS_TEST: Channel = {
  key: 'channel-key-sim-html5_inicis',
  name: '시뮬레이터 이니시스 (테스트)',
  pgProvider: 'html5_inicis',
  pgId: 'INIpayTest',
  sandbox: true,
  style: 'old',
  type: 'payment',
};

const LIVE: Channel = {
  key: 'channel-key-sim-live',
  name: '시뮬레이터 이니시스 (실연동 흉내)',
  pgProvider: 'html5_inicis',
  pgId: 'SIMLIVE000',
  sandbox: false,
  style: 'old',
  type: 'payment',
};

/** Merchant ids that PGs give everybody for tests (documented); the others are made up. */
const TEST_PG_IDS: Readonly<Record<string, string>> = {
  tosspayments: 'tvivarepublica',
  kakaopay: 'TC0ONETIME',
};

const OTHERS = Object.entries(PGS)
  .filter(([pg]) => pg !== INICIS_TEST.pgProvider)
  .map(([pg, { name, style, identity }]): Channel => ({
    key: `channel-key-sim-${pg}`,
    name: `시뮬레이터 ${name} (테스트)`,
    pgProvider: pg,
    pgId: TEST_PG_IDS[pg] ?? `SIM${pg.replaceAll('_', '').toUpperCase()}`,
    sandbox: true,
    style,
    type: identity ? 'certification' : 'payment',
  }));

/** A test channel for each PG, and one live channel. */
export const CHANNELS: readonly Channel[] = [INICIS_TEST, ...OTHERS, LIVE];

export function channelByKey(key: string): Channel | undefined {
  return CHANNELS.find((channel) => channel.key === key);
}

/**
 * The channel that `request_pay` means: by `channelKey`, else by the deprecated `pg` (`code` or `code.MID`, documented),
 * else the first one. That the MID is not compared is assumed: old samples carry the MIDs of many shops.
 */
export function channelOfRequest(
  channelKey: string | undefined,
  pg: string | undefined,
): Channel | undefined {
  if (channelKey !== undefined) return channelByKey(channelKey);
  if (pg === undefined) return INICIS_TEST;
  const [provider] = pg.split('.');
  return CHANNELS.find((channel) => channel.pgProvider === provider);
}

/** The channel for payments that tools create directly. */
export function channelForSandbox(sandbox: boolean): Channel {
  return sandbox ? INICIS_TEST : LIVE;
}
