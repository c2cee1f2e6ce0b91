import type { Router } from 'express';
import { statusNotice } from '../window/attempt.js';
import { cancelNotice } from '../payment/cancel-payment.js';
import { ControlFault } from '../console/control-payment.js';
import { recordOf } from '../console/control-request.js';
import type { PaymentStore } from '../payment/payment-store.js';
import { webhookModesOf, webhookModesText, webhookUrlOf } from './webhook-modes.js';
import type { WebhookSender } from './webhook-sender.js';

/** How webhooks are sent, what became of them, and sending one again. */
export function webhookRoutes(
  router: Router,
  { payments, webhooks }: { payments: PaymentStore; webhooks: WebhookSender },
): void {
  const settings = () => ({ modes: webhookModesText(webhooks.modes), url: webhooks.url });

  router.get('/webhooks', (_req, res) => {
    res.json({ ...settings(), ...webhooks.summary() });
  });

  /** `{ modes: "late=2000,twice", url: "http://…" }`; each alone changes only itself, `url: null` takes the address away. */
  router.put('/webhooks', (req, res) => {
    const { modes, url } = recordOf(req.body);
    if (modes !== undefined && typeof modes !== 'string') throw new ControlFault(400, 'modes must be a text');
    if (url !== undefined && url !== null && typeof url !== 'string')
      throw new ControlFault(400, 'url must be a text');
    const wantedModes = modes === undefined ? webhooks.modes : webhookModesOf(modes);
    if (url !== undefined) webhooks.url = webhookUrlOf(url ?? '');
    webhooks.modes = wantedModes;
    res.json(settings());
  });

  /** The re-send button of the gateway's console. Answers when the shop has answered. */
  router.post('/payments/:imp_uid/webhook', async (req, res) => {
    const stored = payments.find(req.params.imp_uid);
    if (stored === undefined) throw new ControlFault(404, `no such payment: ${req.params.imp_uid}`);
    const { payment, noticeUrls } = stored;
    const notice = payment.status === 'cancelled' ? cancelNotice(payment) : statusNotice(payment);
    const deliveries = await webhooks.resend(noticeUrls, notice);
    if (deliveries.length === 0) {
      throw new ControlFault(409, 'no webhook address: neither notice_url nor IAMPORT_SIMULATOR_WEBHOOK_URL');
    }
    res.json({ deliveries });
  });
}
