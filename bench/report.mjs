// What the measured runs say: medians, the table, and the file.
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, platform, release, totalmem } from 'node:os';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';

const MIB = 1024 * 1024;
const DIGITS = 3;

export function median(values) {
  if (values.some((value) => value === undefined)) return undefined;
  const sorted = values.toSorted((first, second) => first - second);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Medians over the pairs of one case. */
export function summary({ pairs }) {
  const of = (target) =>
    Object.fromEntries(
      ['perSecond', 'p50Ms', 'p99Ms', 'cpuMsPerRequest'].map((figure) => [
        figure,
        rounded(median(pairs.map((pair) => pair[target][figure]))),
      ]),
    );
  const ratios = pairs.map(({ ratio }) => ratio);
  return {
    ours: of('ours'),
    floor: of('floor'),
    ratio: rounded(median(ratios)),
    ratioFrom: rounded(Math.min(...ratios)),
    ratioTo: rounded(Math.max(...ratios)),
  };
}

/** One line for us and one for the floor of each case, as Markdown, so that it can be pasted into a document. */
export function table(measured) {
  const head = ['case', 'database', 'who', 'req/s', 'p50 ms', 'p99 ms', 'CPU ms/req', 'ratio', 'MiB'];
  const lines = measured.flatMap((entry) => {
    const { ours, floor, ratio, ratioFrom, ratioTo } = summary(entry);
    const { before, after } = entry.memoryMib;
    return [
      [
        entry.case,
        entry.database,
        'ours',
        ...figures(ours),
        `${ratio} (${ratioFrom}–${ratioTo})`,
        `${before ?? '-'} → ${after ?? '-'}`,
      ],
      ['', '', 'floor', ...figures(floor), '', ''],
    ];
  });
  const widths = head.map((_, column) => Math.max(...[head, ...lines].map((line) => line[column].length)));
  const asLine = (cells) => `| ${cells.map((cell, column) => cell.padEnd(widths[column])).join(' | ')} |`;
  return [asLine(head), asLine(widths.map((width) => '-'.repeat(width))), ...lines.map(asLine)].join('\n');
}

/** The ratio of every pair, so that one sees how far they lie apart. */
export function ratios(measured) {
  return measured
    .map(({ case: name, database, pairs }) => {
      return `${name} ${database}: ${pairs.map(({ ratio }) => rounded(ratio)).join('  ')}`;
    })
    .join('\n');
}

/** The machine and what ran on it. `loadBefore` shows whether somebody else was using it. */
export function description(versions) {
  return {
    date: new Date().toISOString(),
    commit: commit(),
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memoryMib: Math.round(totalmem() / MIB),
    os: `${platform()} ${release()}`,
    node: process.versions.node,
    ...versions,
    loadBefore: loadavg()[0],
  };
}

/** @returns the path of the written file. */
export async function writeResults(folder, { machine, options, measured }) {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${machine.date.replaceAll(':', '-').slice(0, 19)}.json`);
  const cases = measured.map((entry) => ({ ...entry, median: summary(entry) }));
  const text = JSON.stringify({ machine, options, cases }, (_, value) => rounded(value));
  writeFileSync(file, await format(text, { ...(await resolveConfig(file)), parser: 'json' }));
  return file;
}

function figures({ perSecond, p50Ms, p99Ms, cpuMsPerRequest }) {
  return [String(Math.round(perSecond)), String(p50Ms), String(p99Ms), String(cpuMsPerRequest ?? '-')];
}

function rounded(value) {
  if (typeof value !== 'number' || Number.isInteger(value)) return value;
  return Math.abs(value) >= 10 ** DIGITS ? Math.round(value) : Number(value.toPrecision(DIGITS));
}

/** With a plus when the files differ from it; null outside a repository. */
function commit() {
  const git = (...args) =>
    execFileSync('git', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  try {
    return (
      git('rev-parse', '--short=12', 'HEAD').trim() + (git('status', '--porcelain').trim() === '' ? '' : '+')
    );
  } catch {
    return null;
  }
}
