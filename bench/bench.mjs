// Runs the cases in pairs: our server, then the floor, again and again under the same load.
import { CASES } from './cases.mjs';
import { createDatabases } from './databases.mjs';
import { measurePairs, workOfCase } from './measuring.mjs';
import { withProgress } from './progress.mjs';
import { checkBooks, insertServiceKey, insertUsers } from './rows.mjs';
import { accessTokens, inWorkplace, newServiceKey, openRowsIn, startFloor, startOurs } from './workplace.mjs';

/**
 * @param options `{ cases, databases, pairs, seconds, warmUpSeconds, warmUpRequests, nodeArguments }`
 * @param show is told of how far it is; see progress.mjs.
 * @param onCleanUp gets what takes everything away again, as soon as there is something to take away.
 * @returns one entry for each case and database, with every single run in it.
 */
export function runBench(options, show, onCleanUp) {
  return inWorkplace(onCleanUp, async (place) => {
    const gateway = await place.start('gateway.mjs');
    const serviceKey = newServiceKey();
    const tools = { load: await place.start('load.mjs'), tokens: accessTokens(place), serviceKey };
    const measured = [];
    const versions = {};
    for (const kind of options.databases) {
      await place.alone(async () => {
        const databases = await createDatabases(kind, ['ours', 'floor'], place);
        versions[kind] = databases.version;
        const { ours, floor } = databases.urls;
        const targets = [
          { name: 'ours', ...(await startOurs(place, ours, gateway, options)) },
          { name: 'floor', ...(await startFloor(place, floor, gateway)) },
        ];
        for (const target of targets) {
          target.rows = await openRowsIn(place, databases.urls[target.name]);
          target.databasePid = databases.pid;
          await insertServiceKey(target.rows, serviceKey);
        }
        for (const caseName of options.cases) {
          measured.push(await measureCase(caseName, kind, tools, targets, options, show));
        }
      });
    }
    return { measured, versions };
  });
}

function measureCase(caseName, kind, tools, targets, options, show) {
  return withProgress(show, caseName, kind, 2 * (options.pairs + 1), async () => {
    const { users = 0, history, shareOfFloorsRate } = CASES[caseName];
    const sides = [];
    for (const target of targets) {
      const userIds = await insertUsers(target.rows, users, history);
      sides.push({ target, work: workOfCase(caseName, target.rows, userIds) });
    }
    const { pairs, memoryMib } = await measurePairs(
      tools,
      sides,
      { ...options, shareOfFloorsRate },
      show.step,
    );
    for (const { rows } of targets) await checkBooks(rows);
    return {
      case: caseName,
      database: kind,
      memoryMib: { ours: memoryMib[0] },
      pairs: pairs.map(([ours, floor]) => ({
        ours,
        floor,
        // At one rate for both what differs is the wait.
        ratio: shareOfFloorsRate ? ours.p99Ms / floor.p99Ms : ours.perSecond / floor.perSecond,
      })),
    };
  });
}
