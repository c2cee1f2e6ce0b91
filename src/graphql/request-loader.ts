import DataLoader from 'dataloader';
import { PAGE_SIZE_MAX } from './connection.js';

/**
 * Reads the rows that fields ask for one by one: all that ask at the same moment, as those of a whole page do, share one
 * query.
 *
 * Each request has its own, so nobody gets what another caller asked for. And nothing is kept: a later mutation of the
 * same document shows what it left.
 */
export class RequestLoader<Key extends object, Row extends Key> {
  /** Where a request keeps its own: a WeakMap would hold all that it touched until a full collection. */
  private readonly place = Symbol('loader');

  /**
   * @param nameOf a text that a key shares with its row alone.
   * @param read the rows of up to 100 different keys, in any order; those that there are not are left out.
   */
  constructor(
    private readonly nameOf: (key: Key) => string,
    private readonly read: (keys: Key[]) => Promise<Row[]>,
  ) {}

  /** @param request whatever lives as long as one GraphQL request. */
  async load(request: object, key: Key): Promise<Row | null> {
    const kept = request as Record<symbol, DataLoader<Key, Row | null> | undefined>;
    const loader = (kept[this.place] ??= new DataLoader(async (keys) => this.readAll(keys), {
      cache: false,
    }));
    return loader.load(key);
  }

  private async readAll(keys: readonly Key[]): Promise<(Row | null)[]> {
    const different = [...new Map(keys.map((key) => [this.nameOf(key), key])).values()];
    const rows = new Map<string, Row>();
    for (let read = 0; read < different.length; read += PAGE_SIZE_MAX) {
      for (const row of await this.read(different.slice(read, read + PAGE_SIZE_MAX))) {
        rows.set(this.nameOf(row), row);
      }
    }
    return keys.map((key) => rows.get(this.nameOf(key)) ?? null);
  }
}
