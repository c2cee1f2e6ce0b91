// What the measured runs say: medians, the table, and the file.
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, platform, release, totalmem } from 'node:os';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';

const MIB = 1024 * 1024;
const DIGITS = 3;
const FIGURES = ['perSecond', 'p50Ms', 'p99Ms', 'cpuMsPerRequest', 'databaseCpuMsPerRequest'];

function median(values) {
  if (values.some((value) => value === undefined)) return undefined;
  const sorted = values.toSorted((first, second) => first - second);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Medians over the pairs of one case. */
function summary({ pairs }) {
  const ratios = pairs.map(({ ratio }) => ratio);
  return {
    ...Object.fromEntries(sidesOf(pairs).map((side) => [side, medians(pairs.map((pair) => pair[side]))])),
    ratio: rounded(median(ratios)),
    ratioFrom: rounded(Math.min(...ratios)),
    ratioTo: rounded(Math.max(...ratios)),
  };
}

function sidesOf(pairs) {
  return Object.keys(pairs[0]).filter((name) => name !== 'ratio');
}

function medians(runs) {
  return Object.fromEntries(
    FIGURES.map((figure) => [figure, rounded(median(runs.map((run) => run[figure])))]),
  );
}

/** One line for each side of each case, as Markdown, so that it can be pasted into a document. */
export function table(measured) {
  const head = [
    'case',
    'database',
    'who',
    'req/s',
    'p50 ms',
    'p99 ms',
    'CPU ms/req',
    'DB CPU ms/req',
    'ratio',
    'MiB',
  ];
  const lines = measured.flatMap((entry) => {
    const { ratio, ratioFrom, ratioTo, ...sides } = summary(entry);
    return Object.entries(sides).map(([side, figures], index) => [
      ...(index === 0 ? [entry.case, entry.database] : ['', '']),
      side,
      ...FIGURES.map((figure) =>
        shown(figure === 'perSecond' ? Math.round(figures[figure]) : figures[figure]),
      ),
      index === 0 ? `${ratio} (${ratioFrom}–${ratioTo})` : '',
      memory(entry.memoryMib[side]),
    ]);
  });
  return markdown(head, lines);
}

/** What a server has after its start, and after each tenth of the requests. */
export function memoryTable(measured) {
  const head = ['database', 'requests', 'MiB', 'of it files', 'highest MiB', 'req/s', 'CPU ms/req'];
  const lines = measured.flatMap(({ database, parts }) =>
    parts.map((part, index) => [
      index === 0 ? database : '',
      shown(part.requests),
      shown(part.residentMib),
      shown(part.fileMib),
      shown(part.peakMib),
      shown(part.perSecond && Math.round(part.perSecond)),
      shown(rounded(part.cpuMsPerRequest)),
    ]),
  );
  return markdown(head, lines);
}

export function startTable(measured) {
  const head = ['database', 'starts', 'fastest ms', 'median ms', 'slowest ms', 'MiB'];
  const lines = measured.map(({ database, starts }) => {
    const times = starts.map(({ readyMs }) => readyMs);
    const ms = [Math.min(...times), median(times), Math.max(...times)];
    const mib = median(starts.map((start) => start.residentMib));
    return [database, shown(starts.length), ...ms.map((time) => shown(Math.round(time))), shown(mib)];
  });
  return markdown(head, lines);
}

function markdown(head, lines) {
  const widths = head.map((_, column) => Math.max(...[head, ...lines].map((line) => line[column].length)));
  const asLine = (cells) => `| ${cells.map((cell, column) => cell.padEnd(widths[column])).join(' | ')} |`;
  return [asLine(head), asLine(widths.map((width) => '-'.repeat(width))), ...lines.map(asLine)].join('\n');
}

function memory(mib) {
  return mib ? `${shown(mib.before)} → ${shown(mib.after)}` : '';
}

/** A dash for what cannot be read on this machine. */
function shown(value) {
  return String(value ?? '-');
}

/** Each comparison of a day: the first one of a database heals, the second one finds nothing new, the third has a small heap. */
export function compareTable(measured) {
  const head = ['database', 'payments', 'run', 'seconds', 'CPU s', 'peak MiB', 'differences'];
  const lines = measured.map(({ database, payments, run, seconds, cpuSeconds, peakMib, found }) => [
    database,
    shown(payments),
    run,
    seconds.toFixed(1),
    shown(cpuSeconds?.toFixed(1)),
    shown(peakMib),
    shown(found),
  ]);
  return markdown(head, lines);
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
export async function writeResults(folder, kind, { machine, options, measured }) {
  mkdirSync(folder, { recursive: true });
  const time = machine.date.replaceAll(':', '-').slice(0, 19);
  const file = join(folder, `${time}${kind === 'floor' ? '' : `-${kind}`}.json`);
  const cases = measured.map((entry) => (entry.pairs ? { ...entry, median: summary(entry) } : entry));
  const text = JSON.stringify({ machine, options, cases }, (_, value) => rounded(value));
  writeFileSync(file, await format(text, { ...(await resolveConfig(file)), parser: 'json' }));
  return file;
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
