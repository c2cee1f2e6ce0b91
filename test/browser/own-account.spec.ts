import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { PointAccount } from '../../src/point-account/point-account.entity.js';
import { User } from '../../src/user/user.entity.js';
import { describeInBrowser, launchChromium } from '../support/chromium.js';
import { rememberSecret } from '../support/server-logs.mjs';
import { startTopUpService, type TopUpService } from '../support/top-up-service.js';
import { CheckoutPage } from './checkout-page.js';
import { PHONE, Visitors } from './visitors.js';

const NEW_PASSWORD = 'canary-another-password';
rememberSecret('a new password', NEW_PASSWORD);

describeInBrowser('the own account on the page', () => {
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

  async function open(device = visitors.device()) {
    const { client, account } = await service.user();
    const checkout = await CheckoutPage.open(await device, service.url, { client });
    await checkout.part('own-account').click();
    await checkout.part('account-email').filter({ hasText: account.email }).waitFor();
    return { checkout, account };
  }

  it('changes the password by the keyboard alone, and says what is wrong where it is', async () => {
    const { checkout, account } = await open();
    const { keyboard } = checkout.page;

    await checkout.part('current-password').focus();
    await keyboard.press('Enter');
    expect(await checkout.part('current-password-error').textContent()).toBe('비밀번호를 입력해 주세요.');
    await keyboard.type('canary-a-wrong-password');
    await keyboard.press('Tab');
    await keyboard.type(NEW_PASSWORD);
    await keyboard.press('Enter');
    await checkout
      .part('current-password-error')
      .filter({ hasText: '현재 비밀번호가 맞지 않습니다.' })
      .waitFor();
    await checkout.part('current-password').fill(account.password);
    await keyboard.press('Enter');
    await checkout.part('change-password-done').filter({ hasText: '비밀번호를 바꿨습니다.' }).waitFor();

    await service.client().login({ ...account, password: NEW_PASSWORD });
    await keyboard.press('Escape');
    await checkout.part('account-dialog').waitFor({ state: 'hidden' });
    expect(await checkout.page.evaluate(() => document.activeElement?.id)).toBe('own-account');
    await checkout.goto();
    await checkout.part('account').waitFor();
  });

  it('logs out everywhere', async () => {
    const { checkout, account } = await open(visitors.device(PHONE));
    const other = service.client();
    await other.login(account);

    await checkout.part('log-out-everywhere-submit').click();

    await checkout.part('auth-note').filter({ hasText: '모든 기기에서 로그아웃했습니다.' }).waitFor();
    expect((await other.call('mutation { restoreAccessToken { expiresAt } }')).errors).toHaveLength(1);
    await checkout.goto();
    await checkout.part('auth').waitFor();
  });

  it('is not left with points, says so in the language of the reader, and is left without', async () => {
    const { checkout, account } = await open(visitors.device(PHONE));
    const { manager } = service.books;
    const row = { ownerId: account.id, heldPoint: 0, createdAt: new Date() };
    await manager.save(PointAccount, { ...row, point: 7 });

    await checkout.part('leave-password').fill(account.password);
    await checkout.part('leave-submit').click();
    await checkout.part('leave-error').filter({ hasText: '포인트가 남아 있습니다.' }).waitFor();
    await manager.save(PointAccount, { ...row, point: 0 });
    await checkout.part('leave-submit').click();

    await checkout.part('auth-note').filter({ hasText: '탈퇴했습니다.' }).waitFor();
    expect(await manager.findOneBy(User, { id: account.id })).toBeNull();
    expect(await checkout.part('email').inputValue()).toBe('');
  });
});
