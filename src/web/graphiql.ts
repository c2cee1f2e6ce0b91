import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import accepts from 'accepts';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { StaticFiles } from './static-files.js';

const require = createRequire(import.meta.url);
// Right from this file's folder as well as from the bundle's beside it.
const page = fileURLToPath(new URL('../web/graphiql-page', import.meta.url));

/** Files of the installed packages that the page loads, by the name under which it asks for them. */
const PACKAGE_FILES: Record<string, string> = {
  'react.js': join(dirname(require.resolve('react/package.json')), 'umd/react.production.min.js'),
  'react-dom.js': join(dirname(require.resolve('react-dom/package.json')), 'umd/react-dom.production.min.js'),
  'graphiql.js': join(dirname(require.resolve('graphiql/package.json')), 'graphiql.min.js'),
  'graphiql.css': join(dirname(require.resolve('graphiql/package.json')), 'graphiql.min.css'),
};

/** GraphiQL at `GET /graphql` for browsers, from installed packages alone. Not for production. */
export function serveGraphiql(fastify: FastifyInstance): void {
  const pageFiles = new StaticFiles(page);
  // The address itself is Apollo's.
  fastify.addHook('onRequest', async (request, reply) =>
    isForThePage(request) ? pageFiles.send(request, reply, '/index.html') : undefined,
  );
  for (const [name, file] of Object.entries(PACKAGE_FILES)) {
    const files = new StaticFiles(dirname(file));
    fastify.get(`/graphiql/${name}`, (request, reply) => files.send(request, reply, `/${basename(file)}`));
  }
  fastify.get<{ Params: { '*': string } }>('/graphiql/*', (request, reply) =>
    pageFiles.send(request, reply, `/${encodeURIComponent(request.params['*'])}`),
  );
}

/** A query by GET is for Apollo; a browser that opens the address has none. */
function isForThePage({ method, url, query, raw }: FastifyRequest): boolean {
  if (!['GET', 'HEAD'].includes(method) || !/^\/graphql\/?(?:\?|$)/.test(url)) return false;
  return (query as { query?: unknown }).query === undefined && accepts(raw).type('html') !== false;
}
