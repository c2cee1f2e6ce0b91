import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import type { Browser, Route } from 'playwright-core';
import { describeInBrowser, launchChromium } from '../support/chromium.js';
import { readAccount } from '../support/books.js';
import { type HostLogin, startHostLogin } from '../support/host-login.js';
import { startTopUpService, type TopUpService } from '../support/top-up-service.js';
import { CheckoutPage } from './checkout-page.js';
import { PHONE, Visitors } from './visitors.js';

/** What the shop's script is, as docs/adopt.md says. */
const SCRIPT = `globalThis.pointPage = {
  accessToken: async () => {
    const response = await fetch(new URL('/api/points-token', SHOP), { credentials: 'include' });
    return response.ok ? (await response.json()).token : null;
  },
  logIn: () => location.assign(new URL('/login', SHOP)),
};`;

describeInBrowser('the checkout page with the shop’s own login', () => {
  let browser: Browser;
  let login: HostLogin;
  let shop: Server;
  let shopUrl: string;
  let service: TopUpService;
  let visitors: Visitors;
  /** Who is logged in at the shop. */
  let loggedIn: { id: string; name?: string } | null = null;
  let tokensGiven = 0;
  let scriptIsThere = true;

  beforeAll(async () => {
    browser = await launchChromium();
    login = await startHostLogin();
    shop = createServer((request, response) => void answer(request, response)).listen(0, '127.0.0.1');
    await once(shop, 'listening');
    shopUrl = `http://127.0.0.1:${(shop.address() as AddressInfo).port}`;
    service = await startTopUpService({
      env: { ...login.env, AUTH_PAGE_SCRIPT_URL: `${shopUrl}/points-page.js` },
    });
    visitors = new Visitors(browser, [service.url, service.simulatorUrl, shopUrl]);
  });
  afterEach(async () => {
    await visitors.leave();
    [loggedIn, tokensGiven, scriptIsThere] = [null, 0, true];
  });
  afterAll(async () => {
    await service.stop();
    await login.stop();
    shop.closeAllConnections();
    shop.close();
    await browser.close();
  });

  async function answer({ url }: IncomingMessage, response: ServerResponse): Promise<void> {
    response.setHeader('Access-Control-Allow-Origin', service.url);
    response.setHeader('Access-Control-Allow-Credentials', 'true');
    if (url === '/points-page.js' && scriptIsThere) {
      response.setHeader('Content-Type', 'text/javascript');
      response.end(SCRIPT.replaceAll('SHOP', JSON.stringify(shopUrl)));
    } else if (url === '/api/points-token' && loggedIn) {
      tokensGiven += 1;
      const { id, name } = loggedIn;
      response.end(JSON.stringify({ token: await login.token(id, { claims: { name } }) }));
    } else if (url === '/api/points-token') {
      // 200, because a browser writes every other one into its console.
      response.end(JSON.stringify({ token: null }));
    } else if (url === '/login') {
      response.setHeader('Content-Type', 'text/html');
      response.end('<title>log in at the shop</title><link rel="icon" href="data:," />');
    } else response.writeHead(404).end();
  }

  /** The next call of the page is sent with a token that is none. */
  async function endToken({ page }: CheckoutPage): Promise<void> {
    const sendAsNobody = (route: Route) =>
      route.continue({ headers: { ...route.request().headers(), authorization: 'Bearer ended' } });
    await page.route('**/graphql', sendAsNobody, { times: 1 });
  }

  it('buys points with the token of the shop, which stands in no address and no storage', async () => {
    loggedIn = { id: 'shop-7', name: '홍길동' };
    const checkout = await CheckoutPage.open(await visitors.device(), service.url);
    const addresses: string[] = [];
    checkout.page.on('request', (request) => addresses.push(request.url()));

    expect(await checkout.part('balance-owner').textContent()).toBe('홍길동 님의 포인트');
    expect(await checkout.part('log-out').isVisible()).toBe(false);
    await checkout.openWindow(10_000);
    await checkout.press('approve');
    await checkout.outcome('credited');

    expect(await readAccount(service.books, 'shop-7')).toMatchObject({ balance: { point: 10_000 } });
    const kept = await checkout.page.evaluate(() =>
      JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie, location.href]),
    );
    for (const text of [kept, ...addresses]) expect(text).not.toContain('eyJ');
    expect(tokensGiven).toBe(1);
  });

  it('asks the shop for a new token when one has ended, and goes on', async () => {
    loggedIn = { id: 'shop-8' };
    const checkout = await CheckoutPage.open(await visitors.device(), service.url);
    expect(await checkout.part('balance-owner').textContent()).toBe('내 포인트');
    await endToken(checkout);

    await checkout.openWindow(10_000);
    await checkout.press('approve');
    await checkout.outcome('credited');

    expect(tokensGiven).toBe(2);
  });

  it('shows nothing of the one who was there when somebody else is logged in at the shop', async () => {
    loggedIn = { id: 'shop-9', name: '먼저' };
    const checkout = await CheckoutPage.open(await visitors.device(), service.url);
    expect(await checkout.part('balance-owner').textContent()).toBe('먼저 님의 포인트');

    loggedIn = { id: 'shop-10', name: '나중' };
    await endToken(checkout);
    await checkout.part('package-10000').check();
    await checkout.part('pay').click();

    await checkout.part('balance-owner').filter({ hasText: '나중' }).waitFor();
    expect(
      await service.books.query('SELECT COUNT(*) AS orders FROM point_payment_order WHERE ownerId = ?', [
        'shop-9',
      ]),
    ).toEqual([{ orders: 0 }]);
  });

  it('leads whoever is not logged in to the shop, on a phone, by the keyboard, in both languages', async () => {
    const checkout = await CheckoutPage.open(await visitors.device(PHONE), service.url);

    await checkout.part('host-login').waitFor();
    expect(await checkout.part('auth').isVisible()).toBe(false);
    expect(await checkout.part('host-log-in').textContent()).toBe('로그인하러 가기');
    await checkout.part('language').click();
    expect(await checkout.part('host-log-in').textContent()).toBe('Go to the log-in');
    await checkout.part('host-log-in').focus();
    await checkout.page.keyboard.press('Enter');
    await checkout.page.waitForURL(`${shopUrl}/login`);
  });

  it('says so when the script of the shop did not come, and goes on when it does', async () => {
    loggedIn = { id: 'shop-11', name: '다시' };
    scriptIsThere = false;
    visitors.expectFault(/points-page\.js/);
    const checkout = await CheckoutPage.open(await visitors.device(), service.url);

    await checkout.part('connection-problem').waitFor();
    scriptIsThere = true;
    await checkout.goto();
    await checkout.part('balance-owner').filter({ hasText: '다시' }).waitFor();
  });
});
