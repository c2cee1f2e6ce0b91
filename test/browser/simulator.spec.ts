import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { describeInBrowser, launchChromium } from '../support/chromium.js';
import { type RunningProgram, startSimulator } from '../support/server.js';
import { type SimulatorControl, simulatorControl } from '../support/simulator-control.js';
import { PHONE, Visitors } from './visitors.js';

const METHODS = ['card', 'kakaopay', 'trans', 'phone'];

interface Shop {
  IMP: { init(userCode: string): void; request_pay(order: object, callback: (result: object) => void): void };
  result?: Record<string, unknown>;
}

/** Any shop that follows the gateway's manual, not ours: the window must not depend on our page. */
const shopPage = (simulatorUrl: string) => `<!doctype html><html lang="ko"><title>shop</title>
  <link rel="icon" href="data:," /><button id="pay">pay</button>
  <script src="${simulatorUrl}/v1/iamport.js"></script>
  <script>
    IMP.init('imp00000000');
    document.querySelector('#pay').addEventListener('click', () => {
      const order = JSON.parse(new URLSearchParams(location.search).get('order'));
      IMP.request_pay(order, (result) => { window.result = result; });
    });
  </script>`;

describeInBrowser('the simulator in a browser', () => {
  let simulator: RunningProgram;
  let control: SimulatorControl;
  let shop: Server;
  let shopUrl: string;
  let browser: Browser;
  let visitors: Visitors;
  let orders = 0;

  beforeAll(async () => {
    simulator = await startSimulator();
    control = simulatorControl(simulator.url);
    shop = createServer((_request, response) => {
      response.setHeader('content-type', 'text/html; charset=utf-8');
      response.end(shopPage(simulator.url));
    }).listen(0);
    await once(shop, 'listening');
    shopUrl = `http://localhost:${(shop.address() as AddressInfo).port}`;
    browser = await launchChromium();
    visitors = new Visitors(browser, [shopUrl, simulator.url]);
  });

  afterEach(() => visitors.leave());

  afterAll(async () => {
    await browser.close();
    shop.close();
    shop.closeAllConnections();
    await simulator.stop();
  });

  /** Opens the window for a new order by keyboard, and waits until it has the focus. */
  async function openWindow({
    method = 'card',
    channel = 'html5_inicis',
    options = {},
  }: {
    method?: string;
    channel?: string;
    options?: BrowserContextOptions;
  } = {}): Promise<{ page: Page; buyerEmail: string }> {
    orders += 1;
    const buyerEmail = `buyer-${orders}@example.com`;
    const order = {
      channelKey: `channel-key-sim-${channel}`,
      pay_method: method,
      merchant_uid: `order-${orders}`,
      name: '<b>포인트</b> 10,000P',
      amount: 10_000,
      buyer_email: buyerEmail,
      buyer_tel: '01012345678',
      digital: true,
      m_redirect_url: shopUrl,
    };
    const page = await (await visitors.device(options)).newPage();
    await page.goto(`${shopUrl}/?order=${encodeURIComponent(JSON.stringify(order))}`);
    await page.locator('#pay').press('Enter');
    return { page, buyerEmail };
  }

  async function windowOpen(page: Page): Promise<void> {
    await page.frameLocator('dialog iframe').locator('[data-test=approve]:focus').waitFor();
  }

  async function result(page: Page): Promise<Record<string, unknown>> {
    await page.waitForFunction(() => 'result' in window);
    return page.evaluate(() => (window as unknown as Shop).result ?? {});
  }

  it.each(METHODS)('takes a payment by %s with the Enter key alone', async (method) => {
    const { page, buyerEmail } = await openWindow({ method });
    await windowOpen(page);
    await page.keyboard.press('Enter');
    expect(await result(page)).toMatchObject({ success: true, paid_amount: 10_000, status: 'paid' });
    expect(await control.paymentsOf(buyerEmail)).toMatchObject([
      method === 'kakaopay'
        ? { status: 'paid', pay_method: 'point', emb_pg_provider: 'kakaopay' }
        : { status: 'paid', pay_method: method },
    ]);
    // The shop has its keyboard back where it was.
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('pay');
  });

  it.each([
    ['danal', ['phone']],
    ['kakaopay', ['kakaopay']],
    ['ksnet', ['card', 'trans', 'phone', 'vbank']],
  ])('offers in the window of %s what that PG has, and nothing else', async (channel, methods) => {
    const { page, buyerEmail } = await openWindow({ channel, method: methods[0] });
    await windowOpen(page);
    const offered = page.frameLocator('dialog iframe').locator('[data-method]');
    expect(await offered.evaluateAll((labels) => labels.map((label) => label.dataset.method))).toEqual(
      methods,
    );
    expect(await page.frameLocator('dialog iframe').locator('[data-test=pg]').innerText()).toMatch(
      new RegExp(`.+ · ${channel}$`),
    );
    await page.keyboard.press('Enter');
    await result(page);
    expect(await control.paymentsOf(buyerEmail)).toMatchObject([{ status: 'paid', pg_provider: channel }]);
  });

  it('lets the buyer choose another method, a bank and instalments by keyboard', async () => {
    const { page, buyerEmail } = await openWindow();
    await windowOpen(page);
    const sheet = page.frameLocator('dialog iframe');
    await sheet.locator('input[name=pay_method]:checked').focus();
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('Tab');
    await page.keyboard.press('ArrowDown');
    await sheet.locator('[data-test=approve]').press('Enter');
    await result(page);
    expect(await control.paymentsOf(buyerEmail)).toMatchObject([
      { status: 'paid', pay_method: 'trans', bank_name: '기업은행' },
    ]);
  });

  it.each([
    { channel: 'html5_inicis', flag: { success: false } },
    { channel: 'tosspayments', flag: {} },
  ])('declines and closes by keyboard, in the style of $channel', async ({ channel, flag }) => {
    const declined = await openWindow({ channel });
    await windowOpen(declined.page);
    await declined.page.keyboard.press('Tab');
    await declined.page.keyboard.press('Enter');
    expect(await result(declined.page)).toMatchObject({
      ...flag,
      error_msg: expect.stringContaining('거절'),
    });
    expect(await control.paymentsOf(declined.buyerEmail)).toMatchObject([{ status: 'failed' }]);

    const closed = await openWindow({ channel });
    await windowOpen(closed.page);
    await closed.page.keyboard.press('Escape');
    expect(await result(closed.page)).toMatchObject({ ...flag, error_code: 'F400' });
    expect(await control.paymentsOf(closed.buyerEmail)).not.toMatchObject([{ status: 'paid' }]);
  });

  it('keeps the keyboard inside the window while it is open', async () => {
    const { page } = await openWindow();
    await windowOpen(page);
    for (let presses = 0; presses < 20; presses += 1) {
      await page.keyboard.press('Tab');
      expect(await page.evaluate(() => document.activeElement?.id)).not.toBe('pay');
    }
  });

  it('takes the whole page on a phone, without sideways scrolling, and comes back', async () => {
    const { page, buyerEmail } = await openWindow({
      options: { ...PHONE, viewport: { width: 320, height: 640 } },
    });
    await page.waitForURL(`${simulator.url}/window/imp_*`);
    await page.locator('[data-test=approve]').waitFor();
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(320);
    await page.locator('[data-test=decline]').press('Enter');
    await page.waitForURL(`${shopUrl}/?*`);
    const [payment] = await control.paymentsOf(buyerEmail);
    expect(Object.fromEntries(new URL(page.url()).searchParams)).toMatchObject({
      imp_uid: payment?.imp_uid,
      imp_success: 'false',
    });
  });

  it('lists every payment in the console as it stands, by keyboard and on a phone', async () => {
    const wish = { merchant_uid: 'in-the-console', amount: 10_000, buyer_name: '홍길동' };
    await control.pay({ ...wish, status: 'ready' });
    await control.pay({ ...wish, status: 'failed' });
    await control.pay({ ...wish, cancel_amount: 4_000 });
    await control.pay({ ...wish, name: '<img src=x onerror="window.forged=true">' });
    const page = await (await visitors.device({ viewport: { width: 320, height: 640 } })).newPage();
    await page.goto(`${simulator.url}/console`);
    const rows = page.locator('[data-test=payments] > li');
    await rows.first().waitFor();
    const states = await rows.locator('.state').allInnerTexts();
    expect(states.slice(0, 4)).toEqual(['결제완료', '부분취소', '실패', '미결제']);
    await rows.nth(1).locator('summary').press('Enter');
    expect(await rows.nth(1).innerText()).toMatch(/홍길동[\s\S]*−4,000원/);
    expect(await rows.first().innerText()).toContain('<img src=x');
    expect(await page.evaluate(() => 'forged' in window)).toBe(false);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(320);

    const total = await page.locator('[data-test=total]').innerText();
    await control.pay(wish);
    await page.locator('[data-test=total]').filter({ hasNotText: total }).waitFor();
    expect(await rows.nth(2).locator('details').getAttribute('open')).not.toBeNull();
  });
});
