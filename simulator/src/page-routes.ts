import { fileURLToPath } from 'node:url';
import express, { Router, type Response } from 'express';

const BROWSER_FOLDER = fileURLToPath(new URL('../browser/', import.meta.url));

/** No outside script, style, font or picture; any shop may frame the window, as it frames a PG's. */
const PAGE_POLICY = "default-src 'self'; img-src 'self' data:; base-uri 'none'; frame-ancestors *";

/** A browser asks again each time, so that a new build shows at once. */
const NOT_KEPT = { cacheControl: false, headers: { 'cache-control': 'no-cache' } } as const;

/** The browser script, the payment window and the console: static files, all served by the simulator itself. */
export function pageRoutes(): Router {
  const router = Router();
  // The path of the real script (documented). Shops load it from another origin, some with `crossorigin`.
  router.get('/v1/iamport.js', (_req, res) => {
    res.set({ 'access-control-allow-origin': '*', 'cross-origin-resource-policy': 'cross-origin' });
    res.sendFile('iamport.js', { root: BROWSER_FOLDER, ...NOT_KEPT });
  });
  router.get(['/window', '/window/:imp_uid'], (_req, res) => {
    sendPage(res, 'window.html');
  });
  router.get('/console', (_req, res) => {
    sendPage(res, 'console.html');
  });
  router.get('/', (_req, res) => {
    res.redirect('/console');
  });
  router.use('/browser', express.static(BROWSER_FOLDER, { index: false, maxAge: 0 }));
  return router;
}

function sendPage(res: Response, file: string): void {
  res.set('content-security-policy', PAGE_POLICY);
  res.sendFile(file, { root: BROWSER_FOLDER, ...NOT_KEPT });
}
