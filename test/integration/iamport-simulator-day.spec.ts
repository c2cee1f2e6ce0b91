import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { DifferenceKind } from '../../src/comparison/compare.js';
import { gatewayView } from '../support/gateway-view.js';
import { startSimulator, type RunningProgram } from '../support/server.js';
import { simulatorControl, type SimulatorControl } from '../support/simulator-control.js';

const DAY = '2026-11-25';
const MIDNIGHT = Date.parse(`${DAY}T00:00:00+09:00`) / 1000;

let program: RunningProgram;
let simulator: SimulatorControl;

beforeAll(async () => {
  program = await startSimulator({ env: { IAMPORT_SIMULATOR_WEBHOOKS: 'on' } });
  simulator = simulatorControl(program.url);
});
afterAll(() => program.stop());

it('makes a day of payments with the wished differences, the same ones for the same seed', async () => {
  const other = await startSimulator();
  try {
    const wish = {
      day: DAY,
      payments: 60,
      seed: 5,
      differences: { CANCEL_PG_ONLY: 3, LOCAL_ONLY: 2, DUPLICATE_ORDER: 1 },
    };
    const made = await simulator.makeDay(wish);

    expect(await simulatorControl(other.url).makeDay(wish)).toEqual(made);
    const kinds = made.map(({ kind }) => kind).toSorted();
    expect(kinds.filter((kind) => kind !== 'MATCHED')).toEqual([
      'CANCEL_PG_ONLY',
      'CANCEL_PG_ONLY',
      'CANCEL_PG_ONLY',
      'DUPLICATE_ORDER',
      'LOCAL_ONLY',
      'LOCAL_ONLY',
    ]);
    expect(made).toHaveLength(60);
    for (const { paid_at: paidAt } of made.filter(({ amount }) => amount !== null)) {
      expect(paidAt).toBeGreaterThanOrEqual(MIDNIGHT);
      expect(paidAt).toBeLessThan(MIDNIGHT + 86_400);
    }
    const view = gatewayView(program.url);
    const outside = made.find(({ kind }) => kind === DifferenceKind.CANCEL_PG_ONLY);
    expect(await view.read(String(outside?.imp_uid))).toMatchObject({
      status: 'cancelled',
      merchant_uid: outside?.merchant_uid,
    });
    const unknown = made.find(({ kind }) => kind === DifferenceKind.LOCAL_ONLY);
    await expect(view.read(String(unknown?.imp_uid))).rejects.toThrow('존재하지 않는');
  } finally {
    await other.stop();
  }
});

it.each([
  [{ day: 'yesterday', payments: 1 }],
  [{ day: DAY, payments: -1 }],
  [{ day: DAY, payments: 1, differences: { NONSENSE: 1 } }],
  [{ day: DAY, payments: 1, differences: { LOCAL_ONLY: 2 } }],
  [{ day: DAY, payments: 1, differences: { DUPLICATE_ORDER: 1 } }],
])('refuses a day that cannot be: %j', async (wish) => {
  await expect(simulator.makeDay(wish)).rejects.toThrow('HTTP 400');
});

it('tells of a cancel in the console, and not of one that is made without a webhook', async () => {
  const told = async () => {
    const response = await fetch(`${program.url}/_simulator/webhooks`);
    return JSON.stringify(await response.json());
  };
  const wish = { amount: 1_000, notice_url: 'http://127.0.0.1:9/' };
  const [silent, loud] = [
    await simulator.pay({ merchant_uid: 'silent', ...wish }),
    await simulator.pay({ merchant_uid: 'loud', ...wish }),
  ];

  await simulator.cancel(silent.imp_uid, { webhook: false });
  await simulator.cancel(loud.imp_uid);

  const cancels = (await told()).match(/"imp_uid":"\w+","merchant_uid":"\w+","status":"cancelled"/g) ?? [];
  expect(cancels).toEqual([expect.stringContaining('loud')]);
});
