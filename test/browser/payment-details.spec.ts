import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import type { Browser, BrowserContext } from 'playwright-core';
import { cancelPayment } from '../support/cancel-operations.js';
import { describeInBrowser, launchChromium } from '../support/chromium.js';
import { credit, orderAndPay, startTopUpService, type TopUpService } from '../support/top-up-service.js';
import { CheckoutPage } from './checkout-page.js';
import { PHONE, Visitors } from './visitors.js';

describeInBrowser('the details of a payment on the checkout page', () => {
  let service: TopUpService;
  let browser: Browser;
  let visitors: Visitors;

  beforeAll(async () => {
    service = await startTopUpService({ env: { CASH_RECEIPT: 'ask' } });
    browser = await launchChromium();
    visitors = new Visitors(browser, [service.url, service.simulatorUrl]);
  });

  afterEach(() => visitors.leave());

  afterAll(async () => {
    await browser.close();
    await service.stop();
  });

  /** A user with a card payment of which a part went back. */
  async function open(device?: BrowserContext) {
    const { client } = await service.user();
    const payment = await orderAndPay(client, service.simulator, {
      card_name: 'BC카드',
      card_number: '910020*********1',
    });
    await credit(client, payment.imp_uid);
    await cancelPayment(client, { impUid: payment.imp_uid, amount: 3000 });
    const checkout = await CheckoutPage.open(device ?? (await visitors.device()), service.url, { client });
    await checkout.history();
    const row = checkout.page.locator('[data-test=history-row][data-status=PAYMENT]');
    return { checkout, payment, row, details: row.locator('[data-test=details]') };
  }

  it('the history shows the card, and the receipts of the payment and of its cancellation', async () => {
    const { checkout, payment, row } = await open();

    expect(await row.locator('[data-test=card]').innerText()).toBe('BC카드 910020*********1');
    const receipt = row.locator('[data-test=receipt]');
    expect(await receipt.getAttribute('href')).toBe(payment.receipt_url);
    const cancelled = checkout.page.locator('[data-status=CANCEL] [data-test=receipt]');
    expect(await cancelled.getAttribute('href')).toContain('cancellation=');
    expect(await cancelled.getAttribute('rel')).toBe('noopener noreferrer');
  });

  it('opens by keyboard, tells what happened in order, and Escape gives the focus back', async () => {
    const { checkout, payment, details } = await open();
    await details.focus();
    await checkout.page.keyboard.press('Enter');
    const events = checkout.page.locator('[data-test=payment-event]');
    await events.last().waitFor();

    expect(await events.evaluateAll((rows) => rows.map((row) => (row as HTMLElement).dataset.kind))).toEqual([
      'ORDERED',
      'PAID',
      'CREDITED',
      'CANCEL_REQUESTED',
      'CANCELLED',
    ]);
    expect(await events.locator('a').count()).toBe(2);
    expect(await checkout.part('payment-facts').innerText()).toContain(payment.imp_uid);
    await checkout.page.keyboard.press('Escape');
    await checkout.part('payment-dialog').waitFor({ state: 'hidden' });
    expect(await details.evaluate((button) => button === document.activeElement)).toBe(true);
  });

  it('says when it could not be read, and reads it again', async () => {
    const device = await visitors.device();
    const { checkout, details } = await open(device);
    visitors.expectFault(/ERR_FAILED/);
    await device.route('**/graphql', (route) => route.abort());
    await details.click();
    await checkout.part('payment-again').waitFor();
    expect(await checkout.part('payment-error').innerText()).not.toBe('');
    await device.unroute('**/graphql');
    await checkout.part('payment-again').click();
    await checkout.page.locator('[data-test=payment-event]').last().waitFor();
    expect(await checkout.part('payment-error').innerText()).toBe('');
  });

  it('asks for the cash receipt of a transfer, once the number is right', async () => {
    const { client } = await service.user();
    const { imp_uid: impUid } = await orderAndPay(client, service.simulator, {
      pay_method: 'trans',
      pg_provider: 'html5_inicis',
    });
    await credit(client, impUid);
    const checkout = await CheckoutPage.open(await visitors.device(PHONE), service.url, { client });
    await checkout.history();
    await checkout.part('details').click();
    await checkout.part('cash-receipt-number').fill('900101-1234567');
    await checkout.part('cash-receipt-ask').click();
    expect(await checkout.part('cash-receipt-number-error').innerText()).toContain('주민등록번호');
    await checkout.part('cash-receipt-number').fill('010-1234-5678');
    if (process.env.SHOTS) await checkout.page.screenshot({ path: `${process.env.SHOTS}/cash-form.png` });
    await checkout.part('cash-receipt-ask').click();
    await checkout.part('cash-receipt-facts').getByText('발급됨').waitFor();
    const shown = await checkout.part('cash-receipt-facts').innerText();
    expect(shown).toContain('010-****-5678');
    expect(await checkout.part('cash-receipt-form').isVisible()).toBe(false);
    if (process.env.SHOTS) await checkout.page.screenshot({ path: `${process.env.SHOTS}/cash-done.png` });
  });

  it('fits a phone, in both languages', async () => {
    const { checkout, details } = await open(await visitors.device(PHONE));
    for (const title of ['결제 상세', 'Payment details']) {
      await details.click();
      await checkout.page.locator('[data-test=payment-event]').last().waitFor();
      expect(await checkout.part('payment-title').innerText()).toBe(title);
      const { width, inner } = await checkout.part('payment-dialog').evaluate((dialog) => ({
        width: dialog.scrollWidth - dialog.clientWidth,
        inner: document.documentElement.scrollWidth - window.innerWidth,
      }));
      expect([width, inner]).toEqual([0, 0]);
      if (process.env.SHOTS) {
        await checkout.page.screenshot({ path: `${process.env.SHOTS}/details-${title.slice(0, 2)}.png` });
      }
      await checkout.part('payment-close').click();
      await checkout.page.locator('#language').click();
    }
  });
});
