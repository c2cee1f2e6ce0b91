import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { Browser, BrowserContext } from 'playwright-core';
import { Session } from '../../src/auth/session.entity.js';
import { describeInBrowser, launchChromium } from '../support/chromium.js';
import { type FaultyGateway, startFaultyGateway } from '../support/faulty-gateway.js';
import { graphqlClient } from '../support/graphql-client.js';
import { type RunningProgram, simulatorSettings, startServer } from '../support/server.js';
import { startTopUpService, type TopUpService } from '../support/top-up-service.js';
import { CheckoutPage, type Operation, operationOf } from './checkout-page.js';
import { expectCredited } from './expect-credited.js';
import { PHONE, Visitors } from './visitors.js';

/** Tabs that take turns are kept apart for this long. */
const MEETING_MS = 1_500;
const RELOADS = 3;
const CONNECTION_CUT = /net::ERR_(FAILED|INTERNET_DISCONNECTED|ABORTED)/;

describeInBrowser('a payment that is interrupted', () => {
  let dataDir: string;
  let service: TopUpService;
  let gateway: FaultyGateway;
  let browser: Browser;
  let visitors: Visitors;
  /** In the place of the service's own server, after a restart. */
  let restarted: RunningProgram | undefined;

  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'point-top-up-browser-'));
    const env: Record<string, string> = {};
    service = await startTopUpService({
      database: { DATA_DIR: dataDir },
      // The server asks through a gateway that can be told to fail; browsers get their window from the simulator itself.
      gatewayUrl: async (simulatorUrl) => {
        gateway = await startFaultyGateway(simulatorUrl);
        env.IAMPORT_SDK_URL = simulatorSettings(simulatorUrl).IAMPORT_SDK_URL ?? '';
        return gateway.url;
      },
      env,
    });
    browser = await launchChromium();
    visitors = new Visitors(browser, [service.url, service.simulatorUrl]);
  });

  afterEach(async () => {
    gateway.behave();
    await visitors.leave();
  });

  afterAll(async () => {
    await browser.close();
    await restarted?.stop();
    await service.stop();
    await gateway.stop();
    await rm(dataDir, { recursive: true, force: true });
  });

  /** A new user, logged in on a device of theirs. */
  async function userWithPage(device?: BrowserContext) {
    const { client, account } = await service.user();
    const ownDevice = device ?? (await visitors.device());
    const checkout = await CheckoutPage.open(ownDevice, service.url, { client });
    await checkout.part('package-5000').waitFor();
    return { client, account, device: ownDevice, checkout };
  }

  /** Every access token given so far is refused from here on; the logins behind the refresh cookies live on. */
  async function endAccessTokens(): Promise<void> {
    await (restarted ?? service.server).stop();
    restarted = await startServer({
      env: {
        DATA_DIR: dataDir,
        PORT: new URL(service.url).port,
        ...simulatorSettings(gateway.url),
        IAMPORT_SDK_URL: simulatorSettings(service.simulatorUrl).IAMPORT_SDK_URL,
        JWT_SECRET: `canary-jwt-secret-after-a-restart-${(restarts += 1)}`,
        RATE_LIMIT: 'off',
      },
    });
  }
  let restarts = 0;

  /** As a thief would: a refresh cookie that was used before is used again, and the login ends on the server. */
  async function endLogin(staleRefreshToken: string | null): Promise<void> {
    await service.books.manager.updateAll(Session, { replacedAt: new Date(0) });
    const thief = graphqlClient(service.url);
    thief.setRefreshToken(staleRefreshToken);
    const { errors } = await thief.call('mutation { restoreAccessToken { expiresAt } }');
    expect(errors?.[0]?.extensions.code).toBe('UNAUTHENTICATED');
  }

  /**
   * The server gets the next request for a new access token, and the browser never gets its answer.
   *
   * @returns when the server has answered: the status.
   */
  async function loseAnswerOfRestore(device: BrowserContext): Promise<{ status: Promise<number> }> {
    await device.unroute('**/graphql');
    const status = new Promise<number>((resolve, reject) => {
      void device.route('**/graphql', async (route, request) => {
        if (operationOf(request) !== 'restoreAccessToken') return route.fallback();
        const cookies = await device.cookies(request.url());
        fetch(request.url(), {
          method: 'POST',
          headers: {
            'content-type': 'application/json',
            cookie: cookies.map(({ name, value }) => `${name}=${value}`).join('; '),
          },
          body: request.postData(),
        }).then((answer) => resolve(answer.status), reject);
        return undefined;
      });
    });
    return { status };
  }

  describe('by the end of an access token', () => {
    it('goes on without a word', async () => {
      const { account, checkout } = await userWithPage();
      await checkout.openWindow(10_000);
      await endAccessTokens();
      await checkout.press('approve');
      await checkout.outcome('credited');
      expect(checkout.calls('createPointTransaction')).toBe(2);
      expect(checkout.calls('login')).toBe(0);
      expect(await checkout.part('balance').innerText()).toBe('10,000P');
      await expectCredited(service, account.id, [10_000]);
    });

    it('asks to log in when the login is over too, and keeps what was chosen', async () => {
      const { client, account, checkout } = await userWithPage();
      await checkout.choose(30_000, 'trans');
      await endLogin(client.refreshToken());
      await endAccessTokens();
      await checkout.part('pay').click();
      await checkout.part('auth').waitFor();
      expect(await checkout.part('auth-note').innerText()).toContain('이어갈 수 있습니다');
      expect(await checkout.part('email').inputValue()).toBe(account.email);
      await checkout.part('password').fill(account.password);
      await checkout.part('submit-auth').click();
      await checkout.part('account').waitFor();
      expect(await checkout.part('package-30000').isChecked()).toBe(true);
      expect(await checkout.part('method-trans').isChecked()).toBe(true);
      await checkout.part('pay').click();
      await checkout.press('approve');
      await checkout.outcome('credited');
      await expectCredited(service, account.id, [30_000]);
    });

    it('credits right after the log-in when the login was over while confirming', async () => {
      const { client, account, checkout } = await userWithPage();
      await checkout.openWindow(5_000);
      await endLogin(client.refreshToken());
      await endAccessTokens();
      await checkout.press('approve');
      await checkout.part('auth').waitFor();
      expect(await checkout.part('auth-note').innerText()).toContain('방금 한 결제를 바로 확인');
      await checkout.logIn(account);
      await checkout.outcome('credited');
      await expectCredited(service, account.id, [5_000]);
    });
  });

  it('credits after the log-in when a phone comes back to a page without a login', async () => {
    const { account, device, checkout } = await userWithPage(await visitors.device(PHONE));
    await checkout.openWindowOnPhone(5_000);
    await device.clearCookies();
    await checkout.pressOnPhone('approve');
    await checkout.part('auth').waitFor();
    expect(await checkout.part('auth-note').innerText()).toContain('방금 한 결제를 바로 확인');
    expect(checkout.page.url()).toBe(`${service.url}/payment.html`);
    await checkout.logIn(account);
    await checkout.outcome('credited');
    await expectCredited(service, account.id, [5_000]);
  });

  describe('by a lost connection', () => {
    it('asks again by itself until it is answered, and is credited once', async () => {
      const { account, checkout } = await userWithPage();
      visitors.expectFault(CONNECTION_CUT);
      await checkout.cut('createPointTransaction', { times: 2 });
      await checkout.openWindow(5_000);
      await checkout.press('approve');
      await checkout.outcome('checking');
      await checkout.outcome('credited');
      expect(checkout.calls('createPointTransaction')).toBe(3);
      await expectCredited(service, account.id, [5_000]);
    });

    it('is credited once when the server did it and only its answers were lost', async () => {
      const { account, checkout } = await userWithPage();
      visitors.expectFault(CONNECTION_CUT);
      await checkout.cut('createPointTransaction', { times: 2, afterWork: true });
      await checkout.openWindow(5_000);
      await checkout.press('approve');
      await checkout.outcome('credited');
      expect(await checkout.history()).toHaveLength(1);
      await expectCredited(service, account.id, [5_000]);
    });

    it('asks at once when the device is online again', async () => {
      const { account, checkout } = await userWithPage();
      visitors.expectFault(CONNECTION_CUT);
      await checkout.cut('createPointTransaction');
      await checkout.openWindow(5_000);
      await checkout.stopClock();
      await checkout.press('approve');
      await checkout.waitsForItsNextTry();
      await checkout.mendConnection();
      await checkout.deviceIsOnlineAgain();
      await checkout.outcome('credited');
      await expectCredited(service, account.id, [5_000]);
    });

    it('asks at once when the person wants it', async () => {
      const { account, checkout } = await userWithPage();
      visitors.expectFault(CONNECTION_CUT);
      await checkout.cut('createPointTransaction');
      await checkout.openWindow(5_000);
      await checkout.stopClock();
      await checkout.press('approve');
      await checkout.waitsForItsNextTry();
      await checkout.mendConnection();
      await checkout.part('check-again').click();
      await checkout.outcome('credited');
      await expectCredited(service, account.id, [5_000]);
    });

    it('offers to connect again when the server is not there as the page opens', async () => {
      const { client } = await service.user();
      const device = await visitors.device();
      visitors.expectFault(CONNECTION_CUT);
      await device.route('**/graphql', (route) => route.abort());
      const checkout = await CheckoutPage.open(device, service.url, { client });
      expect(await checkout.part('connection-problem').isVisible()).toBe(true);
      await device.unroute('**/graphql');
      await checkout.part('connect-again').click();
      await checkout.part('account').waitFor();
    });
  });

  it('by a gateway that does not answer: asks again until it does', async () => {
    const { account, checkout } = await userWithPage();
    await checkout.openWindow(5_000);
    gateway.misbehave((request, response) => {
      if (!request.url?.startsWith('/payments/')) return false;
      response.destroy();
      return true;
    });
    await checkout.press('approve');
    await checkout.called('createPointTransaction', 2);
    await expectCredited(service, account.id, []);
    gateway.behave();
    await checkout.outcome('credited');
    await expectCredited(service, account.id, [5_000]);
  });

  describe('by a person', () => {
    it('who reloads the page while it is confirmed: the new page confirms it', async () => {
      const { account, checkout } = await userWithPage();
      await checkout.holdOnce('createPointTransaction');
      await checkout.openWindow(5_000);
      await checkout.press('approve');
      await checkout.called('createPointTransaction', 1);
      await checkout.page.reload();
      await checkout.outcome('credited');
      expect(await checkout.part('balance').innerText()).toBe('5,000P');
      await expectCredited(service, account.id, [5_000]);
    });

    it('who reloads the page before the answer about the login is there, and again: the login goes on', async () => {
      const { device, checkout } = await userWithPage();
      for (let reloads = 1; reloads <= RELOADS; reloads += 1) {
        const { status } = await loseAnswerOfRestore(device);
        await checkout.page.reload({ waitUntil: 'commit' });
        expect(await status).toBe(200);
      }
      await device.unroute('**/graphql');

      await checkout.goto();

      expect(await checkout.part('account').isVisible()).toBe(true);
      expect(checkout.calls('login')).toBe(0);
    });

    it('who closes the page before it is confirmed: the next visit confirms it', async () => {
      const { account, device, checkout } = await userWithPage();
      await checkout.holdOnce('createPointTransaction');
      await checkout.openWindow(5_000);
      await checkout.press('approve');
      await checkout.called('createPointTransaction', 1);
      await checkout.page.close();
      const nextVisit = await CheckoutPage.open(device, service.url);
      await nextVisit.outcome('credited');
      await expectCredited(service, account.id, [5_000]);
    });

    it('who leaves the device to somebody else: it is credited to the payer alone', async () => {
      const payer = await userWithPage();
      const other = await service.user();
      visitors.expectFault(CONNECTION_CUT);
      const { checkout } = payer;
      await checkout.cut('createPointTransaction');
      await checkout.openWindow(5_000);
      await checkout.press('approve');
      await checkout.lost('createPointTransaction', 1);
      await checkout.part('log-out').click();
      await checkout.part('auth').waitFor();
      await checkout.mendConnection();
      const callsBefore = checkout.calls('createPointTransaction');
      await checkout.logIn(other.account);
      await checkout.goto();
      await checkout.history();
      expect(checkout.calls('createPointTransaction')).toBe(callsBefore);
      expect(await checkout.part('result').isVisible()).toBe(false);
      await expectCredited(service, other.account.id, []);
      await checkout.part('log-out').click();
      await checkout.part('auth').waitFor();
      await checkout.logIn(payer.account);
      await checkout.outcome('credited');
      await expectCredited(service, payer.account.id, [5_000]);
    });
  });

  describe('in two tabs', () => {
    /** Holds a call until a second one is there, so that tabs which do not take turns surely collide. */
    async function letCallsMeet(device: BrowserContext, operation: Operation): Promise<void> {
      let meet = () => {};
      const meeting = new Promise<void>((resolve) => {
        meet = resolve;
      });
      let arrived = 0;
      await device.route('**/graphql', async (route, request) => {
        if (operationOf(request) === operation) {
          arrived += 1;
          if (arrived === 2) meet();
          await Promise.race([meeting, sleep(MEETING_MS)]);
        }
        await route.fallback();
      });
    }

    it('keeps the login when both open at the same moment, and credits both payments', async () => {
      const { account, device } = await userWithPage();
      await letCallsMeet(device, 'restoreAccessToken');
      const [left, right] = await Promise.all([
        CheckoutPage.open(device, service.url),
        CheckoutPage.open(device, service.url),
      ]);
      await left.toFront();
      await left.openWindow(5_000);
      await right.toFront();
      await right.openWindow(10_000);
      await left.toFront();
      await left.press('approve');
      await left.outcome('credited');
      await right.toFront();
      await right.press('approve');
      await right.outcome('credited');
      expect(await right.part('balance').innerText()).toBe('15,000P');
      await expectCredited(service, account.id, [5_000, 10_000]);
    });

    it('credits once when both confirm the same payment', async () => {
      const { account, device, checkout } = await userWithPage();
      visitors.expectFault(CONNECTION_CUT);
      await checkout.cut('createPointTransaction', { times: 1 });
      await checkout.openWindow(5_000);
      await checkout.stopClock();
      await checkout.press('approve');
      await checkout.waitsForItsNextTry();
      const second = await CheckoutPage.open(device, service.url);
      await second.outcome('credited');
      await checkout.toFront();
      await checkout.part('check-again').click();
      await checkout.outcome('credited');
      expect(await second.impUid()).toBe(await checkout.impUid());
      await expectCredited(service, account.id, [5_000]);
    });

    it('logs out in both when it logs out in one', async () => {
      const { device, checkout } = await userWithPage();
      const second = await CheckoutPage.open(device, service.url);
      await checkout.part('log-out').click();
      await second.part('auth').waitFor();
      expect(await second.part('balance').isVisible()).toBe(false);
    });
  });

  describe('on two devices', () => {
    it('stays logged in on one when the other logs out', async () => {
      const { account, checkout } = await userWithPage();
      const second = await CheckoutPage.open(await visitors.device(), service.url);
      await second.logIn(account);
      await second.part('log-out').click();
      await second.part('auth').waitFor();
      await checkout.openWindow(5_000);
      await checkout.press('approve');
      await checkout.outcome('credited');
      await checkout.goto();
      expect(await checkout.part('balance').innerText()).toBe('5,000P');
      await second.goto();
      expect(await second.part('account').isVisible()).toBe(false);
    });

    it('shows on the second what was paid on the first', async () => {
      const { account, checkout } = await userWithPage();
      const second = await CheckoutPage.open(await visitors.device(), service.url);
      await second.logIn(account);
      await checkout.openWindow(5_000);
      await checkout.press('approve');
      await checkout.outcome('credited');
      await second.goto();
      expect(await second.part('balance').innerText()).toBe('5,000P');
      expect(await second.history()).toEqual(await checkout.history());
    });
  });
});
