import 'reflect-metadata';
import { parseArgs } from 'node:util';
import type { DataSource } from 'typeorm';
import { isKoreanDay, periodOfDay } from '../calendar/korean-time.js';
import { readDatabaseSettings } from '../config/settings.js';
import { StartError } from '../config/start-error.js';
import { withDatabase } from '../database/connect.js';
import { EventState, PointEvent } from '../event/event.entity.js';
import {
  countEvents,
  EVENTS_LISTED_MAX,
  listEvents,
  oldestPendingAt,
  replayEvents,
  type WhichEvents,
} from '../event/events.js';
import { here } from './place.js';

const STATES: Record<string, EventState> = {
  pending: EventState.PENDING,
  delivered: EventState.DELIVERED,
  'gave-up': EventState.GAVE_UP,
};

/** The program behind `npm run events`: shows the events for the shop's own server, and has them sent again. */
async function main(): Promise<void> {
  const work = readArguments();
  const environment = here().environment();
  const { database } = readDatabaseSettings(environment);
  await withDatabase(database, 'takes-its-time', { entities: [PointEvent] }, async (dataSource) => {
    await here().requireSchema(dataSource);
    await work(dataSource);
  });
}

function readArguments(): (dataSource: DataSource) => Promise<void> {
  const { values, positionals } = parse();
  const [action, ...more] = positionals;
  const which = readWhich(values);
  const names = Object.keys(values);
  if (more.length > 0) throw usage();
  if (action === 'state' && names.length === 0) return state;
  if (action === 'list') return (dataSource) => list(dataSource, which);
  // Not by mistake: all that was ever sent would be sent again.
  if (action === 'replay' && (which.from || which.state)) return (dataSource) => replay(dataSource, which);
  throw usage();
}

function parse() {
  const text = { type: 'string' } as const;
  try {
    return parseArgs({
      allowPositionals: true,
      options: { from: text, to: text, owner: text, state: text },
    });
  } catch {
    throw usage();
  }
}

function readWhich({ from, to, owner, state }: ReturnType<typeof parse>['values']): WhichEvents {
  if (state !== undefined && !Object.hasOwn(STATES, state)) throw usage();
  return {
    ownerId: owner,
    state: state === undefined ? undefined : STATES[state],
    from: from === undefined ? undefined : momentOf(from, 'from'),
    until: to === undefined ? undefined : momentOf(to, 'until'),
  };
}

/** A day is one in Korea, from its beginning or until its end. */
function momentOf(text: string, end: 'from' | 'until'): Date {
  if (isKoreanDay(text)) return periodOfDay(text)[end];
  const moment = new Date(text);
  if (Number.isNaN(moment.getTime())) throw usage();
  return moment;
}

async function state(dataSource: DataSource): Promise<void> {
  const counts = await countEvents(dataSource);
  for (const [name, value] of Object.entries(STATES)) print(`${name.padEnd(16)}${counts[value]}`);
  print(`oldest pending  ${(await oldestPendingAt(dataSource))?.toISOString() ?? 'none'}`);
}

async function list(dataSource: DataSource, which: WhichEvents): Promise<void> {
  const events = await listEvents(dataSource, which);
  for (const event of events) {
    const { id, createdAt, type, ownerId, state, attempts, nextAttemptAt, fault } = event;
    const next = nextAttemptAt === null ? [] : [`next ${nextAttemptAt.toISOString()}`];
    const columns = [id, createdAt.toISOString(), type, ownerId ?? '-', state, `attempts ${attempts}`];
    print([...columns, ...next, ...(fault === null ? [] : [fault])].join('  '));
  }
  if (events.length === EVENTS_LISTED_MAX) print(`the newest ${EVENTS_LISTED_MAX}`);
}

async function replay(dataSource: DataSource, which: WhichEvents): Promise<void> {
  print(`${await replayEvents(dataSource, which)} events are sent again`);
}

function usage(): StartError {
  const use =
    `${here().command('events', 'state')} | list | replay, with --from 2026-11-25 --to 2026-11-26 --owner <id> ` +
    `--state ${Object.keys(STATES).join('|')}; replay needs --from or --state`;
  return new StartError({ ko: `사용법: ${use}`, en: `usage: ${use}` });
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

try {
  await main();
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = 1;
}
