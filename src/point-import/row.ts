import { isKoreanDay, periodOfDay } from '../calendar/korean-time.js';
import type { Texts } from '../config/start-error.js';
import { newId } from '../database/new-id.js';
import { isOwnerId } from '../point-account/owner-id.js';
import { OWNER_ID_MAX_LENGTH } from '../point-account/point-account.entity.js';
import { LotKind } from '../point-transaction/lot.entity.js';
import {
  TRANSACTION_PURPOSE_MAX_LENGTH,
  TRANSACTION_REASON_MAX_LENGTH,
} from '../point-transaction/point-transaction.entity.js';
import { AMOUNT_MAX, isText } from '../spending/request.js';

/** The columns of a table, in any order. */
export const COLUMNS = ['ownerId', 'points', 'kind', 'expiresAt', 'reference', 'reason'] as const;
export type Column = (typeof COLUMNS)[number];

const COLUMNS_NEEDED: readonly Column[] = ['ownerId', 'points', 'kind'];
const KINDS: readonly string[] = Object.values(LotKind).toReversed();

/** Where each column stands; one that is not there is left out. */
export type Places = ReadonlyMap<Column, number>;

/** A row of the table that says what it should. */
export interface Row {
  line: number;
  /** Of the row in the ledger that it becomes. Made once, so that one whose COMMIT was not answered is known again. */
  id: string;
  /** Names the row in its table, however often and in whichever order it is read. */
  key: string;
  ownerId: string;
  /** Whole points, at least 1. */
  points: number;
  kind: LotKind;
  /** Null: as points of its kind that come today. */
  expiresAt: Date | null;
  reference: string | null;
  reason: string | null;
}

/** @returns a fault where a column is missing, is there twice, or is none of ours: a misspelt one would be left out in silence. */
export function placesOf(header: readonly string[]): Places | Texts {
  const names = header.map((name) => name.trim());
  const unknown = names.find((name) => !COLUMNS.some((column) => column === name));
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  const missing = COLUMNS_NEEDED.find((column) => !names.includes(column));
  const wrong = unknown ?? twice ?? missing;
  if (wrong === undefined) return new Map(names.map((name, index) => [name as Column, index]));
  const known = COLUMNS.join(',');
  if (unknown !== undefined && /[;\t]/.test(unknown)) {
    return {
      ko: `열이 쉼표가 아니라 ${unknown.includes(';') ? '세미콜론' : '탭'}으로 나뉘어 있습니다. 쉼표로 나눈 CSV로 저장하세요`,
      en: `the columns are separated by ${unknown.includes(';') ? 'semicolons' : 'tabs'}: save it as CSV with commas`,
    };
  }
  const what =
    unknown === undefined ? (twice === undefined ? 'is missing' : 'is there twice') : 'is not known';
  const whatKo =
    unknown === undefined ? (twice === undefined ? '없습니다' : '두 번 있습니다') : '알 수 없는 열입니다';
  return {
    ko: `첫 줄에 열 이름이 있어야 합니다. "${shortened(wrong)}": ${whatKo}. 열: ${known}`,
    en: `the first line has to name the columns, and "${shortened(wrong)}" ${what}. Columns: ${known}`,
  };
}

function shortened(text: string): string {
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}

/** @returns what is wrong with the row; `EMPTY` for one without points. */
export function rowOf(cells: readonly string[], line: number, places: Places): Row | 'EMPTY' | Texts {
  if (cells.length !== places.size) {
    return {
      ko: `값이 ${cells.length}개이고 열은 ${places.size}개입니다`,
      en: `it has ${cells.length} values, and there are ${places.size} columns`,
    };
  }
  const cell = (column: Column) => cells[places.get(column) ?? -1]?.trim() ?? '';
  const [ownerId, points, kind] = [cell('ownerId'), cell('points'), cell('kind')];
  const [expiresOn, reference, reason] = [cell('expiresAt'), cell('reference'), cell('reason')];
  if (!isOwnerId(ownerId)) {
    return {
      ko: `ownerId는 공백 없는 ASCII 1-${OWNER_ID_MAX_LENGTH}자여야 합니다`,
      en: `ownerId must be 1 to ${OWNER_ID_MAX_LENGTH} ASCII characters without blanks`,
    };
  }
  if (!/^\d{1,10}$/.test(points) || Number(points) > AMOUNT_MAX) {
    return {
      ko: `points는 0 이상 ${AMOUNT_MAX} 이하의 정수여야 하고, 쉼표나 기호가 없어야 합니다`,
      en: `points must be a whole number from 0 to ${AMOUNT_MAX}, without commas or signs`,
    };
  }
  if (!KINDS.includes(kind)) {
    return { ko: `kind는 ${KINDS.join(', ')} 중 하나여야 합니다`, en: `kind must be ${KINDS.join(', ')}` };
  }
  if (expiresOn !== '' && !isKoreanDay(expiresOn)) {
    return {
      ko: 'expiresAt은 한국 날짜(예: 2027-12-31)이거나 비어 있어야 합니다',
      en: 'expiresAt must be a day in Korea, such as 2027-12-31, or empty',
    };
  }
  if (reference !== '' && !isText(reference, TRANSACTION_PURPOSE_MAX_LENGTH)) {
    return tooLong('reference', TRANSACTION_PURPOSE_MAX_LENGTH);
  }
  if (reason !== '' && !isText(reason, TRANSACTION_REASON_MAX_LENGTH)) {
    return tooLong('reason', TRANSACTION_REASON_MAX_LENGTH);
  }
  if (Number(points) === 0) return 'EMPTY';
  return {
    line,
    id: newId(),
    // Not the line, nor anything that a corrected table may say otherwise.
    key: reference === '' ? `own:${kind}:${ownerId}` : `ref:${reference}`,
    ownerId,
    points: Number(points),
    kind: kind as LotKind,
    expiresAt: expiresOn === '' ? null : periodOfDay(expiresOn).until,
    reference: reference === '' ? null : reference,
    reason: reason === '' ? null : reason,
  };
}

function tooLong(column: Column, lengthMax: number): Texts {
  return {
    ko: `${column}은(는) ${lengthMax}자 이하이고 제어 문자가 없어야 합니다`,
    en: `${column} must have at most ${lengthMax} characters, and no control characters`,
  };
}
