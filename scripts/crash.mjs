// npm run test:crash -- --kills 1000 [--seed N]: the random run of the tests, as long as you like.
import './node-version.mjs';
import './help.mjs';
import { findMariadb, MARIADB_HINT } from '../test/support/requirements.mjs';
import { runLongTest } from './long-test.mjs';

await runLongTest({
  name: 'MariaDB',
  present: findMariadb() !== undefined,
  hint: MARIADB_HINT,
  option: { name: 'kills', byDefault: 1000, variable: 'CRASH_KILLS' },
  seedVariable: 'CRASH_SEED',
  jestArguments: ['--selectProjects', 'crash', '--testPathPatterns', 'random-run'],
});
