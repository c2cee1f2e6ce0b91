import { createReadStream } from 'node:fs';
import { pipeline, Readable } from 'node:stream';
import { CsvError, parse } from 'csv-parse';
import { StartError } from '../config/start-error.js';

/** More than any row that fits has; a quote that is not closed ends here. */
const ROW_BYTES_MAX = 10_000;

/** A line of the file with its number; one with line breaks in quotes has that of its last. */
export interface Line {
  line: number;
  cells: string[];
}

/** Reads a CSV file line by line, whatever its size. Lines without anything are left out. @throws {StartError} */
export async function* readTable(path: string): AsyncGenerator<Line> {
  const parser = parse({
    bom: true,
    info: true,
    // How many there have to be is said of each row, and does not end the reading.
    relax_column_count: true,
    skip_empty_lines: true,
    max_record_size: ROW_BYTES_MAX,
  });
  // What stops it is thrown by the parser below.
  pipeline(Readable.from(inUtf8(path)), parser, () => undefined);
  try {
    for await (const { record, info } of parser as AsyncIterable<{
      record: string[];
      info: { lines: number };
    }>) {
      yield { line: info.lines, cells: record };
    }
  } catch (error) {
    throw unreadable(path, error);
  }
}

/** Hands the bytes on when they are UTF-8. */
async function* inUtf8(path: string): AsyncGenerator<Buffer> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
    decoder.decode(chunk, { stream: true });
    yield chunk;
  }
  decoder.decode();
}

function unreadable(path: string, error: unknown): unknown {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ERR_ENCODING_INVALID_ENCODED_DATA') {
    return new StartError({
      ko: `${path} 은(는) UTF-8이 아닙니다(EUC-KR일 수 있습니다). 엑셀에서 "CSV UTF-8(쉼표로 분리)"로 저장하세요`,
      en: `${path} is not in UTF-8 (it may be EUC-KR): in Excel save it as "CSV UTF-8 (Comma delimited)"`,
    });
  }
  if (error instanceof CsvError) {
    return new StartError({
      ko: `${path} 의 ${String(error.lines)}번째 줄 근처가 CSV가 아닙니다. 닫히지 않은 따옴표가 있는지 보세요 (${message})`,
      en: `${path} is no CSV near line ${String(error.lines)}: look for a quote that is not closed (${message})`,
    });
  }
  if (code === undefined) return error;
  return new StartError({
    ko: `${path} 을(를) 읽을 수 없습니다 (${message})`,
    en: `${path} cannot be read (${message})`,
  });
}
