import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { Browser, BrowserContext } from 'playwright-core';
import { describeInBrowser, launchChromium } from '../support/chromium.js';
import { credit, orderAndPay, startTopUpService, type TopUpService } from '../support/top-up-service.js';
import { CheckoutPage } from './checkout-page.js';
import { Cancelling } from './cancelling.js';
import { expectCredited } from './expect-credited.js';
import { Visitors } from './visitors.js';

/** A name of the local network: over http its pages are no secure context. */
const LAN_NAME = 'points.lan';

const noStorage = `for (const name of ['localStorage', 'sessionStorage'])
  Object.defineProperty(globalThis, name, { get() { throw new DOMException('blocked', 'SecurityError'); } });`;
const lacks: Record<string, string> = {
  'no BroadcastChannel': 'delete globalThis.BroadcastChannel',
  'a BroadcastChannel that throws':
    'globalThis.BroadcastChannel = function () { throw new DOMException("blocked", "SecurityError"); }',
  'no locks': 'delete Navigator.prototype.locks',
  'locks that are refused':
    'if (globalThis.LockManager) LockManager.prototype.request = () => Promise.reject(new DOMException("blocked", "SecurityError"))',
  'no AbortSignal.timeout': 'delete AbortSignal.timeout',
  'no crypto.randomUUID': 'delete Crypto.prototype.randomUUID',
  'no modal dialogs':
    'delete HTMLDialogElement.prototype.showModal; delete HTMLDialogElement.prototype.close; delete HTMLDialogElement.prototype.show',
  'no user activation': 'delete Navigator.prototype.userActivation',
  'storage that is blocked': noStorage,
};
/** What Safari 15.0 lacks of all that this page was ever seen to use. */
const SAFARI_15 = [
  ...Object.values(lacks).filter((script) => script !== noStorage && !script.includes('"blocked"')),
  'delete globalThis.structuredClone; delete globalThis.reportError; delete Object.hasOwn; delete Array.prototype.at',
  'for (const name of ["findLast", "toSorted", "toReversed"]) delete Array.prototype[name]',
  'delete HTMLElement.prototype.inert',
].join(';\n');
/** The windows of the simulator are no part of the page. */
const inThePage = (script: string) => `if (top === self) { ${script} }`;

describeInBrowser('the checkout page in a browser', () => {
  let service: TopUpService;
  let browser: Browser;
  let visitors: Visitors;

  beforeAll(async () => {
    service = await startTopUpService();
    browser = await launchChromium({ lanName: LAN_NAME });
    visitors = new Visitors(browser, [service.url, service.simulatorUrl, lanUrl()]);
  });

  afterEach(() => visitors.leave());

  afterAll(async () => {
    await browser.close();
    await service.stop();
  });

  function lanUrl(): string {
    return service.url.replace('localhost', LAN_NAME);
  }

  async function payer() {
    const { client, account } = await service.user();
    const payment = await orderAndPay(client, service.simulator);
    await credit(client, payment.imp_uid);
    return { account, impUid: payment.imp_uid };
  }

  async function cancelsAll(checkout: CheckoutPage, impUid: string): Promise<void> {
    const page = new Cancelling(checkout);
    await page.cancel(impUid);
    await page.ended('done');
    await page.close();
    await page.balanceIs('0P');
    await page.state(impUid, 'ALL').waitFor();
  }

  async function deviceWithout(script: string): Promise<BrowserContext> {
    const device = await visitors.device();
    await device.addInitScript(inThePage(script));
    return device;
  }

  it('that has it over http from the local network cancels as any other', async () => {
    const { account, impUid } = await payer();
    const checkout = await CheckoutPage.open(await visitors.device(), lanUrl());
    visitors.expectFault(/Cross-Origin-Opener-Policy/);
    expect(await checkout.page.evaluate(() => isSecureContext)).toBe(false);
    await checkout.logIn(account);
    await cancelsAll(checkout, impUid);
  });

  it.each(Object.keys(lacks))('with %s logs in and cancels', async (lack) => {
    const { account, impUid } = await payer();
    const checkout = await CheckoutPage.open(await deviceWithout(lacks[lack] ?? ''), service.url);
    await checkout.logIn(account);
    await cancelsAll(checkout, impUid);
  });

  it('as old as Safari 15 pays, reloads and cancels', async () => {
    const { account } = await service.user();
    const device = await deviceWithout(SAFARI_15);
    // The window of the simulator is no part of the page, and is a modal dialog.
    await device.route('**/v1/iamport.js', async (route) => {
      const response = await route.fetch();
      const script = await response.text();
      await route.fulfill({
        response,
        body: script
          .replaceAll('dialog.showModal()', 'dialog.setAttribute("open", "")')
          .replaceAll('dialog.close()', 'void 0'),
      });
    });
    const checkout = await CheckoutPage.open(device, service.url);
    await checkout.logIn(account);
    await checkout.openWindow(10_000);
    await checkout.press('approve');
    await checkout.outcome('credited');
    const impUid = await checkout.impUid();
    await expectCredited(service, account.id, [10_000]);
    await checkout.goto();
    await cancelsAll(checkout, impUid);
  });

  it('without modal dialogs shows the dialog in the place of the page, and gives the page back', async () => {
    const { account, impUid } = await payer();
    const checkout = await CheckoutPage.open(
      await deviceWithout(lacks['no modal dialogs'] ?? ''),
      service.url,
    );
    await checkout.logIn(account);
    const page = new Cancelling(checkout);
    await page.open(impUid);
    expect(await checkout.part('account').isVisible()).toBe(false);
    await page.close();
    expect(await checkout.part('account').isVisible()).toBe(true);
    await checkout.focusComesTo('cancel');
  });

  describe('in which our own script', () => {
    async function problemOf(device: BrowserContext): Promise<CheckoutPage> {
      const checkout = new CheckoutPage(await device.newPage(), service.url);
      await checkout.goto();
      await checkout.part('page-problem').waitFor();
      expect(await checkout.part('page-problem').innerText()).toMatch(/새로 고쳐.*Please reload/s);
      expect(await checkout.page.locator('#loading').isVisible()).toBe(false);
      return checkout;
    }

    it('does not come: says so, and works after a reload', async () => {
      visitors.expectFault(/ERR_FAILED/);
      const device = await visitors.device();
      await device.route('**/payment/history.js', (route) => route.abort());
      const checkout = await problemOf(device);
      await device.unroute('**/payment/history.js');
      await checkout.part('reload').click();
      await checkout.part('auth').waitFor();
      expect(await checkout.part('page-problem').isVisible()).toBe(false);
    });

    it('is not understood: says so', async () => {
      visitors.expectFault(/unexpected token/);
      const device = await visitors.device();
      await device.route('**/payment/view.js', (route) =>
        route.fulfill({ contentType: 'text/javascript', body: 'export class A { # }' }),
      );
      await problemOf(device);
    });

    it('throws as the page opens: says so', async () => {
      visitors.expectFault(/Intl/);
      await problemOf(
        await deviceWithout('Intl.NumberFormat = () => { throw new Error("Intl is broken"); }'),
      );
    });

    it('does not come and does not fail: says so, and takes it back when it comes after all', async () => {
      const device = await visitors.device();
      let come = () => {};
      const coming = new Promise<void>((resolve) => {
        come = resolve;
      });
      await device.route('**/payment/main.js', async (route) => {
        await coming;
        await route.continue();
      });
      const checkout = new CheckoutPage(await device.newPage(), service.url);
      await checkout.page.clock.install();
      await checkout.page.goto(`${service.url}/payment.html`, { waitUntil: 'commit' });
      await checkout.page.locator('#loading').waitFor();
      await checkout.page.clock.fastForward(21_000);
      await checkout.part('page-problem').waitFor();
      come();
      await checkout.part('auth').waitFor();
      expect(await checkout.part('page-problem').isVisible()).toBe(false);
    });

    it('throws when a button is pressed: says so above what is there', async () => {
      const { account, impUid } = await payer();
      visitors.expectFault(/no random numbers/);
      const checkout = await CheckoutPage.open(
        await deviceWithout('crypto.getRandomValues = () => { throw new Error("no random numbers"); }'),
        service.url,
      );
      await checkout.logIn(account);
      await new Cancelling(checkout).cancel(impUid);
      await checkout.page.locator('#page-problem:not([hidden])').waitFor({ state: 'attached' });
      expect(await checkout.part('account').isVisible()).toBe(true);
    });

    it('is fine, and another’s is not: says nothing', async () => {
      visitors.expectFault(/of an extension/);
      const checkout = await CheckoutPage.open(await visitors.device(), service.url);
      await checkout.page.evaluate(() => {
        setTimeout(() => {
          throw new Error('of an extension');
        });
        void Promise.reject(new Error('of an extension'));
      });
      expect(await checkout.part('page-problem').isVisible()).toBe(false);
    });
  });

  it('without scripts says what to turn on, and shows no page that seems to load', async () => {
    const checkout = new CheckoutPage(
      await (await visitors.device({ javaScriptEnabled: false })).newPage(),
      service.url,
    );
    await checkout.page.goto(`${service.url}/payment.html`);
    expect(await checkout.page.locator('body').innerText()).toMatch(/자바스크립트를 켜.*turn on JavaScript/s);
    expect(await checkout.page.locator('#loading').isVisible()).toBe(false);
    expect(await checkout.part('test-mode').isVisible()).toBe(true);
  });
});
