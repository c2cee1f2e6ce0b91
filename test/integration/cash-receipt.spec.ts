import { setTimeout } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { Attention, AttentionKind } from '../../src/attention/attention.entity.js';
import { CashReceiptNotPossible } from '../../src/cash-receipt/refusals.js';
import { CashReceiptPurpose } from '../../src/gateway/cash-receipts.js';
import { CashReceiptCall, CashReceiptRow, CashReceiptState } from '../../src/payment/cash-receipt.entity.js';
import { Payment } from '../../src/payment/payment.entity.js';
import { PaymentNotFound } from '../../src/point-transaction/refusals.js';
import { proveBooks } from '../../src/verification/books.js';
import { describeOnEachDatabase } from '../support/databases.js';
import { type GatewayAndRooms, openGatewayAndRooms } from '../support/gateway-and-rooms.js';
import type { PaymentWish } from '../support/simulator-control.js';

const { PERSON, COMPANY } = CashReceiptPurpose;
const PHONE = '010-1234-5678';
const ISSUE = 'POST /receipts/{imp_uid}';
const CANCEL = 'DELETE /receipts/{imp_uid}';
const EVENTUALLY_TRIES = 400;
const EVENTUALLY_PAUSE_MS = 25;

describeOnEachDatabase('a cash receipt', (database) => {
  let house: GatewayAndRooms;
  let auto: GatewayAndRooms;

  beforeAll(async () => {
    house = await openGatewayAndRooms(database.env, { CASH_RECEIPT: 'ask' });
    auto = await openGatewayAndRooms(database.env, { CASH_RECEIPT: 'auto' });
  });
  beforeEach(async () => {
    house.gateway.behave();
    await house.simulator.setHabits({ receipt_after_part: 'follows' });
    await house.simulator.forgetRequests();
  });
  afterEach(() => proveBooks(house.rooms.books, () => undefined));
  afterAll(async () => {
    await house.close();
    await auto.close();
  });

  /** A credited transfer of a new user. */
  async function charged(wish: Partial<PaymentWish> = {}, at = house) {
    const { id: ownerId } = await at.user();
    const order = await at.order(ownerId, 10_000);
    const { imp_uid: impUid } = await at.pay(order, {
      pay_method: 'trans',
      pg_provider: 'html5_inicis',
      buyer_name: '김포인트',
      buyer_tel: '01012345678',
      ...wish,
    });
    await at.rooms.reconcile(impUid);
    return { ownerId, impUid };
  }
  const request = (
    { ownerId, impUid }: { ownerId: string; impUid: string },
    purpose = PERSON,
    number = PHONE,
  ) => house.rooms.cashReceipts.request(ownerId, impUid, purpose, number);
  const rowOf = async (impUid: string, at = house) => {
    const { manager } = at.rooms.books;
    const { id: paymentId } = await manager.findOneByOrFail(Payment, { gatewayPaymentId: impUid });
    return manager.findOneBy(CashReceiptRow, { paymentId });
  };
  const attentionOf = (subject: string) =>
    house.rooms.books.manager.findOneBy(Attention, { kind: AttentionKind.CASH_RECEIPT_FAILED, subject });
  const calls = async (name: string) => (await house.simulator.requests()).counts[name] ?? 0;
  const cancel = ({ ownerId, impUid }: { ownerId: string; impUid: string }, amount?: number) =>
    house.rooms.cancellations.cancel(ownerId, { impUid, ...(amount !== undefined && { amount }) });
  async function eventually(isTrue: () => Promise<boolean>): Promise<void> {
    for (let tries = 0; tries < EVENTUALLY_TRIES; tries++) {
      if (await isTrue()) return;
      await setTimeout(EVENTUALLY_PAUSE_MS);
    }
    throw new Error(`not true in time: ${String(isTrue)}`);
  }
  const recovered = (impUid: string, isTrue: (row: CashReceiptRow) => boolean) =>
    house.rooms.recoverWhile(() =>
      eventually(async () => {
        const row = await rowOf(impUid);
        return row !== null && isTrue(row);
      }),
    );

  test('that is asked for is issued once for what is left, its number sealed and masked', async () => {
    const made = await charged();
    await cancel(made, 3000);

    const row = await request(made);

    expect(row).toMatchObject({
      state: 'ISSUED',
      amount: 7000,
      identifier: '010-****-5678',
      nextAttemptAt: null,
    });
    expect(row.number).toMatch(/^G\d+$/);
    expect(row.sealed).not.toContain('1234');
    expect(await request(made)).toEqual(row);
    await expect(request(made, COMPANY, '123-45-67891')).rejects.toMatchObject({ reason: 'REQUESTED' });
    expect(await calls(ISSUE)).toBe(1);
  });

  test.each(['kcp', 'nice', 'nice_v2', 'kicc', 'settle', 'tosspayments', 'ksnet', 'smartro_v2'])(
    'is issued by %s, with all that it wants to know',
    async (pg_provider) => {
      expect(await request(await charged({ pg_provider }))).toMatchObject({
        state: 'ISSUED',
        amount: 10_000,
      });
    },
  );

  test('is refused for others’ payments, cards, companies that issue none, and where nothing is left', async () => {
    const made = await charged();
    const { id: stranger } = await house.user();
    await expect(request({ ...made, ownerId: stranger })).rejects.toBeInstanceOf(PaymentNotFound);
    await expect(request(await charged({ pay_method: 'card' }))).rejects.toMatchObject({ reason: 'METHOD' });
    await expect(request(await charged({ pg_provider: 'uplus' }))).rejects.toMatchObject({
      reason: 'METHOD',
    });
    await cancel(made);
    await expect(request(made)).rejects.toBeInstanceOf(CashReceiptNotPossible);
    expect(await calls(ISSUE)).toBe(0);
  });

  test('that the payment company issued in its window is recognised and not issued twice', async () => {
    const made = await charged({ cash_receipt_issued: true });

    expect(await request(made)).toMatchObject({ state: 'BY_PG', sealed: null });
    expect(await calls(ISSUE)).toBe(0);
  });

  test.each(['follows', 'cancelled', 'stays'])(
    'is one for the rest after a cancellation of a part, at a company where it %s',
    async (habit) => {
      await house.simulator.setHabits({ receipt_after_part: habit });
      const made = await charged();
      await request(made);

      await cancel(made, 4000);
      await recovered(made.impUid, ({ amount, nextAttemptAt }) => amount === 6000 && nextAttemptAt === null);

      expect(await rowOf(made.impUid)).toMatchObject({ state: 'ISSUED', amount: 6000, openCall: null });
      expect([await calls(ISSUE), await calls(CANCEL)]).toEqual(
        { follows: [1, 0], cancelled: [2, 0], stays: [2, 1] }[habit],
      );
    },
  );

  test.each([
    ['html5_inicis', 0],
    ['smartro_v2', 1],
    ['ksnet', 1],
  ])('ends with its payment at %s, and its number is deleted', async (pg_provider, cancels) => {
    const made = await charged({ pg_provider });
    await request(made);

    await house.simulator.cancel(made.impUid);
    await house.rooms.reconcile(made.impUid);
    await recovered(made.impUid, ({ state }) => state === CashReceiptState.CANCELLED);

    expect(await rowOf(made.impUid)).toMatchObject({ state: 'CANCELLED', sealed: null, keyId: null });
    expect(await calls(CANCEL)).toBe(cancels);
  });

  test('that the company refuses fails after another look, and a person is told; it can be asked for again', async () => {
    const made = await charged();

    // The simulator's company takes no such card.
    expect(await request(made, PERSON, '0000000000000000')).toMatchObject({ state: 'PENDING' });
    await recovered(made.impUid, ({ state }) => state === CashReceiptState.FAILED);

    expect(await attentionOf(made.impUid)).toMatchObject({ resolvedAt: null });
    expect(await rowOf(made.impUid)).toMatchObject({ sealed: null });
    expect(await calls(ISSUE)).toBe(1);
    expect(await request(made)).toMatchObject({ state: 'ISSUED' });
    expect((await attentionOf(made.impUid))?.resolvedAt).not.toBeNull();
  });

  test('whose answer was lost is found by reading, and not issued twice', async () => {
    const made = await charged();
    const { id: paymentId } = await house.rooms.books.manager.findOneByOrFail(Payment, {
      gatewayPaymentId: made.impUid,
    });
    await request(made);
    // As a server leaves it that dies after the gateway has carried it out.
    const died = {
      state: 'PENDING',
      openCall: CashReceiptCall.ISSUE,
      nextAttemptAt: new Date(),
      amount: null,
    };
    await house.rooms.books.manager.update(CashReceiptRow, { paymentId }, died as Partial<CashReceiptRow>);

    await recovered(made.impUid, ({ state }) => state === CashReceiptState.ISSUED);

    expect(await calls(ISSUE)).toBe(1);
  });

  test('two requests at once issue one', async () => {
    const made = await charged();
    const rows = await Promise.all([request(made), request(made), request(made)]);

    expect(new Set(rows.map(({ paymentId }) => paymentId)).size).toBe(1);
    await recovered(made.impUid, ({ state }) => state === CashReceiptState.ISSUED);
    expect(await calls(ISSUE)).toBe(1);
  });

  test('is sent by one of several servers that look at once', async () => {
    const made = await charged();
    house.gateway.misbehave((_request, response) => {
      response.writeHead(503).end();
      return true;
    });
    expect(await request(made)).toMatchObject({ state: 'PENDING', sends: 0 });
    house.gateway.behave();
    const { paymentId } = (await rowOf(made.impUid)) as CashReceiptRow;

    await Promise.all(Array.from({ length: 4 }, () => house.rooms.cashReceipts.advance(paymentId)));

    await recovered(made.impUid, ({ state }) => state === CashReceiptState.ISSUED);
    expect(await calls(ISSUE)).toBe(1);
  });

  test('with auto goes to 010-000-1234 an hour later, unless its payer asks before', async () => {
    const made = await charged({}, auto);
    const row = await rowOf(made.impUid, auto);
    expect(row).toMatchObject({ state: 'PENDING', isSelfIssued: true, identifier: '010-000-1234', sends: 0 });
    expect(Number(row?.nextAttemptAt) - Date.now()).toBeGreaterThan(50 * 60_000);

    const { paymentId } = row as CashReceiptRow;
    await auto.rooms.books.manager.update(CashReceiptRow, { paymentId }, { nextAttemptAt: new Date() });
    await auto.rooms.cashReceipts.advance(paymentId);
    expect(await rowOf(made.impUid, auto)).toMatchObject({ state: 'ISSUED', isSelfIssued: true });

    const asked = await charged({}, auto);
    await auto.rooms.cashReceipts.request(asked.ownerId, asked.impUid, PERSON, PHONE);
    expect(await rowOf(asked.impUid, auto)).toMatchObject({ state: 'ISSUED', isSelfIssued: false });
    expect(await rowOf((await charged({ pay_method: 'card' }, auto)).impUid, auto)).toBeNull();
  });

  test('with auto is not issued by itself where receipts come about at the payment alone, and may not show', async () => {
    const made = await charged({ pg_provider: 'nice_v2' }, auto);
    expect(await rowOf(made.impUid, auto)).toBeNull();
  });
});
