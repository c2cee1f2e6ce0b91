import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const EXAMPLE = fileURLToPath(new URL('../../shop.example.json', import.meta.url));

/** A shop's file for one suite. */
export interface ShopFile {
  /** For SHOP_FILE. */
  path: string;
  remove(): Promise<void>;
}

/**
 * Writes the example's shop with other words.
 *
 * @param changed undefined takes a word out.
 * @param beside files that lie beside it, by their names.
 */
export async function writeShopFile(
  changed: Readonly<Record<string, unknown>> = {},
  beside: Readonly<Record<string, string>> = {},
): Promise<ShopFile> {
  const folder = await mkdtemp(join(tmpdir(), 'point-top-up-shop-'));
  const path = join(folder, 'shop.json');
  const example: object = JSON.parse(await readFile(EXAMPLE, 'utf8'));
  await writeFile(path, JSON.stringify({ ...example, ...changed }));
  for (const [name, text] of Object.entries(beside)) await writeFile(join(folder, name), text);
  return { path, remove: () => rm(folder, { recursive: true, force: true }) };
}
