import { afterEach, expect, test } from '@jest/globals';
import { answerJson, type Fault, type FaultyGateway, startFaultyGateway } from '../support/faulty-gateway.js';
import { eventually } from '../support/rooms.js';
import {
  makeOrder,
  startServerWithoutGateway,
  startTopUpService,
  type TopUpService,
} from '../support/top-up-service.js';

/** What the log says once of wrong keys, in both languages. */
const WARNING =
  /iamport 가 IAMPORT_API_KEY 와 IAMPORT_API_SECRET 을 받지 않습니다\. .* \/ iamport refuses IAMPORT_API_KEY and IAMPORT_API_SECRET: check both and start again;/g;

let end: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const stop of end.toReversed()) await stop();
  end = [];
});

/** A server whose gateway does this from the first call on. */
async function startWith(
  fault: Fault,
  env: Record<string, string> = {},
): Promise<{ service: TopUpService; gateway: FaultyGateway }> {
  let gateway: FaultyGateway | undefined;
  const service = await startTopUpService({
    env,
    gatewayUrl: async (simulatorUrl) => {
      gateway = await startFaultyGateway(simulatorUrl);
      gateway.misbehave(fault);
      end.push(gateway.stop);
      return gateway.url;
    },
  });
  end.push(service.stop);
  return { service, gateway: gateway! };
}

function onToken(answer: (response: Parameters<Fault>[1]) => void): Fault {
  return (request, response) => {
    if (request.url !== '/users/getToken') return false;
    answer(response);
    return true;
  };
}

const refuseKeys = (response: Parameters<Fault>[1]) =>
  answerJson(response, 401, { code: -1, message: '인증에 실패하였습니다.', response: null });

async function ready(url: string) {
  const response = await fetch(`${url}/health/ready`);
  return (await response.json()) as { status: string; details: object };
}

const REFUSED = {
  status: 'degraded',
  info: {
    database: { status: 'up' },
    gateway: { status: 'degraded', message: 'the gateway refuses IAMPORT_API_KEY and IAMPORT_API_SECRET' },
  },
};

test('keys that the gateway refuses are in the log and in /health/ready before anybody buys, and points can be read', async () => {
  let tokenCalls = 0;
  const { service } = await startWith(
    onToken((response) => {
      tokenCalls += 1;
      refuseKeys(response);
    }),
  );

  await eventually(async () => expect(service.server.output().match(WARNING)).toHaveLength(1));

  const response = await fetch(`${service.url}/health/ready`);
  expect(response.status).toBe(200);
  expect(await response.json()).toMatchObject(REFUSED);
  const { client } = await service.user();
  expect(await client.succeed('{ me { point } }')).toEqual({ me: { point: 0 } });
  for (let probe = 0; probe < 10; probe++) await ready(service.url);
  // One call in all: no probe asks the gateway.
  expect(tokenCalls).toBe(1);
  expect(service.server.output().match(WARNING)).toHaveLength(1);
});

test('keys that the gateway takes are told too, and what it last said counts', async () => {
  const { service, gateway } = await startWith(() => false);
  const gatewayOf = async () => (await ready(service.url)).details;
  const up = { database: { status: 'up' }, gateway: { status: 'up' } };
  await eventually(async () => expect(await gatewayOf()).toEqual(up));

  const { client } = await service.user();
  await service.simulator.loseTokens();
  gateway.misbehave(onToken(refuseKeys));
  const { errors } = await client.call('mutation { createPaymentOrder(amount: 10000) { merchantUid } }');
  expect(errors?.[0]?.extensions).toEqual({ code: 'GATEWAY_UNAVAILABLE', retryable: true });
  expect(await gatewayOf()).toEqual({ ...up, gateway: REFUSED.info.gateway });

  // Away, which says nothing about keys.
  gateway.misbehave(onToken((response) => response.destroy()));
  await client.call('mutation { createPaymentOrder(amount: 10000) { merchantUid } }');
  expect(await gatewayOf()).toEqual({ ...up, gateway: REFUSED.info.gateway });

  gateway.behave();
  await makeOrder(client);
  expect(await gatewayOf()).toEqual(up);
  expect(service.server.output()).not.toMatch(WARNING);
});

test('a gateway that does not answer keeps no start waiting', async () => {
  const waiting: Parameters<Fault>[1][] = [];
  const { service } = await startWith(
    onToken((response) => waiting.push(response)),
    { IAMPORT_TIMEOUT_MS: '30000' },
  );

  await eventually(async () => expect(waiting).toHaveLength(1));
  expect(await ready(service.url)).toMatchObject({ status: 'ok', details: { database: { status: 'up' } } });
  expect(waiting[0]?.writableEnded || waiting[0]?.destroyed).toBe(false);
  waiting[0]?.destroy();
});

test('a gateway that is away at the start does not mean wrong keys', async () => {
  const service = await startServerWithoutGateway();
  end.push(service.stop);

  await service.server.lineWith('the gateway is unavailable');

  expect((await ready(service.url)).details).toEqual({ database: { status: 'up' } });
  expect(service.server.output()).not.toMatch(WARNING);
});
