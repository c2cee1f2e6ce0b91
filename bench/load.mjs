// A program of its own: sends requests as fast as the answers come, or at a fixed rate, and looks at every answer.
import { Agent, request as httpRequest } from 'node:http';
import { createHistogram } from 'node:perf_hooks';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import autocannon from 'autocannon';
import { CASES } from './cases.mjs';

const SAMPLE_INTERVAL_MS = 100;
const WRONG_ANSWERS_KEPT = 3;
const WRONG_ANSWER_CHARS = 500;
const MICROSECONDS_PER_MS = 1000;
const OK = 200;

process.on('disconnect', () => process.exit(0));
process.on('message', (job) => {
  (job.ratePerSecond ? runAtRate(job) : run(job)).then(
    (result) => process.send({ type: 'result', result }),
    (error) => process.send({ type: 'failed', message: error.stack }),
  );
});
process.send({ type: 'ready' });

/**
 * @param job `items` are what the requests are about, one after the other: `{ token, impUid? }`. Those of a case with
 * payments are used once, so the run ends early when all are used; others are used again and again. It lasts `seconds`,
 * or as long as so many `requests` take. `expected` is what every answer of this run holds.
 */
async function run({ caseName, url, items, connections, seconds, requests, expected = '' }) {
  const { query, variables, isRight, payments } = CASES[caseName];
  const latenciesUs = createHistogram();
  const firstLatenciesUs = createHistogram();
  const connected = new Set();
  const wrong = [];
  let next = 0;
  let responses = 0;
  let startedAt;
  let endedAt;

  const setupRequest = (request) => {
    startedAt ??= performance.now();
    const item = items[next++ % items.length];
    request.headers = { 'Content-Type': 'application/json', Authorization: `Bearer ${item.token}` };
    request.body = JSON.stringify({ query, variables: variables(item) });
    return request;
  };
  const result = await new Promise((resolve, reject) => {
    const running = autocannon(
      {
        url,
        connections,
        ...(requests ? { amount: requests } : { duration: seconds }),
        sampleInt: SAMPLE_INTERVAL_MS,
        requests: [{ method: 'POST', path: '/graphql', setupRequest }],
        verifyBody: (body) => isRight(body) && body.includes(expected),
        ...(payments && !requests && { maxConnectionRequests: Math.floor(items.length / connections) }),
      },
      (error, outcome) => (error ? reject(error) : resolve(outcome)),
    );
    running.on('response', (client, status, bytes, durationMs) => {
      responses += 1;
      endedAt = performance.now();
      // All connections are opened at once, and a server takes them in one after the other: that is not its latency.
      const histogram = connected.has(client) ? latenciesUs : firstLatenciesUs;
      connected.add(client);
      histogram.record(Math.max(1, Math.round(durationMs * MICROSECONDS_PER_MS)));
    });
    running.on('reqError', (error) => keep(error.message));
    running.on('reqMismatch', keep);
  });
  // A run can be too short for a second answer.
  const told = latenciesUs.count > 0 ? latenciesUs : firstLatenciesUs;
  return {
    responses,
    seconds: (endedAt - startedAt) / 1000,
    p50Ms: told.percentile(50) / MICROSECONDS_PER_MS,
    p99Ms: told.percentile(99) / MICROSECONDS_PER_MS,
    faults: result.errors + result.timeouts + result.non2xx + result.mismatches,
    statuses: result.statusCodeStats,
    wrong,
  };

  function keep(what) {
    if (wrong.length < WRONG_ANSWERS_KEPT) wrong.push(String(what).slice(0, WRONG_ANSWER_CHARS));
  }
}

/**
 * Sends each request when it is due, whether or not those before were answered, and counts its latency from that moment:
 * who comes while a server is slow waits for it, and a load that waited with it would not notice.
 *
 * @param job as above. A request for which no connection is free waits for one.
 */
async function runAtRate({ caseName, url, items, connections, requests, ratePerSecond }) {
  const { query, variables, isRight } = CASES[caseName];
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const latenciesUs = createHistogram();
  const statuses = {};
  const wrong = [];
  const running = [];
  let faults = 0;
  const startedAt = performance.now();
  while (running.length < requests) {
    const due = Math.min(requests, Math.floor(((performance.now() - startedAt) * ratePerSecond) / 1000) + 1);
    while (running.length < due) running.push(ask(running.length));
    await sleep(1);
  }
  await Promise.all(running);
  agent.destroy();
  return {
    responses: latenciesUs.count,
    seconds: (performance.now() - startedAt) / 1000,
    p50Ms: latenciesUs.percentile(50) / MICROSECONDS_PER_MS,
    p99Ms: latenciesUs.percentile(99) / MICROSECONDS_PER_MS,
    faults,
    statuses,
    wrong,
  };

  async function ask(index) {
    const dueAt = startedAt + (index * 1000) / ratePerSecond;
    try {
      const { status, body } = await post(items[index]);
      latenciesUs.record(Math.max(1, Math.round((performance.now() - dueAt) * MICROSECONDS_PER_MS)));
      statuses[status] = { count: (statuses[status]?.count ?? 0) + 1 };
      if (status !== OK || !isRight(body)) keep(body);
    } catch (error) {
      keep(error.message);
    }
  }

  function post(item) {
    return new Promise((resolve, reject) => {
      const headers = { 'Content-Type': 'application/json', Authorization: `Bearer ${item.token}` };
      httpRequest(`${url}/graphql`, { method: 'POST', agent, headers }, (answer) => {
        text(answer).then((body) => resolve({ status: answer.statusCode, body }), reject);
      })
        .on('error', reject)
        .end(JSON.stringify({ query, variables: variables(item) }));
    });
  }

  function keep(what) {
    faults += 1;
    if (wrong.length < WRONG_ANSWERS_KEPT) wrong.push(String(what).slice(0, WRONG_ANSWER_CHARS));
  }
}
