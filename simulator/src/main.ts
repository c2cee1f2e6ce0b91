import { StartFault } from './database.js';
import { startIamportSimulator, type RunningSimulator } from './simulator.js';
import { readSettings } from './settings.js';

const print = (line: string): void => {
  process.stderr.write(`[iamport-simulator] ${line}\n`);
};

/** Ends in order on Ctrl-C, on SIGTERM, and when the process that started us with a channel has died. */
function endInOrder(simulator: RunningSimulator): void {
  let isEnding = false;
  const end = (): void => {
    if (isEnding) return;
    isEnding = true;
    simulator.close().then(
      () => process.exit(0),
      (error: unknown) => {
        print(`could not end in order: ${String(error)}`);
        process.exit(1);
      },
    );
  };
  process.on('SIGINT', end);
  process.on('SIGTERM', end);
  process.on('disconnect', end);
}

try {
  const simulator = await startIamportSimulator({ ...readSettings(process.env), log: print });
  endInOrder(simulator);
  // With the same seed, plan and calls the same faults happen again.
  print(`seed ${simulator.seed} (IAMPORT_SIMULATOR_SEED)`);
  if (process.send) process.send({ type: 'ready', url: simulator.url });
  else print(`${simulator.url}  console: ${simulator.url}/console`);
} catch (error) {
  print(error instanceof StartFault ? error.message : String(error instanceof Error ? error.stack : error));
  process.exit(1);
}
