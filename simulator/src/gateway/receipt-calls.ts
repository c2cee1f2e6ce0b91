import { type CashReceiptStore, receiptNotFound } from '../payment/cash-receipt.js';
import type { Payment } from '../payment/payment.js';
import type { PaymentStore } from '../payment/payment-store.js';
import { numberOf, textOf } from '../parameters.js';
import type { GatewayRequest } from './call-subject.js';
import { ok, paymentNotFound } from './envelope.js';
import type { GatewayCall } from './gateway-pipeline.js';

interface ReceiptParts {
  payments: PaymentStore;
  receipts: CashReceiptStore;
}

const TEMPLATE = '/receipts/{imp_uid}';

/** Cash receipts by call. */
export function receiptCalls({ payments, receipts }: ReceiptParts): GatewayCall[] {
  const existing = ({ path }: GatewayRequest): Payment => {
    const stored = payments.find(path.imp_uid ?? '');
    if (stored === undefined) throw paymentNotFound();
    return stored.payment;
  };
  return [
    {
      method: 'GET',
      template: TEMPLATE,
      needsToken: true,
      // 404 where none was issued (documented); that a cancelled one is still shown is assumed.
      answer: ({ path }) => {
        const receipt = receipts.find(path.imp_uid ?? '');
        if (receipt === undefined) throw receiptNotFound();
        return ok(receipt);
      },
    },
    {
      method: 'POST',
      template: TEMPLATE,
      needsToken: true,
      answer: (request) => {
        const { body } = request;
        const payment = existing(request);
        const asked = {
          identifier: textOf(body.identifier),
          type: textOf(body.type),
          taxFree: numberOf(body.tax_free),
          vat: numberOf(body.vat_amount),
          has: (field: string) => textOf(body[field]) !== undefined,
        };
        return ok(receipts.issue(payment, asked, payment.receipt_url));
      },
    },
    {
      method: 'DELETE',
      template: TEMPLATE,
      needsToken: true,
      answer: (request) => ok(receipts.cancel(existing(request))),
    },
  ];
}
