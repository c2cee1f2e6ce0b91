import type { Request, Router } from 'express';
import {
  approveAttempt,
  closeAttempt,
  declineAttempt,
  depositInto,
  statusNotice,
  takeBack,
  type AttemptParts,
} from '../window/attempt.js';
import { cancelPayment, type CancelParts } from '../payment/cancel-payment.js';
import { noticeUrlsOf } from '../window/checkout.js';
import { unixSeconds } from '../clock.js';
import { controlledPayment, ControlFault } from './control-payment.js';
import { dayOf, dayWishOf } from './day.js';
import { originOf, pageNumber, recordOf } from './control-request.js';
import { numberOf, textOf } from '../parameters.js';
import type { Payment } from '../payment/payment.js';
import { PGS } from '../payment/pg-rules.js';
import { PAGE_LIMIT } from '../payment/payment-store.js';

const BULK_LIMIT = 1000;
const PG_NAMES = Object.fromEntries(Object.entries(PGS).map(([code, { name }]) => [code, name]));
const PAGE_DEFAULT = 20;

export type PaymentControlParts = AttemptParts & CancelParts;

/** Payments as a test, the window's buttons or the console make, change and list them. */
export function paymentRoutes(router: Router, parts: PaymentControlParts): void {
  const { payments, webhooks, clock } = parts;
  const create = (req: Request, wishes: unknown[]): Payment[] => {
    const consoleUrl = `${originOf(req)}/console`;
    const created = wishes.map((wish) => {
      const { notice_url: noticeUrl, tax_free: taxFree, vat_amount: vat, ...fields } = recordOf(wish);
      const payment = controlledPayment(fields, unixSeconds(clock), consoleUrl);
      const noticeUrls = noticeUrlsOf(noticeUrl);
      if (noticeUrl !== undefined && noticeUrls.length === 0)
        throw new ControlFault(400, 'notice_url is no web address');
      const tax = { tax_free: numberOf(taxFree) ?? null, vat_amount: numberOf(vat) ?? null };
      return { payment, checkout: null, noticeUrls, tax };
    });
    const existing = payments.add(created);
    if (existing !== undefined) throw new ControlFault(409, `imp_uid exists already: ${existing}`);
    for (const { payment, noticeUrls, tax } of created) {
      parts.taxes.add(payment.imp_uid, tax);
      const isIssuedAccount = payment.status === 'ready' && payment.pay_method === 'vbank';
      if (payment.status === 'paid' || isIssuedAccount) webhooks.announce(noticeUrls, statusNotice(payment));
    }
    return created.map(({ payment }) => payment);
  };

  router.post('/payments', (req, res) => {
    const [payment] = create(req, [req.body]);
    res.status(201).json(payment);
  });

  router.post('/payments/bulk', (req, res) => {
    const { payments: wishes } = recordOf(req.body);
    if (!Array.isArray(wishes) || wishes.length > BULK_LIMIT) {
      throw new ControlFault(400, `payments must be a list of at most ${BULK_LIMIT}`);
    }
    res.status(201).json({ payments: create(req, wishes) });
  });

  router.get('/payments', (req, res) => {
    const page = pageNumber(req.query.page, 1, Number.MAX_SAFE_INTEGER);
    const limit = pageNumber(req.query.limit, PAGE_DEFAULT, PAGE_LIMIT);
    const merchantUid = textOf(req.query.merchant_uid);
    const filter = merchantUid === undefined ? {} : { merchantUid };
    res.json({
      total: payments.count(filter),
      page,
      limit,
      shop_url: payments.findLastCheckout()?.shopUrl ?? null,
      list: payments.list(filter, { page, limit, sorting: '-started' }),
      pg_names: PG_NAMES,
      refunds_pending: payments
        .list(filter, { page, limit, sorting: '-started' })
        .map(({ imp_uid: impUid }) => impUid)
        .filter((impUid) => parts.refunds.has(impUid)),
      receipts: payments
        .list(filter, { page, limit, sorting: '-started' })
        .flatMap(({ imp_uid: impUid }) => parts.receipts.find(impUid) ?? []),
      taxes: payments
        .list(filter, { page, limit, sorting: '-started' })
        .flatMap(({ imp_uid: impUid }) => parts.taxes.find(impUid) ?? []),
    });
  });

  router.post('/payments/:imp_uid/approve', (req, res) => {
    const impUid = req.params.imp_uid;
    const choice = recordOf(req.body);
    const payMethod = textOf(choice.pay_method);
    const receiptUrl = `${originOf(req)}/console?payment=${encodeURIComponent(impUid)}`;
    const outcome = approveAttempt(
      parts,
      impUid,
      {
        ...(payMethod === undefined ? {} : { payMethod }),
        cardCode: textOf(choice.card_code),
        cardQuota: numberOf(choice.card_quota),
        bankCode: textOf(choice.bank_code),
        easyPayBy: choice.easy_pay_by === 'money' ? 'money' : 'card',
      },
      receiptUrl,
    );
    res.json(existing(outcome, impUid));
  });

  /** Somebody pays into the account. */
  router.post('/payments/:imp_uid/deposit', (req, res) => {
    res.json(existing(depositInto(parts, req.params.imp_uid), req.params.imp_uid));
  });

  /** The time of an account passes at once. */
  router.post('/payments/:imp_uid/due-over', (req, res) => {
    const impUid = req.params.imp_uid;
    const over = unixSeconds(clock) - 1;
    const changed = payments.change(impUid, (payment) => {
      if (payment.vbank_num === null) throw new ControlFault(409, `${impUid} has no account`);
      return { ...payment, vbank_date: over };
    });
    res.json(existing(changed?.payment, impUid));
  });

  router.post('/payments/:imp_uid/take-back', (req, res) => {
    res.json(existing(takeBack(parts, req.params.imp_uid), req.params.imp_uid));
  });

  /** A refund to which the PG said yes earlier is carried out, and a webhook tells of it (documented at smartro_v2). */
  router.post('/payments/:imp_uid/refund-done', (req, res) => {
    const impUid = req.params.imp_uid;
    const refund = parts.refunds.take(impUid);
    if (refund === undefined) throw new ControlFault(409, `no refund of ${impUid} is pending`);
    const cancelled = cancelPayment(parts, impUid, {
      ...refund,
      checksum: null,
      hasRefundAccount: true,
      hasRefundTel: true,
      // When the PG said yes.
      tax: 'counted',
      isAnnounced: true,
      isFinal: true,
    });
    res.json(existing(cancelled, impUid));
  });

  router.post('/payments/:imp_uid/decline', (req, res) => {
    res.json(existing(declineAttempt(parts, req.params.imp_uid), req.params.imp_uid));
  });

  router.post('/payments/:imp_uid/close', (req, res) => {
    res.json(existing(closeAttempt(parts, req.params.imp_uid), req.params.imp_uid));
  });

  /** A day that is over: no webhook tells of it any more. */
  router.post('/days', (req, res) => {
    const made = dayOf(dayWishOf(recordOf(req.body)), `${originOf(req)}/console`);
    const there = made.flatMap(({ payment }) => payment ?? []);
    const existing = payments.add(there.map((payment) => ({ payment, checkout: null, noticeUrls: [] })));
    if (existing !== undefined)
      throw new ControlFault(409, `imp_uid exists already: ${existing}; take another seed`);
    res.status(201).json({
      payments: made.map(({ payment, ...one }) => ({
        ...one,
        amount: payment?.amount ?? null,
        paid_at: payment?.paid_at ?? 0,
      })),
    });
  });

  /**
   * A cancel in the gateway's console: nobody asks the shop, and a webhook tells of it unless `webhook` is false, as at a PG
   * or by a program that does not ask for one. Without an amount: all that is left.
   */
  router.post('/payments/:imp_uid/cancel', (req, res) => {
    const body = recordOf(req.body);
    const amount = numberOf(body.amount) ?? 0;
    if (!Number.isFinite(amount)) throw new ControlFault(400, 'amount must be a number');
    const cancelled = cancelPayment(parts, req.params.imp_uid, {
      amount,
      checksum: null,
      hasRefundAccount: true,
      hasRefundTel: true,
      retainsPromotion: body.retain_promotion === true,
      tax: 'by-console',
      reason: textOf(body.reason) ?? '콘솔에서 취소',
      isAnnounced: body.webhook !== false,
      isFinal: true,
    });
    res.json(existing(cancelled, req.params.imp_uid));
  });
}

function existing<Outcome>(outcome: Outcome | undefined, impUid: string): Outcome {
  if (outcome === undefined) throw new ControlFault(404, `no such payment: ${impUid}`);
  return outcome;
}
