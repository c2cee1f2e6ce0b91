// Whether a long history slows anything down: two of our servers in pairs, one on few rows and one on many.
import { createDatabases } from './databases.mjs';
import { PAGE_SIZE } from './cases.mjs';
import { chunksOf, fillHistory, heavyRowsOf } from './fill.mjs';
import { measurePairs, workOfCase, workOfPage } from './measuring.mjs';
import { withProgress } from './progress.mjs';
import { checkBooks, insertCredited, insertServiceKey, insertUsers } from './rows.mjs';
import { accessTokens, inWorkplace, newServiceKey, openRowsIn, startOurs } from './workplace.mjs';

/** One with a long history, and those over whom the other rows are spread. */
const USERS = 1 + 1000;
/** A page and one more, so that there is a next one. */
const SHORT_HISTORY = PAGE_SIZE + 1;
const DEEP_PAGE = 1000;

/**
 * @param options as those of the bench, and `rows`, how many the filled database has.
 * @returns one entry for each case and database; its `ratio` is of p50, filled by few.
 */
export function runHistory(options, show, onCleanUp) {
  return inWorkplace(onCleanUp, async (place) => {
    const gateway = await place.start('gateway.mjs');
    const serviceKey = newServiceKey();
    const tools = { load: await place.start('load.mjs'), tokens: accessTokens(place), serviceKey };
    const measured = [];
    const versions = {};
    for (const kind of options.databases) {
      await place.alone(async () => {
        const databases = await createDatabases(kind, ['few', 'filled'], place);
        versions[kind] = databases.version;
        const targets = [];
        for (const name of ['few', 'filled']) {
          const rows = await openRowsIn(place, databases.urls[name]);
          const userIds = await insertUsers(rows, USERS);
          await insertServiceKey(rows, serviceKey);
          targets.push({ name, rows, userIds, databasePid: databases.pid });
        }
        const [few, filled] = targets;
        await insertCredited(few.rows, Array(SHORT_HISTORY).fill(few.userIds[0]));
        await fill(filled, options.rows, kind, show);
        // Not before: the first statistics that it sees are those of all rows.
        for (const target of targets) {
          Object.assign(target, await startOurs(place, databases.urls[target.name], gateway, options));
        }
        for (const caseName of options.cases) {
          measured.push(await measureCase(caseName, kind, tools, targets, options, show));
        }
        await withProgress(show, 'books', kind, targets.length, async () => {
          for (const { rows } of targets) {
            await checkBooks(rows);
            show.step();
          }
        });
      });
    }
    return { measured, versions };
  });
}

function fill({ rows, userIds }, count, kind, show) {
  return withProgress(show, `${count} rows`, kind, chunksOf(count), () =>
    fillHistory(rows, userIds, count, show.step),
  );
}

async function measureCase(caseName, kind, tools, targets, options, show) {
  const sides = targets.map((target) => ({ target, work: workOf(caseName, target, options.rows) }));
  const { pairs, memoryMib } = await withProgress(show, caseName, kind, 2 * (options.pairs + 1), () =>
    measurePairs(tools, sides, options, show.step),
  );
  return {
    case: caseName,
    database: kind,
    memoryMib: { few: memoryMib[0], filled: memoryMib[1] },
    pairs: pairs.map(([few, filled]) => ({ few, filled, ratio: filled.p50Ms / few.p50Ms })),
  };
}

/** The first user is the one with the history; where it is short, there is but the first page. */
function workOf(caseName, { name, rows, userIds }, count) {
  if (caseName === 'charge') return workOfCase(caseName, rows, userIds);
  // Of one owner: each of the rows is a lot.
  if (caseName === 'spend') return workOfCase(caseName, rows, userIds.slice(0, 1));
  const deepest = Math.min(DEEP_PAGE, Math.floor(heavyRowsOf(count) / PAGE_SIZE));
  return workOfPage(rows, userIds[0], name === 'filled' && caseName === 'page-1000' ? deepest : 1);
}
