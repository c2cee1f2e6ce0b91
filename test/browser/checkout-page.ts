import { expect } from '@jest/globals';
import type { BrowserContext, FrameLocator, Locator, Page, Request, Route } from 'playwright-core';
import type { Account, GraphqlClient } from '../support/graphql-client.js';

const OPERATIONS = [
  'createUser',
  'login',
  'restoreAccessToken',
  'logout',
  'createPaymentOrder',
  'createPointTransaction',
  'cancelPointTransaction',
  'refundQuote',
  'packages',
  'pointTransactions',
  'awaitingDeposits',
  'reportDeposit',
  'cancelPaymentOrder',
  // The history asks for these as well; alone they follow an open cancellation.
  'cancellations',
] as const;

/** A clock cannot be stopped in its past. */
const CLOCK_AHEAD_MS = 60_000;
/** More than the page has places to stop at. */
const TAB_PRESSES_MAX = 60;

export type Operation = (typeof OPERATIONS)[number];
export type Outcome = 'checking' | 'undecided' | 'credited' | 'notPaid' | 'refused';
export type Method = 'card' | 'kakaopay' | 'naverpay' | 'tosspay' | 'trans' | 'phone' | 'vbank';

/** The checkout page in the hands of a person. */
export class CheckoutPage {
  readonly #calls: Operation[] = [];
  readonly #lostCalls: Operation[] = [];
  readonly #unanswered = new Set<Request>();

  constructor(
    readonly page: Page,
    private readonly serverUrl: string,
  ) {
    page.on('request', (request) => {
      const operation = operationOf(request);
      if (!operation) return;
      this.#calls.push(operation);
      this.#unanswered.add(request);
    });
    page.on('requestfinished', (request) => this.#unanswered.delete(request));
    page.on('requestfailed', (request) => {
      const operation = operationOf(request);
      if (operation) this.#lostCalls.push(operation);
      this.#unanswered.delete(request);
    });
  }

  /** Opens the page on a device; with a client that user is logged in on it. */
  static async open(
    device: BrowserContext,
    serverUrl: string,
    { client, query = '' }: { client?: GraphqlClient; query?: string } = {},
  ): Promise<CheckoutPage> {
    if (client) await logIn(device, client);
    const checkout = new CheckoutPage(await device.newPage(), serverUrl);
    await checkout.goto(query);
    return checkout;
  }

  async goto(query = ''): Promise<void> {
    await this.page.goto(`${this.serverUrl}/payment.html${query}`);
    await this.page.locator('#page[aria-busy=false]').waitFor();
  }

  /** A person looks at one tab at a time, and only that one takes their clicks. */
  async toFront(): Promise<void> {
    await this.page.bringToFront();
  }

  part(name: string): Locator {
    return this.page.locator(`[data-test="${name}"]`);
  }

  /** The gateway's window over the page (PC). */
  get window(): FrameLocator {
    return this.page.frameLocator('dialog iframe');
  }

  /** How often the page has called an operation so far, over reloads as well. */
  calls(operation: Operation): number {
    return this.#calls.filter((called) => called === operation).length;
  }

  /** Waits until the page has called an operation so many times in all. */
  async called(operation: Operation, times: number): Promise<void> {
    while (this.calls(operation) < times) {
      await this.page.waitForEvent('request', (request) => operationOf(request) === operation);
    }
  }

  /** Waits until the page has the answers of all that it has called so far. */
  async answered(): Promise<void> {
    while (this.#unanswered.size > 0) {
      await this.page.waitForEvent('requestfinished');
    }
  }

  /** Waits until so many calls of an operation were lost on their way. */
  async lost(operation: Operation, times: number): Promise<void> {
    while (this.#lostCalls.filter((lost) => lost === operation).length < times) {
      await this.page.waitForEvent('requestfailed', (request) => operationOf(request) === operation);
    }
  }

  /** Waits until the page says that it will ask again by itself: from here on a reason to ask at once is not missed. */
  async waitsForItsNextTry(): Promise<void> {
    await this.part('result-text').filter({ hasText: '자동으로 다시 확인' }).waitFor();
  }

  /**
   * Tells the page what a browser tells it when the device is online again. Playwright's `setOffline(false)` would let the
   * event come a moment before the first request gets through, and a page whose clock stands has no second try.
   */
  async deviceIsOnlineAgain(): Promise<void> {
    await this.page.evaluate(() => globalThis.dispatchEvent(new Event('online')));
  }

  async signUp({ name, email, password }: Omit<Account, 'id'>): Promise<void> {
    await this.part('switch-auth').click();
    await this.part('name').fill(name);
    await this.part('email').fill(email);
    await this.part('password').fill(password);
    await this.part('submit-auth').click();
    await this.part('account').waitFor();
  }

  async logIn({ email, password }: Pick<Account, 'email' | 'password'>): Promise<void> {
    await this.part('email').fill(email);
    await this.part('password').fill(password);
    await this.part('submit-auth').click();
    await this.part('account').waitFor();
  }

  async choose(amount: number, method: Method = 'card'): Promise<void> {
    await this.part(`package-${amount}`).check();
    await this.part(`method-${method}`).check();
  }

  /** Chooses, presses pay, and waits until the gateway's window is there. */
  async openWindow(amount: number, method: Method = 'card'): Promise<void> {
    await this.choose(amount, method);
    await this.part('pay').click();
    try {
      await this.window.locator('[data-test=approve]').waitFor();
    } catch (cause) {
      // The page says why better than a time-out does.
      throw new Error(`No payment window. The page says:\n${await this.part('account').innerText()}`, {
        cause,
      });
    }
  }

  /** The same on a phone: the gateway's window takes the place of the page. */
  async openWindowOnPhone(amount: number, method: Method = 'card'): Promise<void> {
    await this.choose(amount, method);
    await this.part('pay').click();
    await this.page.waitForURL('**/window/imp_*');
    await this.page.locator('[data-test=approve]').waitFor();
  }

  async pressOnPhone(button: 'approve' | 'decline' | 'close'): Promise<void> {
    await this.page.locator(`[data-test=${button}]`).click();
    await this.page.waitForURL('**/payment.html*');
  }

  async press(button: 'approve' | 'decline' | 'close'): Promise<void> {
    await this.window.locator(`[data-test=${button}]`).click();
  }

  /** The card of an order that waits for its deposit, or of one whose end was just met. */
  deposit(end?: 'PAID' | 'CANCELLED' | 'EXPIRED'): Locator {
    return this.page.locator(`[data-test=deposit]${end ? `[data-end=${end}]` : ':not([data-end])'}`);
  }

  async outcome(outcome: Outcome): Promise<void> {
    await this.page.locator(`[data-test=result][data-outcome=${outcome}]`).waitFor();
  }

  /** From now on nothing happens in the page because time passes: only a person or an event moves it. */
  async stopClock(): Promise<void> {
    await this.page.clock.install();
    await this.page.clock.pauseAt(Date.now() + CLOCK_AHEAD_MS);
  }

  /** What the history shows, newest first; waits until it has loaded. */
  async history(): Promise<{ amount: string; impUid: string | null }[]> {
    await this.page.locator('#history[aria-busy=false]').waitFor({ state: 'attached' });
    const rows = await this.part('history-row').all();
    return Promise.all(
      rows.map(async (row) => ({
        amount: await row.locator('.row-amount').innerText(),
        impUid: await row.getAttribute('data-imp-uid'),
      })),
    );
  }

  /** The number of the payment that the result names. */
  async impUid(): Promise<string> {
    return this.part('result-factPayment').locator('dd').innerText();
  }

  /** Leaves the connection to the server without an answer for this operation, from now on or for so many calls. */
  async cut(operation: Operation, { times = Infinity, afterWork = false } = {}): Promise<void> {
    let left = times;
    await this.page.route('**/graphql', async (route: Route, request: Request) => {
      if (operationOf(request) !== operation || left === 0) return route.fallback();
      left -= 1;
      // With `afterWork` the server has done it, and only its answer is lost.
      if (afterWork) await route.fetch();
      return route.abort();
    });
  }

  /** Lets the next call of this operation hang until its page is gone; later ones go through. */
  async holdOnce(operation: Operation): Promise<void> {
    let held = false;
    await this.page.route('**/graphql', (route, request) => {
      if (held || operationOf(request) !== operation) return route.fallback();
      held = true;
      return undefined;
    });
  }

  async mendConnection(): Promise<void> {
    await this.page.unroute('**/graphql');
  }

  /** Presses Tab until a part of the page has the focus. @throws when the keyboard does not reach it. */
  async tabTo(name: string): Promise<void> {
    for (let presses = 0; presses < TAB_PRESSES_MAX; presses += 1) {
      if ((await this.focusedPart()) === name) return;
      await this.page.keyboard.press('Tab');
    }
    throw new Error(`Tab does not reach ${name} within ${TAB_PRESSES_MAX} presses`);
  }

  /** Waits until a part of the page has the focus: a dialog gives it back a moment after it is gone. */
  async focusComesTo(name: string): Promise<void> {
    await this.page.locator(`[data-test="${name}"]:focus`).first().waitFor();
  }

  private focusedPart(): Promise<string | null> {
    return this.page.locator('*:focus').last().getAttribute('data-test');
  }

  async expectNoSidewaysScrolling(): Promise<void> {
    const { content, view } = await this.page.evaluate(() => ({
      content: document.documentElement.scrollWidth,
      view: window.innerWidth,
    }));
    expect(content).toBeLessThanOrEqual(view);
  }
}

/** Gives the device the client's login, as if the user had logged in there before. */
async function logIn(device: BrowserContext, client: GraphqlClient): Promise<void> {
  const value = client.refreshToken();
  if (value === null) throw new Error('the client is not logged in');
  await device.addCookies([
    {
      name: 'refresh_token',
      value,
      domain: 'localhost',
      path: '/graphql',
      httpOnly: true,
      sameSite: 'Strict',
    },
  ]);
}

/** Which operation a request asks the server for, if any. */
export function operationOf(request: Request): Operation | undefined {
  if (request.method() !== 'POST' || !request.url().endsWith('/graphql')) return undefined;
  const { query } = request.postDataJSON() as { query: string };
  return OPERATIONS.find((operation) => new RegExp(`\\b${operation}\\b`).test(query));
}
