import { readFileSync } from 'node:fs';

/** Of /proc, on every Linux. */
const TICKS_PER_SECOND = 100;
const USER_TIME_FIELD = 11;
const SYSTEM_TIME_FIELD = 12;

/** Processor time that a process has used so far, in ms; undefined where there is no /proc. */
export function cpuMs(pid) {
  const stat = readOrUndefined(`/proc/${pid}/stat`);
  if (stat === undefined) return undefined;
  // The fields after the program's name, which stands in brackets and may hold anything.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const ticks = Number(fields[USER_TIME_FIELD]) + Number(fields[SYSTEM_TIME_FIELD]);
  return (ticks * 1000) / TICKS_PER_SECOND;
}

/** Resident memory of a process in MiB; undefined where there is no /proc. */
export function residentMib(pid) {
  return mibOf(pid, 'VmRSS');
}

/** The part of it that is mapped from files: the program of Node itself and libraries, which processes share. */
export function fileMib(pid) {
  return mibOf(pid, 'RssFile');
}

/** The most that it ever had. */
export function peakMib(pid) {
  return mibOf(pid, 'VmHWM');
}

function mibOf(pid, figure) {
  const status = readOrUndefined(`/proc/${pid}/status`) ?? '';
  const kib = new RegExp(`^${figure}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1];
  return kib === undefined ? undefined : Math.round(Number(kib) / 1024);
}

function readOrUndefined(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (error.code === 'ENOENT' && process.platform !== 'linux') return undefined;
    throw error;
  }
}
