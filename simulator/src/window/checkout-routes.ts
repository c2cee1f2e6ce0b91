import type { Router } from 'express';
import { BANKS, CARDS } from '../gateway/codes.js';
import { offeredMethods, openCheckout, pgOf, type CheckoutParts } from './checkout.js';
import { ControlFault } from '../console/control-payment.js';
import { recordOf } from '../console/control-request.js';
import { CHANNELS, MERCHANT } from '../gateway/merchant.js';
import { isEasyPay, PGS } from '../payment/pg-rules.js';
import { textOf } from '../parameters.js';

/** What the payment window asks when it opens. */
export function checkoutRoutes(router: Router, { payments, prepares, taxes, clock }: CheckoutParts): void {
  router.post('/checkouts', (req, res) => {
    const body = recordOf(req.body);
    const outcome = openCheckout(
      { payments, prepares, taxes, clock },
      {
        userCode: textOf(body.user_code),
        isMobile: body.is_mobile === true,
        shopUrl: textOf(body.shop_url),
        userAgent: req.get('user-agent'),
        params: recordOf(body.params),
      },
    );
    if (outcome.opened) res.status(201).json({ opened: true, imp_uid: outcome.payment.imp_uid });
    else res.json({ opened: false, result: outcome.result, redirect_url: outcome.redirectUrl });
  });

  /** The channels of the shop, and what each PG takes and refuses. */
  router.get('/channels', (_req, res) => {
    res.json({
      channels: CHANNELS.map(({ key, pgProvider, pgId, sandbox, style }) => {
        const { name, window, closed, limits = {}, rules } = pgOf(pgProvider);
        return {
          key,
          pg: pgProvider,
          pg_id: pgId,
          name,
          sandbox,
          style,
          methods: window,
          closed: closed ?? null,
          limits,
          rules,
        };
      }),
    });
  });

  router.get('/checkouts/:imp_uid', (req, res) => {
    const stored = payments.find(req.params.imp_uid);
    if (stored === undefined || stored.checkout === null) {
      throw new ControlFault(404, `no window was opened for ${req.params.imp_uid}`);
    }
    const { payment, checkout } = stored;
    res.json({
      user_code: MERCHANT.userCode,
      shop_url: checkout.shopUrl,
      language: checkout.language,
      returns: checkout.returns,
      requested_method: checkout.requestedMethod,
      pg: PGS[payment.pg_provider]?.name ?? payment.pg_provider,
      methods: offeredMethods(payment.pg_provider),
      easy_pays: offeredMethods(payment.pg_provider).filter(isEasyPay),
      cards: CARDS,
      banks: BANKS,
      payment,
    });
  });
}
