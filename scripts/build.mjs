import './node-version.mjs';
import './help.mjs';
import { prepare, runScript } from './prepare.mjs';

await runScript(() => prepare({ forceBuild: true }));
