import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';
import { StartError } from '../config/start-error.js';

type Cell = string | number | Date | null;

/** A table that is written row by row, so that a spreadsheet opens it. */
export interface CsvFile {
  write: (cells: Cell[]) => Promise<void>;
  close: () => Promise<void>;
}

/** @throws {StartError} */
export async function openCsv(path: string, columns: string[]): Promise<CsvFile> {
  const file = createWriteStream(path);
  try {
    await once(file, 'open');
  } catch (error) {
    throw new StartError({
      ko: `${path} 파일을 쓸 수 없습니다. 다른 경로를 지정하세요 (${(error as Error).message})`,
      en: `${path} cannot be written; name another path (${(error as Error).message})`,
    });
  }
  const write = async (cells: Cell[]) => {
    if (!file.write(`${cells.map(csvCell).join(',')}\r\n`)) await once(file, 'drain');
  };
  // By its first letter Excel knows that the Korean in it is UTF-8.
  file.write('\uFEFF');
  await write(columns);
  return {
    write,
    close: async () => {
      file.end();
      await finished(file);
    },
  };
}

/** A text of somebody else must not become a formula in a spreadsheet. */
function csvCell(value: Cell): string {
  const text = value instanceof Date ? value.toISOString() : String(value ?? '');
  const safe = typeof value === 'string' && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
