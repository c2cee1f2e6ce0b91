import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import express, { type Router } from 'express';

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
export function graphiql(): Router {
  const router = express.Router();
  router.get('/graphql', (request, response, next) => {
    // A query by GET is for Apollo; a browser that opens the address has none.
    if (request.query.query !== undefined || !request.accepts('html')) return next();
    response.sendFile(join(page, 'index.html'));
  });
  for (const [name, file] of Object.entries(PACKAGE_FILES)) {
    router.get(`/graphiql/${name}`, (_request, response) => response.sendFile(file));
  }
  router.use('/graphiql', express.static(page, { index: false }));
  return router;
}
