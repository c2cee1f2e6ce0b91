import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import type { Browser, BrowserContext, BrowserContextOptions, Locator, Page } from 'playwright-core';
import { startIamportSimulator, type RunningSimulator } from '../../simulator/src/simulator.js';
import { describeInBrowser, launchChromium } from '../support/chromium.js';

type Fields = Record<string, unknown>;

const WAIT_LIMIT_MS = 10_000;
const LANGUAGES = ['ko-KR', 'en-US'] as const;
const PHONE: BrowserContextOptions = {
  viewport: { width: 390, height: 844 },
  isMobile: true,
  hasTouch: true,
};

describeInBrowser('the console of the simulator', () => {
  let folder: string;
  let simulator: RunningSimulator;
  let shop: Server;
  let browser: Browser;
  let context: BrowserContext | undefined;
  let faults: string[] = [];
  let arrivals: Fields[] = [];
  let orders = 0;

  beforeAll(async () => {
    shop = createServer((req, res) => {
      let text = '';
      req.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      req.on('end', () => {
        arrivals.push(JSON.parse(text) as Fields);
        res.end();
      });
    });
    shop.listen(0, '127.0.0.1');
    await once(shop, 'listening');
    folder = mkdtempSync(join(tmpdir(), 'iamport-simulator-'));
    simulator = await startIamportSimulator({ port: 0, dataFile: join(folder, 'simulator.db'), seed: 4711 });
    browser = await launchChromium();
  });

  afterEach(async () => {
    await context?.close();
    context = undefined;
    await control('DELETE', '/faults');
    expect(faults.splice(0)).toEqual([]);
  });

  afterAll(async () => {
    await browser.close();
    await simulator.close();
    shop.close();
    rmSync(folder, { recursive: true });
  });

  async function control(method: string, path: string, body?: unknown): Promise<Fields> {
    const response = await fetch(`${simulator.url}/_simulator${path}`, {
      method,
      headers: { 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return (await response.json()) as Fields;
  }

  /** A payment whose webhooks come to this test's shop. */
  async function pay(fields: Fields = {}): Promise<string> {
    orders += 1;
    const noticeUrl = `http://127.0.0.1:${(shop.address() as AddressInfo).port}`;
    const wish = { merchant_uid: `order-${orders}`, amount: 10_000, notice_url: noticeUrl, ...fields };
    return (await control('POST', '/payments', wish)).imp_uid as string;
  }

  async function paymentOf(impUid: string): Promise<Fields | undefined> {
    const { list } = await control('GET', '/payments?limit=1000');
    return (list as Fields[]).find((payment) => payment.imp_uid === impUid);
  }

  async function webhooksSent(): Promise<void> {
    const until = Date.now() + WAIT_LIMIT_MS;
    while ((await control('GET', '/webhooks')).open !== 0) {
      if (Date.now() > until) throw new Error('webhooks are still on their way');
    }
  }

  async function openConsole(path: string, options: BrowserContextOptions = {}): Promise<Page> {
    context = await browser.newContext({ locale: 'ko-KR', ...options });
    const page = await context.newPage();
    page.on('pageerror', (error) => faults.push(String(error)));
    page.on('console', (message) => {
      // A refusal that the page then shows is no fault of the page.
      if (message.type() === 'error' && !message.text().includes('status of 4')) faults.push(message.text());
    });
    await page.goto(`${simulator.url}/console${path}`);
    return page;
  }

  const said = (page: Page): Locator => page.locator('[data-test=said]');
  const item = (page: Page, impUid: string): Locator => page.locator(`[data-imp-uid=${impUid}]`);

  it('cancels a part and then the rest, and sends a webhook for each', async () => {
    const impUid = await pay();
    const page = await openConsole(`?payment=${impUid}`);
    arrivals = [];
    for (const amount of ['3000', undefined]) {
      await item(page, impUid).locator('[data-test=cancel]').click();
      const dialog = page.locator('[data-test=cancel-dialog]');
      if (amount !== undefined) await dialog.locator('[name=amount]').fill(amount);
      await dialog.locator('[name=reason]').fill('고객 요청');
      await dialog.locator('[data-test=cancel-confirm]').click();
      await dialog.waitFor({ state: 'hidden' });
    }
    expect(await paymentOf(impUid)).toMatchObject({
      status: 'cancelled',
      cancel_history: [
        { amount: 3000, reason: '고객 요청' },
        { amount: 7000, reason: '고객 요청' },
      ],
    });
    await item(page, impUid).locator('[data-test=cancel]').waitFor({ state: 'detached' });
    await webhooksSent();
    expect(arrivals.map(({ status }) => status)).toEqual(['cancelled', 'cancelled']);
  });

  it('keeps the dialog and says why when a cancel is refused', async () => {
    const impUid = await pay();
    const page = await openConsole(`?payment=${impUid}`);
    await item(page, impUid).locator('[data-test=cancel]').click();
    await control('POST', `/payments/${impUid}/cancel`);
    await page.locator('[data-test=cancel-confirm]').click();
    await page.getByText('이미 전액취소된 주문입니다.').waitFor();
    expect(await page.locator('[data-test=cancel-dialog]').isVisible()).toBe(true);
  });

  it('approves a failed payment late and sends its webhook again', async () => {
    const impUid = await pay({ status: 'failed' });
    const page = await openConsole(`?payment=${impUid}`);
    arrivals = [];
    await item(page, impUid).locator('[data-test=approve]').click();
    await item(page, impUid).getByText('결제완료').waitFor();
    await item(page, impUid).locator('[data-test=resend]').click();
    await page.getByText('웹훅 1건을 보냈습니다.').waitFor();
    await webhooksSent();
    expect(arrivals).toEqual(
      [1, 2].map(() => ({ imp_uid: impUid, merchant_uid: `order-${orders}`, status: 'paid' })),
    );
  });

  it('says that a webhook reached nobody', async () => {
    const impUid = await pay({ notice_url: 'http://127.0.0.1:9/' });
    const page = await openConsole(`?payment=${impUid}`);
    await item(page, impUid).locator('[data-test=resend]').click();
    await said(page).filter({ hasText: 'ECONNREFUSED' }).waitFor();
  });

  it('adds a fault for one payment, shows it, and clears all', async () => {
    const impUid = await pay();
    const page = await openConsole(`?payment=${impUid}`);
    await item(page, impUid).locator('[data-test=fault]').click();
    const form = page.locator('[data-test=fault-form]');
    await form.locator('[name=call]').selectOption('GET /payments/{imp_uid}');
    await form.locator('[name=kind]').selectOption('slow');
    await form.locator('[name=often]').selectOption('percent');
    await form.locator('[name=percent]').fill('25');
    await form.locator('[name=delay_ms]').fill('40');
    await form.locator('[data-test=fault-add]').click();
    await page.locator('[data-test=faults] > li').waitFor();
    expect((await control('GET', '/faults')).faults).toMatchObject([
      { call: 'GET /payments/{imp_uid}', kind: 'slow', probability: 0.25, delay_ms: 40, imp_uid: impUid },
    ]);
    await page.locator('[data-test=faults-clear]').click();
    await page.locator('[data-test=faults] > li').waitFor({ state: 'detached' });
    expect((await control('GET', '/faults')).faults).toEqual([]);
  });

  it('releases a held call', async () => {
    const impUid = await pay();
    await control('POST', '/faults', { call: 'POST /payments/cancel', kind: 'hold-before' });
    const tokens = await fetch(`${simulator.url}/users/getToken`, {
      method: 'POST',
      body: new URLSearchParams({ imp_key: 'simulator-key', imp_secret: 'simulator-secret' }),
    });
    const { response } = (await tokens.json()) as { response: { access_token: string } };
    const answer = fetch(`${simulator.url}/payments/cancel`, {
      method: 'POST',
      headers: { authorization: response.access_token },
      body: new URLSearchParams({ imp_uid: impUid, amount: '1000' }),
    });
    const page = await openConsole('#faults');
    const held = page.locator('[data-test=holds] > li');
    expect(await held.innerText()).toContain(impUid);
    await held.getByRole('button', { name: '적용하고 응답' }).click();
    expect(await (await answer).json()).toMatchObject({ code: 0, response: { cancel_amount: 1000 } });
    await held.waitFor({ state: 'detached' });
  });

  it('changes how webhooks are sent and what a partial cancel reads', async () => {
    await control('PUT', '/webhooks', { modes: 'attempts=3,retry=10', url: null });
    const page = await openConsole('#webhooks');
    const form = page.locator('[data-test=webhook-form]');
    await form.locator('[name=url]').fill('http://localhost:3000/webhooks/iamport');
    await form.locator('[name=twice]').check();
    await form.locator('[name=late]').check();
    await form.locator('[name=late_ms]').fill('250');
    await form.locator('[data-test=webhook-save]').click();
    await said(page).filter({ hasText: '저장했습니다.' }).waitFor();
    expect(await control('GET', '/webhooks')).toMatchObject({
      modes: 'late=250,twice,attempts=3,retry=10',
      url: 'http://localhost:3000/webhooks/iamport',
    });
    await page.locator('[data-test=tab-faults]').click();
    for (const status of ['paid', 'cancelled']) {
      const changed = page.waitForResponse((response) => response.request().method() === 'PUT');
      await page.locator('[data-test=partial-status]').selectOption(status);
      await changed;
      expect(await control('GET', '/habits')).toMatchObject({ partial_cancel_status: status });
    }
    for (const [choice, unsettled_won] of [
      ['0', 0],
      ['', null],
    ] as const) {
      const changed = page.waitForResponse((response) => response.request().method() === 'PUT');
      await page.locator('[data-test=unsettled]').selectOption(choice);
      await changed;
      expect(await control('GET', '/habits')).toMatchObject({ unsettled_won });
    }
  });

  it.each(LANGUAGES)(
    'has a text for everything, on a phone without scrolling sideways, in %s',
    async (locale) => {
      const impUid = await pay({ amount: 3000, cancel_amount: 1000 });
      const { kinds } = await control('GET', '/faults');
      await control('POST', '/faults', {
        faults: Object.keys(kinds as object).map((kind) => ({ kind, call: 'GET /banks' })),
      });
      const page = await openConsole(`?payment=${impUid}`, { ...PHONE, locale });
      for (const tab of ['payments', 'faults', 'webhooks', 'channels']) {
        await page.locator(`[data-test=tab-${tab}]`).click();
        await page.locator(`#section-${tab} li`).first().waitFor();
        const { text, tooWide, unnamed } = await page.evaluate(() => ({
          text: document.body.innerText,
          tooWide: document.documentElement.scrollWidth - window.innerWidth,
          unnamed: [...document.querySelectorAll('button, option')].filter(
            (node) => !node.textContent?.trim(),
          ).length,
        }));
        expect(text).not.toMatch(/undefined|null|NaN/);
        expect({ tab, tooWide, unnamed }).toEqual({ tab, tooWide: 0, unnamed: 0 });
      }
    },
  );
});
