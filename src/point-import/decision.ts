import type { Texts } from '../config/start-error.js';
import type { Lot } from '../point-transaction/lot.entity.js';
import type { PointTransaction } from '../point-transaction/point-transaction.entity.js';
import type { Row } from './row.js';

/** What became of the row when it was imported. */
export type Before = Pick<PointTransaction, 'id' | 'ownerId' | 'amount' | 'reason'> &
  Pick<Lot, 'kind' | 'expiresAt'>;

/** What is known when a row is decided. */
export interface Known {
  before: Before | undefined;
  /** Whether there is somebody with this id. */
  isSomebody: boolean;
  /** The owner's balance, in whole points. */
  point: number;
  maxBalance: number;
  now: Date;
}

/** `THERE`: imported before, just as it is. */
export type Decision = 'IMPORT' | 'THERE' | Texts;

/** Decides what becomes of a row. What was imported before stays so, whatever has happened since. */
export function decide(row: Row, { before, isSomebody, point, maxBalance, now }: Known): Decision {
  if (before) {
    // Ours, when the COMMIT of the first run was not answered.
    if (before.id === row.id) return 'IMPORT';
    return isSame(row, before) ? 'THERE' : changed(before);
  }
  if (!isSomebody) {
    return { ko: '그런 ownerId로 가입한 사람이 없습니다', en: 'nobody signed up with this ownerId' };
  }
  if (row.expiresAt && row.expiresAt <= now) {
    return { ko: 'expiresAt이 이미 지났습니다', en: 'expiresAt is over' };
  }
  if (point + row.points > maxBalance) {
    return {
      ko: `잔액이 ${point + row.points}P가 되어 POINT_MAX_BALANCE(${maxBalance})를 넘습니다`,
      en: `the balance would be ${point + row.points}, above POINT_MAX_BALANCE (${maxBalance})`,
    };
  }
  return 'IMPORT';
}

function isSame(row: Row, before: Before): boolean {
  return (
    before.ownerId === row.ownerId &&
    before.amount === row.points &&
    before.kind === row.kind &&
    before.reason === row.reason &&
    // Without one it got that of its day.
    (row.expiresAt === null || before.expiresAt.getTime() === row.expiresAt.getTime())
  );
}

function changed({ ownerId, amount, kind, expiresAt }: Before): Texts {
  const was = `${ownerId}, ${amount}, ${kind}, ${expiresAt.toISOString()}`;
  return {
    ko: `다른 내용으로 이미 가져왔고 그대로 두었습니다: ${was}`,
    en: `it was imported with other values, which were left as they are: ${was}`,
  };
}
