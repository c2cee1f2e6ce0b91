// How long our server takes from its first instruction until it can work, as production starts it.
import { createDatabases } from './databases.mjs';
import { residentMib } from './process-cost.mjs';
import { withProgress } from './progress.mjs';
import { inWorkplace, startOursInProduction } from './workplace.mjs';

/**
 * @param options `{ databases, starts, nodeArguments }`
 * @returns for each database the time and the memory of every start.
 */
export function runStart(options, show, onCleanUp) {
  return inWorkplace(onCleanUp, async (place) => {
    const measured = [];
    const versions = {};
    for (const kind of options.databases) {
      await place.alone(async () => {
        const databases = await createDatabases(kind, ['ours'], place);
        versions[kind] = databases.version;
        await withProgress(show, 'start', kind, options.starts, async () => {
          const starts = [];
          for (let number = 1; number <= options.starts; number += 1) {
            starts.push(await place.alone(() => measureStart(place, databases.urls.ours, options)));
            show.step();
          }
          measured.push({ database: kind, starts });
        });
      });
    }
    return { measured, versions };
  });
}

async function measureStart(place, databaseUrl, options) {
  const startedAt = performance.now();
  const { url, pid } = await startOursInProduction(place, databaseUrl, options);
  // It says by its channel that it listens; nobody has to poll, which would take the processor from it.
  const { status } = await fetch(`${url}/health/ready`);
  const readyMs = performance.now() - startedAt;
  if (status !== 200) throw new Error(`GET /health/ready was answered with ${status}`);
  return { readyMs, residentMib: residentMib(pid) };
}
