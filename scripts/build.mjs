import './node-version.mjs';
import { prepare, runScript } from './prepare.mjs';

await runScript(() => prepare({ forceBuild: true }));
