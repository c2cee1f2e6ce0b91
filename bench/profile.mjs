// Where our server's processor time went, from the profiles that `--profile` makes Node write.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const PACKAGES_SHOWN = 25;
const FUNCTIONS_SHOWN = 30;
const IDLE = new Set(['(idle)', '(root)']);
const PROJECT = fileURLToPath(new URL('..', import.meta.url));

/** Self time by package and by function, of the second half of each profile: by then everything is warm. */
export function selfTimes(folder) {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.cpuprofile'))
    .map((name) => `${name}\n${selfTimesOf(JSON.parse(readFileSync(join(folder, name), 'utf8')))}`)
    .join('\n');
}

function selfTimesOf({ nodes, samples, timeDeltas, startTime, endTime }) {
  const byId = new Map(nodes.map((node) => [node.id, node.callFrame]));
  const packages = new Map();
  const functions = new Map();
  const from = (endTime - startTime) / 2;
  let at = 0;
  let totalUs = 0;
  for (const [index, id] of samples.entries()) {
    const durationUs = timeDeltas[index];
    at += durationUs;
    const frame = byId.get(id);
    if (at < from || IDLE.has(frame.functionName)) continue;
    totalUs += durationUs;
    const where = placeOf(frame);
    add(packages, where, durationUs);
    add(functions, `${frame.functionName || '(anonymous)'}  ${where}${lineOf(frame)}`, durationUs);
  }
  return `${largest(packages, PACKAGES_SHOWN, totalUs)}\n\n${largest(functions, FUNCTIONS_SHOWN, totalUs)}\n`;
}

function placeOf({ url, functionName }) {
  const packageName = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1];
  if (packageName) return packageName;
  if (url.startsWith('node:')) return url.split('/').slice(0, 2).join('/');
  if (url.includes('/dist/')) return 'our own code';
  return url === ''
    ? `V8 ${functionName.startsWith('(') ? functionName : '(native)'}`
    : url.replace(PROJECT, '');
}

function lineOf({ url, lineNumber }) {
  return url === '' ? '' : ` ${url.split('/').at(-1)}:${lineNumber + 1}`;
}

function add(sums, key, durationUs) {
  sums.set(key, (sums.get(key) ?? 0) + durationUs);
}

function largest(sums, count, totalUs) {
  return [...sums]
    .toSorted(([, first], [, second]) => second - first)
    .slice(0, count)
    .map(([key, us]) => `${((100 * us) / totalUs).toFixed(1).padStart(5)} %  ${key}`)
    .join('\n');
}
