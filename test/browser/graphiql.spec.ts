import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { User, UserRole } from '../../src/user/user.entity.js';
import { rememberSecret } from '../support/server-logs.mjs';
import { describeInBrowser, launchChromium } from '../support/chromium.js';
import { startTopUpService, type TopUpService } from '../support/top-up-service.js';
import { Visitors } from './visitors.js';

interface Answer<Data> {
  data: Data;
  errors?: unknown[];
}

describeInBrowser('the GraphQL page', () => {
  let service: TopUpService;
  let browser: Browser;
  let visitors: Visitors;

  beforeAll(async () => {
    service = await startTopUpService();
    browser = await launchChromium();
    visitors = new Visitors(browser, [service.url]);
  });

  afterEach(() => visitors.leave());

  afterAll(async () => {
    await browser.close();
    await service.stop();
  });

  async function openGraphiql(): Promise<Page> {
    const device = await visitors.device();
    const page = await device.newPage();
    await page.goto(`${service.url}/graphql`);
    await page.locator('.graphiql-query-editor .CodeMirror-line').first().waitFor();
    return page;
  }

  /** Shows a tab, runs it as a person does, and waits until the page shows the answer. */
  async function run<Data>(page: Page, tab: string, variables?: object): Promise<Answer<Data>> {
    await page
      .getByRole('tab')
      .filter({ has: page.getByText(tab, { exact: true }) })
      .click();
    // The page reads the name of the operation a moment after it shows the tab, and remembers it.
    await page.waitForFunction((name) => localStorage.getItem('graphiql:operationName') === name, tab);
    if (variables) {
      await page.locator('.graphiql-editor-tool .graphiql-editor:not(.hidden) .CodeMirror').click();
      await page.keyboard.press('Control+A');
      await page.keyboard.insertText(JSON.stringify(variables));
    }
    // The page asks for the schema by itself, too.
    const answered = page.waitForResponse((response) => {
      const request = response.request();
      if (request.method() !== 'POST') return false;
      return (request.postDataJSON() as { operationName?: string }).operationName === tab;
    });
    await page.locator('.graphiql-query-editor .CodeMirror').first().click();
    await page.keyboard.press('Control+Enter');
    const answer = (await (await answered).json()) as Answer<Data>;
    await page.waitForFunction((wanted) => {
      // All of it, where the lines of the page are those that are in sight.
      const editor = document.querySelector<HTMLElement & { CodeMirror: { getValue: () => string } }>(
        '.result-window .CodeMirror',
      );
      const shown = editor?.CodeMirror.getValue() ?? '';
      return shown.startsWith('{') && JSON.stringify(JSON.parse(shown)) === wanted;
    }, JSON.stringify(answer));
    return answer;
  }

  it('runs its starting tabs in order, from sign-up to credited, cancelled and spent points', async () => {
    const page = await openGraphiql();
    const login = await run<{ login: { accessToken: string } }>(page, 'SignUpAndLogIn');
    expect(login.errors).toBeUndefined();
    rememberSecret('an access token', login.data.login.accessToken);

    const me = await run(page, 'Me');
    expect(me).toMatchObject({ data: { me: { point: 0 }, pointTransactions: { nodes: [] } } });

    const order = await run<{ createPaymentOrder: { merchantUid: string; state: string } }>(
      page,
      'CreateOrder',
    );
    expect(order.errors).toBeUndefined();
    const { merchantUid } = order.data.createPaymentOrder;

    const { imp_uid: impUid } = await service.simulator.pay({ merchant_uid: merchantUid, amount: 10_000 });
    const credited = { status: 'PAYMENT', amount: 10_000, balanceAfter: 10_000 };
    expect(await run(page, 'Credit', { impUid })).toMatchObject({
      data: { createPointTransaction: credited },
    });
    expect(await run(page, 'Me')).toMatchObject({
      data: { me: { point: 10_000 }, pointTransactions: { nodes: [{ ...credited, impUid }] } },
    });

    expect(await run(page, 'Cancel', { impUid })).toMatchObject({
      data: {
        cancelPointTransaction: {
          state: 'DONE',
          pointTransaction: { amount: -1_000, balanceAfter: 9_000 },
        },
      },
    });
    expect(await run(page, 'RefundQuote', { impUid })).toMatchObject({
      data: {
        refundQuote: { left: 9_000, refundable: 9_000 },
        cancellations: { nodes: [{ impUid, amount: 1_000 }] },
      },
    });
    for (const ofOperators of ['GiveBacks', 'Attentions']) {
      expect(await run(page, ofOperators)).toMatchObject({ errors: [{ extensions: { code: 'FORBIDDEN' } }] });
    }

    const { id: ownerId, email } = (
      await service.books.manager.find(User, { order: { id: 'DESC' }, take: 1 })
    )[0]!;
    expect(await run(page, 'Spend', { ownerId })).toMatchObject({
      errors: [{ extensions: { code: 'FORBIDDEN' } }],
    });
    await service.books.manager.update(User, { email }, { role: UserRole.OPERATOR });
    const spent = await run<{ spendPoints: { id: string } }>(page, 'Spend', { ownerId });
    expect(spent).toMatchObject({ data: { spendPoints: { amount: -3_000, balanceAfter: 6_000 } } });
    expect(await run(page, 'CancelSpend', { spendId: spent.data.spendPoints.id })).toMatchObject({
      data: { cancelSpend: { amount: 1_000, balanceAfter: 7_000 } },
    });
    const held = await run<{ holdPoints: { id: string } }>(page, 'Hold', { ownerId });
    expect(held).toMatchObject({ data: { holdPoints: { state: 'HELD' } } });
    expect(await run(page, 'Holds', { ownerId })).toMatchObject({
      data: { pointHolds: { nodes: [{ id: held.data.holdPoints.id, amount: 2_000 }] } },
    });
    expect(await run(page, 'ConfirmHold', { holdId: held.data.holdPoints.id })).toMatchObject({
      data: { confirmHold: { amount: -500, balanceAfter: 6_500 } },
    });
  });

  it('tells who is not logged in to log in', async () => {
    const page = await openGraphiql();
    expect(await run(page, 'Me')).toMatchObject({ errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] });
  });

  it('offers the fields of the schema with their descriptions', async () => {
    const page = await openGraphiql();
    await page.getByRole('button', { name: 'Show Documentation Explorer' }).click();
    const documentation = page.locator('.graphiql-doc-explorer');
    await documentation.getByText('Mutation', { exact: true }).click();
    await documentation.getByText('createPointTransaction', { exact: true }).click();
    const text = await documentation.innerText();
    expect(text).toContain('impUid');
    expect(text).toContain('PAYMENT_NOT_PAID');
  });
});
