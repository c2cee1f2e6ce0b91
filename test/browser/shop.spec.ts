import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { describeInBrowser, launchChromium } from '../support/chromium.js';
import { type ShopFile, writeShopFile } from '../support/shop-file.js';
import { startTopUpService, type TopUpService } from '../support/top-up-service.js';
import { Cancelling } from './cancelling.js';
import { CheckoutPage } from './checkout-page.js';
import { PHONE, Visitors } from './visitors.js';

const LOGO = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8"><rect width="8" height="8"/></svg>';

describeInBrowser('the page of a shop', () => {
  let file: ShopFile;
  let service: TopUpService;
  let browser: Browser;
  let visitors: Visitors;

  beforeAll(async () => {
    file = await writeShopFile(
      { logo: 'logo.svg', cancelPolicy: { withinDays: 7, partial: false, minAmount: 6_000 } },
      { 'logo.svg': LOGO },
    );
    service = await startTopUpService({
      // What a preset gives back would hide what the shop's own policy says.
      env: { SHOP_FILE: file.path, REFUND_PRESETS: 'NONE', POINT_PACKAGES: '5000,10000:+500,30000:+2000!' },
    });
    browser = await launchChromium();
    visitors = new Visitors(browser, [service.url, service.simulatorUrl]);
  });

  afterEach(() => visitors.leave());

  afterAll(async () => {
    await browser.close();
    await service.stop();
    await file.remove();
  });

  async function open(options = {}): Promise<CheckoutPage> {
    const { client } = await service.user();
    const checkout = await CheckoutPage.open(await visitors.device(options), service.url, { client });
    await checkout.part('package-10000').waitFor();
    return checkout;
  }

  it('says whose it is: name, logo, colour, and a footer with all that the law asks for', async () => {
    const checkout = await open(PHONE);
    const footer = checkout.part('footer');

    expect(await checkout.part('brand-name').innerText()).toBe('별빛상점');
    expect(await checkout.page.title()).toBe('별빛상점 · 포인트 충전');
    // Rejects when the picture cannot be shown; until it has come it is not known.
    await checkout.part('brand-logo').evaluate((logo) => (logo as HTMLImageElement).decode());
    expect(await checkout.part('pay').evaluate((button) => getComputedStyle(button).backgroundColor)).toBe(
      'rgb(91, 63, 209)',
    );
    for (const told of [
      '주식회사 별빛상점',
      '홍길동',
      '123-45-67891',
      '제2026-서울강남-01234호',
      '테헤란로',
      '02-1234-5678',
      'help@shop.example',
      '1588-0000',
      '이용약관',
      '개인정보처리방침',
    ])
      expect(await footer.innerText()).toContain(told);
    await checkout.expectNoSidewaysScrolling();

    await checkout.part('language').click();
    await checkout.part('brand-name').getByText('Starlight Shop').waitFor();
    expect(await footer.innerText()).toContain('Refund rules');
  });

  it('asks for consent above the button, and sends its version with the order', async () => {
    const checkout = await open();
    const sent: unknown[] = [];
    checkout.page.on('request', (request) => {
      const body = request.postData() ?? '';
      if (body.includes('createPaymentOrder')) sent.push(JSON.parse(body).variables.termsVersion);
    });
    await checkout.choose(10_000);

    await checkout.part('pay').click();
    expect(await checkout.part('consent-error').innerText()).not.toBe('');
    await checkout.focusComesTo('consent');
    expect(checkout.calls('createPaymentOrder')).toBe(0);

    await checkout.part('consent').check();
    expect(await checkout.part('consent-error').innerText()).toBe('');
    await checkout.openWindow(10_000);
    await checkout.press('approve');
    await checkout.outcome('credited');
    expect(sent).toEqual(['2026-12-01']);
  });

  it('asks anew when the terms have changed meanwhile', async () => {
    const checkout = await open();
    // The page has loaded terms that are older by now.
    await checkout.page.route('**/graphql', async (route, request) => {
      if (!request.postData()?.includes('customerService')) return route.fallback();
      const response = await route.fetch();
      const answer = (await response.text()).replace('2026-12-01', '2025-01-01');
      return route.fulfill({ response, body: answer });
    });
    await checkout.goto();
    await checkout.part('package-10000').waitFor();
    await checkout.mendConnection();
    await checkout.choose(10_000);
    await checkout.part('consent').check();

    await checkout.part('pay').click();
    await checkout.part('pay-error').getByText('약관이 바뀌었습니다').waitFor();
    await checkout.focusComesTo('consent');
    expect(await checkout.part('consent').isChecked()).toBe(false);

    await checkout.part('consent').check();
    await checkout.openWindow(10_000);
  });

  it('shows a paper in a dialog on a phone, which Escape and its button close', async () => {
    const checkout = await open(PHONE);
    const paper = checkout.part('footer').getByRole('button', { name: '환불 규정' });

    await paper.click();
    await checkout.part('paper-text').getByText('7일 안에').waitFor();
    expect(await checkout.part('paper-title').innerText()).toBe('환불 규정');
    await checkout.expectNoSidewaysScrolling();
    await checkout.part('paper-close').click();
    await checkout.part('paper-dialog').waitFor({ state: 'hidden' });
    await paper.click();
    await checkout.page.keyboard.press('Escape');
    await checkout.part('paper-dialog').waitFor({ state: 'hidden' });
    expect(await checkout.page.locator('html.has-modal').count()).toBe(0);
  });

  it('shows the bonus of a package and which one is popular', async () => {
    const checkout = await open();

    expect(await checkout.part('packages').innerText()).toMatch(/\+500P 보너스[^]*인기[^]*\+2,000P 보너스/);
    await checkout.choose(10_000);
    expect(await checkout.part('point-after').innerText()).toBe('10,500P');
  });

  async function payOnPage(checkout: CheckoutPage, amount: number): Promise<string> {
    await checkout.part('consent').check();
    await checkout.openWindow(amount);
    await checkout.press('approve');
    await checkout.outcome('credited');
    const impUid = await checkout.impUid();
    await checkout.part('result-close').click();
    return impUid;
  }

  it('says its policy in the cancel dialog, and leads to its customer service where it does not let shoppers cancel', async () => {
    const checkout = await open();
    const cancelling = new Cancelling(checkout);
    const impUid = await payOnPage(checkout, 5_000);

    await cancelling.cancelButton(impUid).click();
    await checkout.part('cancel-limit').getByText('6,000원부터').waitFor();
    expect(await checkout.part('cancel-policy').innerText()).toContain('7일 안에');
    const contact = checkout.part('cancel-contact');
    expect(await contact.innerText()).toContain('1588-0000');
    expect(await contact.getByRole('link', { name: '1588-0000' }).getAttribute('href')).toBe('tel:15880000');
    expect(await checkout.part('cancel-confirm').isVisible()).toBe(false);
    await checkout.part('cancel-policy-box').getByRole('button').click();
    await checkout.part('paper-text').getByText('7일 안에').waitFor();
    await checkout.part('paper-close').click();
    await checkout.part('cancel-dialog').waitFor();
    expect(await checkout.page.locator('html.has-modal').count()).toBe(1);
    await cancelling.close();
  });

  it('lets a shopper cancel what the policy allows, and offers no part where only the whole may be', async () => {
    const checkout = await open();
    const cancelling = new Cancelling(checkout);
    const impUid = await payOnPage(checkout, 10_000);

    await cancelling.open(impUid);
    expect(await checkout.part('cancel-contact').isVisible()).toBe(false);
    expect(await checkout.part('cancel-part').isVisible()).toBe(false);
    await cancelling.close();
  });
});
