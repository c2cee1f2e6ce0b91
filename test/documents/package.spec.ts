import { readFile } from 'node:fs/promises';
import { isBuiltin } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { build } from 'esbuild';

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));

interface PackageJson {
  version: string;
  dependencies: Record<string, string>;
  devDependencies?: Record<string, string>;
  peerDependencies: Record<string, string>;
}

const read = async (path: string) => JSON.parse(await readFile(join(PROJECT, path), 'utf8')) as PackageJson;

/** The packages that the module and its programs load, also those that only some settings need. */
async function packagesOf(...entries: string[]): Promise<string[]> {
  const { metafile } = await build({
    entryPoints: entries.map((entry) => join(PROJECT, entry)),
    outdir: 'unused',
    bundle: true,
    splitting: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    write: false,
    metafile: true,
  });
  const imports = Object.values(metafile.inputs).flatMap((input) => input.imports);
  const outside = imports.filter(
    ({ external, path }) => external === true && !isBuiltin(path) && /^[@a-z]/.test(path),
  );
  const names = outside.map(({ path }) => /^(@[^/]+\/)?[^/]+/.exec(path)?.[0] ?? path);
  return [...new Set(names)].toSorted();
}

test('the package of the module names what the module loads, and nothing else', async () => {
  const { dependencies, peerDependencies } = await read('package/package.json');

  expect(await packagesOf('src/index.ts', 'src/programs/point-top-up.ts')).toEqual(
    [...Object.keys(dependencies), ...Object.keys(peerDependencies)].toSorted(),
  );
});

test('the package of the module has the version and the packages of the server', async () => {
  const server = await read('package.json');
  const { version, dependencies } = await read('package/package.json');

  expect(version).toBe(server.version);
  for (const [name, range] of Object.entries(dependencies)) {
    expect({ name, range }).toEqual({ name, range: server.dependencies[name] });
  }
});
