import { Inject, Injectable } from '@nestjs/common';
import type { Logger } from 'pino';
import type { DataSource } from 'typeorm';
import { AttentionKind } from '../attention/attention.entity.js';
import { raise, withdraw } from '../attention/raise.js';
import { open, seal } from '../cancellation/sealing.js';
import { SETTINGS, type Settings } from '../config/settings.js';
import { InjectDataSource } from '../database/inject.js';
import { inTransaction } from '../database/transaction.js';
import {
  type CashReceiptIdentifier,
  CashReceiptIdentifierKind,
  type CashReceiptPurpose,
  type GatewayCashReceipt,
  issuesCashReceipts,
} from '../gateway/cash-receipts.js';
import { GatewayRefused, GatewayUnavailable } from '../gateway/errors.js';
import { Gateways } from '../gateway/gateways.js';
import { LOGGER } from '../logging/logger.js';
import {
  CASH_RECEIPT_NUMBER_MAX_LENGTH,
  CASH_RECEIPT_REFUSAL_MAX_LENGTH,
  CashReceiptCall,
  CashReceiptRow,
  CashReceiptState,
} from '../payment/cash-receipt.entity.js';
import { SELF_ISSUE_NUMBER } from '../payment/cash-receipts.js';
import { Payment, RECEIPT_URL_MAX_LENGTH } from '../payment/payment.entity.js';
import { findPayment, paymentById } from '../payment/payments.js';
import { partsLeft } from '../payment/tax-parts.js';
import { lockAccount } from '../point-account/accounts.js';
import { NotAnImpUid, PaymentNotFound } from '../point-transaction/refusals.js';
import { moneyLeft } from '../point-transaction/rules.js';
import { maskOf, readIdentifier } from './identifier.js';
import { type NextStep, nextStep } from './next-step.js';
import { type CashReceiptObstacle, CashReceiptNotPossible } from './refusals.js';

/** The work looks at one whose server died during the call after this; reading is safe at any time. */
const FIRST_LOOK_AFTER_MS = 5000;
/** One that does not fit is cancelled, and then issued anew. */
const STEPS_MAX = 3;
/** How long the number is kept of a receipt that may have to be issued anew, after a cancellation of a part. */
export const NUMBER_KEPT_MS = 180 * 24 * 60 * 60_000;
/** The payment company's words could repeat the number that was sent. */
const LONG_NUMBER = /\d[\d-]{4,}\d/g;
const IT_CAME = '그 뒤에 발급되었습니다. / It was issued afterwards.';

/**
 * Has cash receipts issued, and makes each follow its payment: one for exactly what is left of it, and none for nothing. What was
 * done is read at the gateway before anything is sent, and each call comes after a committed row that says so.
 */
@Injectable()
export class CashReceiptService {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    @Inject(SETTINGS) private readonly settings: Settings,
    @Inject(LOGGER) private readonly logger: Logger,
    private readonly gateways: Gateways,
  ) {}

  /**
   * Asks for the receipt of a payment of this owner. The same request again gets the first one's row.
   *
   * @returns it: ISSUED, or PENDING when the gateway did not answer; it then ends by itself.
   * @throws {NotAnImpUid} {@link BadUserInput} {@link PaymentNotFound} {@link CashReceiptNotPossible} nobody is called.
   */
  async request(
    ownerId: string,
    impUid: string,
    purpose: CashReceiptPurpose,
    givenIdentifier: string,
  ): Promise<CashReceiptRow> {
    const gateway = this.gateways.ofPayment(impUid);
    if (!gateway) throw new NotAnImpUid();
    const identifier = readIdentifier(purpose, givenIdentifier);
    const { manager } = this.dataSource;
    const payment = await findPayment(manager, { gateway: gateway.name, paymentId: impUid });
    if (payment?.ownerId !== ownerId || payment.creditedOrder === null) throw new PaymentNotFound();
    const obstacle = this.obstacleTo(payment);
    if (obstacle) throw new CashReceiptNotPossible(obstacle);
    const made = await this.store(payment, purpose, identifier);
    if (made === 'OTHER') throw new CashReceiptNotPossible('REQUESTED');
    if (made === 'NEW') await this.advanceNow(payment.id);
    return manager.findOneByOrFail(CashReceiptRow, { paymentId: payment.id });
  }

  /** Why no receipt can be asked for; undefined where one can, whether or not there is one already. */
  obstacleTo(payment: Payment): CashReceiptObstacle | undefined {
    if (this.settings.cashReceipt === 'off') return 'OFF';
    const gateway = this.gateways.named(payment.gateway);
    if (!issuesCashReceipts(gateway) || !gateway.cashReceiptTermsOf(payment).issue) return 'METHOD';
    return wantedFor(payment) > 0 ? undefined : 'NOTHING_LEFT';
  }

  /** The receipt of a payment; null where there is none. */
  async find(paymentId: string): Promise<CashReceiptRow | null> {
    return this.dataSource.manager.findOneBy(CashReceiptRow, { paymentId });
  }

  /** Whether its payer can still ask for one of their own. */
  mayRequest(row: CashReceiptRow | null): boolean {
    return row === null || canBeReplaced(row);
  }

  /**
   * Brings a receipt as far as it can be brought now.
   *
   * @throws {GatewayUnavailable} it could not be read; nothing was sent then.
   */
  async advance(paymentId: string): Promise<void> {
    let told: GatewayCashReceipt | undefined;
    for (let step = 0; step < STEPS_MAX; step++) {
      const row = await this.find(paymentId);
      const payment = await paymentById.first(this.dataSource.manager, { id: paymentId });
      if (!row || !payment) throw new Error('a cash receipt names a payment that does not exist');
      if (row.nextAttemptAt === null) return;
      const gateway = this.gateways.named(payment.gateway);
      if (!issuesCashReceipts(gateway)) throw new Error(`${gateway.name} issues no cash receipts`);
      const { gatewayPaymentId } = payment;
      const receipt = told ?? (await gateway.readCashReceipt(gatewayPaymentId));
      const isFirst = row.sends === 0 && receipt === undefined;
      const next = nextStep(row, {
        wanted: wantedFor(payment),
        receipt,
        isByPg: isFirst && (await gateway.readPayment(gatewayPaymentId))?.hasCashReceipt === true,
        terms: gateway.cashReceiptTermsOf(payment),
        now: new Date(),
        graceMs: this.settings.recovery.graceMs,
      });
      if (next.do === 'WAIT') return;
      if (next.do !== 'ISSUE' && next.do !== 'CANCEL') {
        await this.settle(row, payment, next, receipt);
        return;
      }
      told = await this.send(row, payment, next.do);
      if (told === undefined) return;
    }
  }

  /** At once, for somebody who waits; what cannot be told now, the work finds out. */
  private async advanceNow(paymentId: string): Promise<void> {
    try {
      await this.advance(paymentId);
    } catch (error) {
      if (!(error instanceof GatewayUnavailable)) throw error;
    }
  }

  /** Commits the request. @returns `SAME` when it was made before, `OTHER` when another one was. */
  private async store(
    payment: Payment,
    purpose: CashReceiptPurpose,
    identifier: CashReceiptIdentifier,
  ): Promise<'NEW' | 'SAME' | 'OTHER'> {
    const { id: paymentId, ownerId } = payment;
    const mask = maskOf(identifier);
    return inTransaction(this.dataSource, 'READ COMMITTED', async (manager) => {
      // Two requests of one owner come one after the other.
      await lockAccount(manager, ownerId);
      const found = await manager.findOneBy(CashReceiptRow, { paymentId });
      const isSame = found?.identifier === mask && found.purpose === purpose;
      if (found && !canBeReplaced(found)) return isSame ? 'SAME' : 'OTHER';
      const requestedAt = new Date();
      const wanted = {
        purpose,
        isSelfIssued: false,
        identifier: mask,
        ...seal(this.settings.refundAccountKeys, JSON.stringify(identifier), paymentId),
        deleteAt: null,
        requestedAt,
        refusal: null,
        openCall: null,
        nextAttemptAt: new Date(requestedAt.getTime() + FIRST_LOOK_AFTER_MS),
        attempts: 0,
        state: CashReceiptState.PENDING,
      };
      if (found) await manager.update(CashReceiptRow, { paymentId, sends: found.sends }, wanted);
      else await manager.insert(CashReceiptRow, { paymentId, ownerId, ...wanted });
      return 'NEW';
    });
  }

  /** @returns the receipt after a yes; undefined after anything else, about which the work looks again. */
  private async send(
    row: CashReceiptRow,
    payment: Payment,
    call: 'ISSUE' | 'CANCEL',
  ): Promise<GatewayCashReceipt | undefined> {
    const { manager } = this.dataSource;
    const { paymentId, sends } = row;
    const { gatewayPaymentId, pg } = payment;
    const gateway = this.gateways.named(payment.gateway);
    if (!issuesCashReceipts(gateway)) throw new Error(`${gateway.name} issues no cash receipts`);
    const sentAt = new Date();
    const sending = { openCall: CashReceiptCall[call], sentAt, sends: sends + 1, refusal: null };
    // Of two that have seen the same, one may send.
    const { affected } = await manager.update(CashReceiptRow, { paymentId, sends }, sending);
    if (affected !== 1) return undefined;
    const ours = { paymentId, sends: sends + 1 };
    try {
      const answer =
        call === 'CANCEL'
          ? await gateway.cancelCashReceipt(gatewayPaymentId)
          : await gateway.issueCashReceipt({
              paymentId: gatewayPaymentId,
              pg,
              purpose: row.purpose,
              identifier: this.identifierOf(row),
              tax: partsLeft(payment, moneyLeft(payment)),
            });
      await manager.update(CashReceiptRow, ours, { openCall: null });
      return answer;
    } catch (error) {
      if (error instanceof GatewayUnavailable) return undefined;
      if (!(error instanceof GatewayRefused)) throw error;
      const refusal = error.gatewayMessage
        .replaceAll(LONG_NUMBER, '…')
        .slice(0, CASH_RECEIPT_REFUSAL_MAX_LENGTH);
      const nextAttemptAt = new Date(sentAt.getTime() + this.settings.recovery.graceMs);
      await manager.update(CashReceiptRow, ours, { refusal, nextAttemptAt });
      return undefined;
    }
  }

  private identifierOf({ paymentId, isSelfIssued, keyId, sealed }: CashReceiptRow): CashReceiptIdentifier {
    if (isSelfIssued) return { kind: CashReceiptIdentifierKind.PHONE, number: SELF_ISSUE_NUMBER };
    if (keyId === null || sealed === null) throw new Error('the number of a cash receipt is deleted');
    const text = open(this.settings.refundAccountKeys, { keyId, sealed }, paymentId);
    return JSON.parse(text) as CashReceiptIdentifier;
  }

  /** Stores how it ended, unless news of the payment has come since: then it is looked at once more. */
  private async settle(
    row: CashReceiptRow,
    { gatewayPaymentId: subject, merchantUid, ownerId }: Payment,
    next: Exclude<NextStep, { do: 'WAIT' | 'ISSUE' | 'CANCEL' }>,
    receipt: GatewayCashReceipt | undefined,
  ): Promise<void> {
    const { paymentId, sends, nextAttemptAt } = row;
    const matter = { kind: AttentionKind.CASH_RECEIPT_FAILED, subject };
    const refusal = next.do === 'FAIL' ? next.because : null;
    const now = new Date();
    const state = next.do === 'FAIL' ? CashReceiptState.FAILED : CashReceiptState[next.do as 'ISSUED'];
    const isKept = state === CashReceiptState.ISSUED && row.sealed !== null;
    const ending = {
      state,
      refusal,
      openCall: null,
      nextAttemptAt: null,
      attempts: 0,
      ...(receipt && shownOf(receipt)),
      ...(isKept
        ? { deleteAt: new Date(now.getTime() + NUMBER_KEPT_MS) }
        : { keyId: null, sealed: null, deleteAt: null }),
    };
    await inTransaction(this.dataSource, 'READ COMMITTED', async (manager) => {
      const seen = { paymentId, sends, nextAttemptAt: nextAttemptAt as Date };
      const { affected } = await manager.update(CashReceiptRow, seen, ending);
      if (affected !== 1) return;
      if (refusal !== null) await raise(manager, { ...matter, note: refusal, merchantUid, ownerId });
      else await withdraw(manager, matter, IT_CAME);
    });
    if (refusal !== null) this.logger.error({ paymentId, refusal }, 'a cash receipt could not be settled');
  }
}

/** Whole won for which there should be a receipt. */
function wantedFor(payment: Payment): number {
  return payment.creditedOrder === null ? 0 : moneyLeft(payment);
}

/** Nothing of it was issued: it failed, or waits for the time at which it goes to nobody. */
function canBeReplaced({ state, sends, isSelfIssued, number }: CashReceiptRow): boolean {
  if (state === CashReceiptState.FAILED) return number === null;
  return state === CashReceiptState.PENDING && isSelfIssued && sends === 0;
}

function shownOf({ amount, number, receiptUrl, issuedAt, cancelledAt }: GatewayCashReceipt) {
  return {
    amount,
    number: number?.slice(0, CASH_RECEIPT_NUMBER_MAX_LENGTH) ?? null,
    receiptUrl: receiptUrl !== null && receiptUrl.length <= RECEIPT_URL_MAX_LENGTH ? receiptUrl : null,
    issuedAt,
    cancelledAt,
  };
}
