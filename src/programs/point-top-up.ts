#!/usr/bin/env node
import { inBothLanguages, type Texts } from '../config/start-error.js';
import { beInHostsApp, here } from './place.js';

interface Program {
  args?: string;
  does: Texts;
  run: () => Promise<unknown>;
}

const PROGRAMS: Record<string, Program> = {
  verify: {
    args: '[--gateway]',
    does: {
      ko: '장부를 한 행씩 증명합니다. --gateway: 결제대행과도 비교합니다',
      en: 'proves the books row by row; --gateway: also against the gateway',
    },
    run: () => import('./verify.js'),
  },
  compare: {
    args: '--day 2026-11-25 | --from 2026-11-01 --to 2026-11-25 [--csv file]',
    does: {
      ko: '결제대행의 목록과 하루씩 견줍니다',
      en: 'compares days with the gateway',
    },
    run: () => import('./compare.js'),
  },
  import: {
    args: 'file.csv [--dry-run] [--report refused.csv] [--name opening]',
    does: { ko: '쓰던 표의 포인트를 가져옵니다', en: 'brings the points of your own table in' },
    run: () => import('./import.js'),
  },
  events: {
    args: 'state | list | replay [--from 2026-11-25] [--to 2026-11-26] [--owner id] [--state gave-up]',
    does: { ko: '이벤트를 보고 다시 보냅니다', en: 'shows the events and has them sent again' },
    run: () => import('./events.js'),
  },
  'service-key': {
    args: 'create --name shop --scopes spend,grant,read | list | revoke <id>',
    does: { ko: '다른 서버가 쓰는 키를 관리합니다', en: 'makes, lists and revokes keys for other servers' },
    run: () => import('./service-key.js'),
  },
  migrate: {
    does: {
      ko: 'databaseUrl 의 포인트 전용 데이터베이스를 최신으로 만듭니다. dataSource 를 쓰면 앱의 마이그레이션이 합니다',
      en: 'brings the database of the points alone (databaseUrl) up to date; with dataSource your migrations do',
    },
    run: () => import('./migrate.js'),
  },
};

/** The command of the package: the programs of the server, in the app that the points are in (docs/adopt.md). */
async function main(): Promise<void> {
  beInHostsApp();
  const [name = '', ...args] = process.argv.slice(2);
  const program = Object.hasOwn(PROGRAMS, name) ? PROGRAMS[name] : undefined;
  const asksForHelp = [name, ...args].some((argument) => argument === '--help' || argument === '-h');
  if (!program || asksForHelp) {
    const shown = program ? [[name, program] as const] : Object.entries(PROGRAMS);
    const text = shown.map(
      ([of, { args: takes, does }]) => `  ${here().command(of, takes)}\n    ${inBothLanguages(does)}\n`,
    );
    (asksForHelp ? process.stdout : process.stderr).write(text.join(''));
    if (!asksForHelp) process.exitCode = 2;
    return;
  }
  // Each reads what comes after its own name.
  process.argv.splice(2, 1);
  await program.run();
}

await main();
