// Whether resident memory stays where it is: one of our servers, and many requests.
import { CASES } from './cases.mjs';
import { createDatabases } from './databases.mjs';
import { measureRequests, workOfCase } from './measuring.mjs';
import { cpuMs, fileMib, peakMib, residentMib } from './process-cost.mjs';
import { withProgress } from './progress.mjs';
import { checkBooks, insertUsers } from './rows.mjs';
import { accessTokens, inWorkplace, openRowsIn, startOurs } from './workplace.mjs';

const PARTS = 10;
/** Few enough for a run to end before recovery looks at what it left. */
const REQUESTS_PER_RUN = 2000;

/**
 * @param options `{ cases, databases, requests, nodeArguments }`
 * @returns for each database the memory after the start and after each tenth of the requests.
 */
export function runMemory(options, show, onCleanUp) {
  return inWorkplace(onCleanUp, async (place) => {
    const gateway = await place.start('gateway.mjs');
    const tools = { load: await place.start('load.mjs'), tokens: accessTokens(place) };
    const measured = [];
    const versions = {};
    for (const kind of options.databases) {
      await place.alone(async () => {
        const databases = await createDatabases(kind, ['ours'], place);
        versions[kind] = databases.version;
        const rows = await openRowsIn(place, databases.urls.ours);
        const works = [];
        for (const caseName of options.cases) {
          const { users = 0, history } = CASES[caseName];
          works.push(workOfCase(caseName, rows, await insertUsers(rows, users, history)));
        }
        const target = {
          name: 'ours',
          rows,
          ...(await startOurs(place, databases.urls.ours, gateway, options)),
        };
        await withProgress(show, 'memory', kind, options.requests, async () => {
          measured.push({ database: kind, parts: await measureParts(tools, target, works, options, show) });
          await checkBooks(rows);
        });
      });
    }
    return { measured, versions };
  });
}

async function measureParts(tools, target, works, { requests }, show) {
  const parts = [{ requests: 0, ...memoryOf(target.pid) }];
  let done = 0;
  for (let part = 1; part <= PARTS; part += 1) {
    const end = Math.round((requests * part) / PARTS);
    const inPart = end - done;
    let cpu = 0;
    let seconds = 0;
    for (let round = 0; done < end; round += 1) {
      // Each case in turn, so that none of them has the last word on the memory of a tenth.
      const count = Math.min(Math.ceil(inPart / works.length), REQUESTS_PER_RUN, end - done);
      const cpuBefore = cpuMs(target.pid);
      const run = await measureRequests(tools, target, works[round % works.length], count);
      cpu += cpuMs(target.pid) - cpuBefore;
      seconds += run.seconds;
      done += run.requests;
      show.step(run.requests);
    }
    parts.push({
      requests: done,
      ...memoryOf(target.pid),
      perSecond: inPart / seconds,
      cpuMsPerRequest: Number.isNaN(cpu) ? undefined : cpu / inPart,
    });
  }
  return parts;
}

function memoryOf(pid) {
  return { residentMib: residentMib(pid), fileMib: fileMib(pid), peakMib: peakMib(pid) };
}
