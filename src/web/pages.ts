import { fileURLToPath } from 'node:url';
import express, { type Router } from 'express';

const publicFolder = fileURLToPath(new URL('../../public', import.meta.url));

/** The checkout page and what it loads. */
export function pages(): Router {
  const router = express.Router();
  router.get('/', (_request, response) => response.redirect('/payment.html'));
  // Asked again each time and answered with 304 while nothing changed, so that a new version is seen at once.
  router.use(express.static(publicFolder, { index: false, maxAge: 0 }));
  return router;
}
