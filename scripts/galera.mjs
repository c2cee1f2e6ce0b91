// npm run test:galera -- [--operations 5000] [--seed N]: three servers on a Galera cluster, as long as you like.
import './node-version.mjs';
import './help.mjs';
import { findGalera, GALERA_HINT } from '../test/support/requirements.mjs';
import { runLongTest } from './long-test.mjs';

await runLongTest({
  name: 'Galera',
  present: findGalera() !== undefined,
  hint: GALERA_HINT,
  option: { name: 'operations', byDefault: 5000, variable: 'GALERA_OPERATIONS' },
  seedVariable: 'GALERA_SEED',
  jestArguments: ['--selectProjects', 'galera'],
});
