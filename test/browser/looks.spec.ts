import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { describeInBrowser, launchChromium } from '../support/chromium.js';
import { credit, orderAndPay, startTopUpService, type TopUpService } from '../support/top-up-service.js';
import { CheckoutPage } from './checkout-page.js';
import { Cancelling } from './cancelling.js';
import { PHONE, Visitors } from './visitors.js';

/** What an element has that the browser itself gave it, and nobody's style. */
const STYLES = [
  'boxSizing',
  'marginTop',
  'paddingTop',
  'borderTopWidth',
  'borderTopLeftRadius',
  'backgroundColor',
  'color',
  'colorScheme',
  'fontFamily',
  'fontSize',
  'lineHeight',
  'letterSpacing',
  'wordBreak',
  'overflowWrap',
  'width',
  'maxHeight',
  'boxShadow',
  'display',
  'cursor',
  'fill',
  'listStyleType',
] as const;

describeInBrowser('the looks of the checkout page', () => {
  let service: TopUpService;
  let browser: Browser;
  let visitors: Visitors;

  beforeAll(async () => {
    service = await startTopUpService();
    browser = await launchChromium();
    visitors = new Visitors(browser, [service.url, service.simulatorUrl]);
  });

  afterEach(() => visitors.leave());

  afterAll(async () => {
    await browser.close();
    await service.stop();
  });

  async function open(device?: BrowserContext, payments = 0): Promise<CheckoutPage> {
    const { client } = await service.user();
    for (let made = 0; made < payments; made += 1) {
      await credit(client, (await orderAndPay(client, service.simulator)).imp_uid);
    }
    const checkout = await CheckoutPage.open(device ?? (await visitors.device()), service.url, { client });
    await checkout.part('package-10000').waitFor();
    await checkout.history();
    return checkout;
  }

  const headings = ({ page }: CheckoutPage) => page.locator('h1:visible').count();

  it('says that it is a test before any script has run, and nothing of it where money is real', async () => {
    const device = await visitors.device({ javaScriptEnabled: false });
    const page = await device.newPage();
    await page.goto(`${service.url}/payment.html`);
    expect(await page.locator('#test-mode').innerText()).toContain('테스트 결제');

    await page.route('**/payment.html', async (route) => {
      const response = await route.fetch();
      const html = (await response.text()).replace('data-test-mode="true"', 'data-test-mode="false"');
      await route.fulfill({ response, body: html });
    });
    await page.goto(`${service.url}/payment.html`);
    expect(await page.locator('#test-mode').isVisible()).toBe(false);
  });

  it('has one heading of the first level in every state', async () => {
    const { client, account } = await service.user();
    const payment = await orderAndPay(client, service.simulator);
    await credit(client, payment.imp_uid);
    const device = await visitors.device();
    visitors.expectFault(/ERR_FAILED/);
    const hold = () => device.route('**/graphql', () => {});
    await hold();
    const checkout = new CheckoutPage(await device.newPage(), service.url);
    const counts: Record<string, number> = {};
    await checkout.page.goto(`${service.url}/payment.html`);
    counts.loading = await headings(checkout);
    await device.unroute('**/graphql');
    await device.route('**/graphql', (route) => route.abort());
    await checkout.goto();
    counts.connection = await headings(checkout);
    await device.unroute('**/graphql');
    await checkout.part('connect-again').click();
    await checkout.part('auth').waitFor();
    counts.welcome = await headings(checkout);
    await checkout.logIn(account);
    counts.account = await headings(checkout);
    await checkout.openWindow(10_000);
    await checkout.press('decline');
    await checkout.outcome('notPaid');
    counts.notPaid = await headings(checkout);
    await checkout.part('result-close').click();
    await checkout.part('pay').click();
    await checkout.press('approve');
    await checkout.outcome('credited');
    counts.credited = await headings(checkout);
    await checkout.part('result-close').click();
    await checkout.openWindow(10_000, 'vbank');
    await checkout.press('approve');
    await checkout.deposit().waitFor();
    counts.awaitingDeposit = await headings(checkout);
    await device.route('**/payment/history.js', (route) => route.abort());
    await checkout.goto();
    await checkout.part('page-problem').waitFor();
    counts.problem = await headings(checkout);

    expect(counts).toEqual(Object.fromEntries(Object.keys(counts).map((state) => [state, 1])));
    expect(Object.keys(counts)).toHaveLength(8);
  });

  /** The same elements as a gateway's script puts them there, in this page and in one without any style. */
  async function stylesOfOverlay(page: Page): Promise<Record<string, string[]>> {
    return page.evaluate((names) => {
      const overlay = document.createElement('div');
      overlay.id = 'imp-overlay';
      overlay.innerHTML =
        '<main><h1>h</h1><h2>h</h2><p hidden>p</p><ul><li>l</li></ul><fieldset><legend>l</legend><label>l</label></fieldset>' +
        '<input><input type="radio"><button>b</button><svg></svg><iframe></iframe><footer>f</footer></main>' +
        '<dialog open>d</dialog>';
      document.body.append(overlay);
      const found = [overlay, ...overlay.querySelectorAll('*')].map((element, index) => {
        const style = getComputedStyle(element);
        return [`${index} ${element.localName}`, names.map((name) => `${name}: ${style[name]}`)];
      });
      overlay.remove();
      return Object.fromEntries(found);
    }, STYLES);
  }

  it.each(['light', 'dark'] as const)(
    'gives none of its style to a payment window beside it (%s)',
    async (colorScheme) => {
      const device = await visitors.device({ colorScheme });
      const checkout = await open(device);
      const here = await stylesOfOverlay(checkout.page);
      const blank = await device.newPage();
      await blank.setContent('<!doctype html><html lang="ko"><body style="margin: 0"></body></html>');
      expect(here).toEqual(await stylesOfOverlay(blank));
      expect(Object.keys(here).length).toBeGreaterThan(15);
    },
  );

  it('lays nothing over a payment window', async () => {
    const checkout = await open();
    await checkout.openWindow(10_000);
    const onTop = await checkout.page.evaluate(
      () => document.elementFromPoint(innerWidth / 2, innerHeight / 2)?.localName,
    );
    expect(onTop).toBe('iframe');
    await checkout.press('close');
    await checkout.outcome('notPaid');
  });

  it('hides no amount and no method of a phone behind the bar with the pay button', async () => {
    const checkout = await open(await visitors.device(PHONE));
    await checkout.part('package-10000').check();
    const hidden = await checkout.page.evaluate(() => {
      const covered: string[] = [];
      for (let top = 0; top < document.body.scrollHeight; top += 100) {
        scrollTo(0, top);
        for (const input of document.querySelectorAll<HTMLElement>('#top-up .choice input, #tel')) {
          const { left, top: upper, width, height } = input.getBoundingClientRect();
          const [x, y] = [left + width / 2, upper + height / 2];
          // Not there at all: a method that needs no number asks for none.
          if (width === 0) continue;
          if (y < 0 || y > innerHeight) continue;
          if (document.elementFromPoint(x, y) !== input) covered.push(input.dataset.test ?? '');
        }
      }
      return [...new Set(covered)];
    });
    expect(hidden).toEqual([]);
  });

  describe.each(['ko-KR', 'en-US'])('with text of 200 %% (%s)', (locale) => {
    /** Texts that are cut, that lie over each other, or of which a word or an amount is broken in two. */
    async function faultsOfText({ page }: CheckoutPage): Promise<string[]> {
      return page.evaluate(() => {
        const shown = [...document.querySelectorAll<HTMLElement>('.app *')].filter(
          (element) =>
            element.checkVisibility() &&
            !element.closest('.unseen, .sprite, dialog') &&
            [...element.childNodes].some((node) => node.nodeType === 3 && node.nodeValue?.trim()),
        );
        const box = (element: Element) => {
          const range = document.createRange();
          range.selectNodeContents(element);
          return range.getBoundingClientRect();
        };
        const faults: string[] = [];
        for (const element of shown) {
          const text = element.innerText.trim();
          const { left, right } = box(element);
          if (left < -1 || right > innerWidth + 1) faults.push(`beside the page: ${text}`);
          if (/^[+-]?[₩\d,]+[P원]?$/.test(text)) {
            const lineHeight = Number.parseFloat(getComputedStyle(element).lineHeight);
            if (box(element).height > lineHeight * 1.6) faults.push(`broken: ${text}`);
          }
        }
        for (const [index, one] of shown.entries()) {
          for (const other of shown.slice(index + 1)) {
            if (one.contains(other) || other.contains(one)) continue;
            const [a, b] = [box(one), box(other)];
            const across = Math.min(a.right, b.right) - Math.max(a.left, b.left);
            const down = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
            if (across > 2 && down > 8) faults.push(`over each other: ${one.innerText} / ${other.innerText}`);
          }
        }
        return faults;
      });
    }

    it.each([
      ['a phone', { width: 390, height: 844 }],
      ['a desk', { width: 1280, height: 900 }],
    ])('cuts nothing and lays nothing over another on %s', async (_device, viewport) => {
      const device = await visitors.device({ viewport, locale });
      await device.addInitScript(() => {
        document.addEventListener('readystatechange', () => {
          document.documentElement.style.fontSize = '200%';
        });
      });
      const welcome = await CheckoutPage.open(device, service.url);
      expect(await faultsOfText(welcome)).toEqual([]);
      await welcome.expectNoSidewaysScrolling();
      await welcome.page.close();
      const checkout = await open(device, 2);
      await checkout.part('package-100000').check();
      expect(await faultsOfText(checkout)).toEqual([]);
      await checkout.expectNoSidewaysScrolling();
      await checkout.openWindow(10_000);
      await checkout.press('decline');
      await checkout.outcome('notPaid');
      expect(await faultsOfText(checkout)).toEqual([]);
      await checkout.expectNoSidewaysScrolling();

      await checkout.part('result-close').click();
      await checkout.openWindow(100_000, 'vbank');
      await checkout.press('approve');
      await checkout.deposit().waitFor();
      expect(await faultsOfText(checkout)).toEqual([]);
      await checkout.expectNoSidewaysScrolling();
    });
  });

  describe('in forced colours', () => {
    it('shows by borders what is chosen, what is a button and what is a card', async () => {
      const checkout = await open(await visitors.device({ forcedColors: 'active' }), 1);
      await checkout.choose(10_000);
      const border = (selector: string) =>
        checkout.page
          .locator(selector)
          .first()
          .evaluate((element) => {
            const { borderTopWidth, borderTopStyle, borderTopColor } = getComputedStyle(element);
            return { width: Number.parseFloat(borderTopWidth), style: borderTopStyle, color: borderTopColor };
          });
      const [chosen, other] = [
        await border('[data-test=package-10000]'),
        await border('[data-test=package-5000]'),
      ];
      expect(chosen.width).toBeGreaterThan(other.width);
      expect(chosen.color).not.toBe(other.color);
      for (const selector of ['#pay', '.card', '.balance-card', '#test-mode']) {
        expect([selector, await border(selector)]).toEqual([
          selector,
          expect.objectContaining({ style: 'solid', width: 1 }),
        ]);
      }
      await new Cancelling(checkout).open((await checkout.history())[0]?.impUid ?? '');
      expect(await border('#cancel-dialog')).toMatchObject({ style: 'solid', width: 1 });
    });
  });
});
