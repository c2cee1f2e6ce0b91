import type { Locator } from 'playwright-core';
import type { CheckoutPage } from './checkout-page.js';

export type CancelEnd = 'done' | 'pending' | 'refused' | 'undecided' | 'loginNeeded';

/** The history of the checkout page and its cancel dialog, in the hands of a person. */
export class Cancelling {
  /** What the page has sent with each cancelPointTransaction so far. */
  readonly sent: { impUid: string; amount: number; reason: string | null; idempotencyKey: string }[] = [];

  constructor(readonly checkout: CheckoutPage) {
    checkout.page.on('request', (request) => {
      if (request.method() !== 'POST' || !request.url().endsWith('/graphql')) return;
      const { query, variables } = request.postDataJSON();
      if (query.includes('cancelPointTransaction')) this.sent.push(variables);
    });
  }

  part(name: string): Locator {
    return this.checkout.part(name);
  }

  /** The row of the payment itself. */
  row(impUid: string): Locator {
    return this.checkout.page.locator(
      `[data-test=history-row][data-status=PAYMENT][data-imp-uid="${impUid}"]`,
    );
  }

  cancelButton(impUid: string): Locator {
    return this.row(impUid).locator('[data-test=cancel]');
  }

  /** What the history says of a payment's cancellations. */
  state(impUid: string, state: 'ALL' | 'PART' | 'PENDING' | 'ASKING' | 'REFUSED'): Locator {
    return this.row(impUid).locator(`[data-test=cancellation-state][data-state=${state}]`);
  }

  /** Opens the dialog and waits for what can be cancelled. */
  async open(impUid: string): Promise<void> {
    await this.cancelButton(impUid).click();
    await this.part('cancel-confirm').waitFor();
  }

  async choosePart(amount: string): Promise<void> {
    await this.part('cancel-part').check();
    await this.part('cancel-amount').fill(amount);
  }

  /** Opens the dialog and confirms. */
  async cancel(impUid: string, amount?: string): Promise<void> {
    await this.open(impUid);
    if (amount !== undefined) await this.choosePart(amount);
    await this.part('cancel-confirm').click();
  }

  /** Waits until the dialog says how it ended. */
  async ended(end: CancelEnd): Promise<void> {
    await this.checkout.page.locator(`[data-test=cancel-end][data-outcome=${end}]`).waitFor();
  }

  /** Waits until the history says how it ended. */
  async noticed(end: 'done' | 'refused'): Promise<void> {
    await this.checkout.page.locator(`[data-test=cancel-notice][data-outcome=${end}]`).waitFor();
  }

  async close(): Promise<void> {
    await this.part('cancel-close').click();
    await this.part('cancel-dialog').waitFor({ state: 'hidden' });
  }

  /** The balance card, as soon as it says this. */
  async balanceIs(balance: string, { held }: { held?: string } = {}): Promise<void> {
    await this.part('balance').getByText(balance, { exact: true }).waitFor();
    if (held === undefined) await this.part('held').waitFor({ state: 'hidden' });
    else await this.part('held').getByText(held, { exact: true }).waitFor();
  }
}
