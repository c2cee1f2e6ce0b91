// Puts the compiled server and its packages into a few files (docs/adr/0017), so that a start reads 40 of them instead of
// 2,400. The other programs stay as they are compiled.
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { decode, encode } from '@jridgewell/sourcemap-codec';
import { build } from 'esbuild';
import { PROJECT } from './prepare.mjs';

const DIST = join(PROJECT, 'dist');
const FOLDER = join(DIST, 'bundle');

/** The server, and what bench/server.mjs loads before it. */
const ENTRIES = ['main.js', 'app.module.js'];
/** They load machine code from beside their own files. */
const NATIVE_PACKAGES = ['libsql', '@node-rs/argon2'];
/**
 * Of these both forms are installed, and everybody gets the ES modules. As CommonJS each of the 120 files that import one
 * would get an object of its own with a getter for each of its hundreds of names, and call such a getter at each use.
 */
const AS_ES_MODULES = {
  graphql: join(PROJECT, 'node_modules/graphql/index.mjs'),
  // What graphql-jit names of the inside of GraphQL.
  ...Object.fromEntries(
    ['error/index', 'execution/execute', 'jsutils/Path', 'utilities/index'].map((place) => [
      `graphql/${place}.js`,
      join(PROJECT, `node_modules/graphql/${place}.mjs`),
    ]),
  ),
  rxjs: join(PROJECT, 'node_modules/rxjs/dist/esm/index.js'),
  'rxjs/operators': join(PROJECT, 'node_modules/rxjs/dist/esm/operators/index.js'),
};
const OLDEST_NODE = 'node20.19';
/** A stack trace of shortened text still names a line of a few calls. */
const LINE_LENGTH_MAX = 200;

/** What CommonJS finds in each of its files, and ES modules do not have. */
const COMMONJS_NAMES = `
import { createRequire as createRequireOfBundle } from 'node:module';
import { dirname as dirnameOfBundle } from 'node:path';
import { fileURLToPath as fileURLToPathOfBundle } from 'node:url';
const require = createRequireOfBundle(import.meta.url);
const __filename = fileURLToPathOfBundle(import.meta.url);
const __dirname = dirnameOfBundle(__filename);`;

const IN_A_PACKAGE = /[\\/]node_modules[\\/]/;
const OUR_SOURCE = /^(\.\.\/)+src\//;

/** Packages that others can do without and that are not installed: who asks for one is told so, as without a bundle. */
const missingPackagesStayOutside = {
  name: 'missing packages stay outside',
  setup({ onResolve, resolve }) {
    onResolve({ filter: /^[^./]/ }, async ({ path, importer, resolveDir, kind, pluginData }) => {
      if (pluginData === missingPackagesStayOutside || !IN_A_PACKAGE.test(importer)) return undefined;
      const found = await resolve(path, {
        importer,
        resolveDir,
        kind,
        pluginData: missingPackagesStayOutside,
      });
      return found.errors.length > 0 ? { path, external: true } : found;
    });
  },
};

/**
 * esbuild does not see through a `require` that an ES module makes for itself, and it would load a second copy of a
 * package. A file of CommonJS that asks `module.require` finds none in a bundle: Apollo then takes the SHA-256 of each document
 * by a package in JavaScript. And the maps of packages are not read, since their places are left out in the end.
 */
const packagesAsInstalled = {
  name: 'packages as installed',
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]node_modules[\\/].*\.[cm]?js$/ }, async ({ path }) => {
      const contents = await readFile(path, 'utf8');
      return {
        contents: contents
          .replace(/^const require = createRequire\(import\.meta\.url\);$/m, '')
          .replaceAll(/\bmodule\.require\b/g, 'require')
          .replaceAll(/^\/\/# sourceMappingURL=.*$/gm, ''),
      };
    });
  },
};

const { outputFiles } = await build({
  entryPoints: ENTRIES.map((entry) => join(DIST, entry)),
  outdir: FOLDER,
  bundle: true,
  splitting: true,
  platform: 'node',
  format: 'esm',
  target: OLDEST_NODE,
  external: NATIVE_PACKAGES,
  alias: AS_ES_MODULES,
  plugins: [missingPackagesStayOutside, packagesAsInstalled],
  banner: { js: COMMONJS_NAMES },
  // Not `keepNames`, which names a function inside another one at each call of the outer one: an eighth of a charge. GraphQL,
  // TypeORM and the log take names from classes, which keep them as long as no two classes of ours share one.
  minifySyntax: true,
  minifyWhitespace: true,
  lineLimit: LINE_LENGTH_MAX,
  sourcemap: 'external',
  sourcesContent: false,
  logLevel: 'silent',
  write: false,
});
await rm(FOLDER, { recursive: true, force: true });
await mkdir(FOLDER, { recursive: true });
const maps = new Map(
  outputFiles
    .filter(({ path }) => path.endsWith('.map'))
    .map(({ path, text }) => [path, mapOfOurSources(JSON.parse(text))])
    .filter(([, map]) => map.sources.length > 0),
);
for (const [path, map] of maps) await writeFile(path, JSON.stringify(map));
for (const { path, text } of outputFiles.filter(({ path }) => !path.endsWith('.map'))) {
  const map = `${path}.map`;
  await writeFile(path, maps.has(map) ? `${text}//# sourceMappingURL=${basename(map)}\n` : text);
}

/**
 * Traces into packages are not worth their size: at the first trace Node keeps each mapped place as an object of its own,
 * which was 12 MiB. A trace shows the bundle's own lines for them.
 */
function mapOfOurSources({ version, sources, mappings }) {
  const ours = sources.filter((source) => OUR_SOURCE.test(source));
  const newIndexes = sources.map((source) => ours.indexOf(source));
  let isOurs = false;
  const lines = decode(mappings).map((line) =>
    line.flatMap(([column, source, sourceLine, sourceColumn]) => {
      const wasOurs = isOurs;
      isOurs = source !== undefined && newIndexes[source] !== -1;
      if (isOurs) return [[column, newIndexes[source], sourceLine, sourceColumn]];
      // Says that ours ends here: Node takes a place without a mapping for the last one before it that has one.
      return wasOurs ? [[column]] : [];
    }),
  );
  return { version, sources: ours, names: [], mappings: encode(lines) };
}
