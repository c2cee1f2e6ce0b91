import { BadRequestException, Body, Controller, HttpCode, Post, UseGuards } from '@nestjs/common';
import { Public } from '../door/access.decorator.js';
import { isImpUid } from '../iamport/imp-uid.js';
import { MERCHANT_UID_MAX_LENGTH } from '../payment-order/payment-order.entity.js';
import { SourceAddressGuard } from './source-address.guard.js';
import { NEWS_CANCELLATION_ID_MAX_LENGTH, NEWS_STATUS_MAX_LENGTH } from './webhook-delivery.entity.js';
import { WebhookService } from './webhook.service.js';

/** As the gateway names them (documented). */
type NoticeBody = Partial<Record<'imp_uid' | 'merchant_uid' | 'status' | 'cancellation_id', unknown>>;

@Public()
@Controller('webhooks')
@UseGuards(SourceAddressGuard)
export class WebhookController {
  constructor(private readonly webhooks: WebhookService) {}

  /**
   * The gateway's notices, as JSON or as a form (documented: chosen in the console). Nothing signs them, so they are hints
   * which order to look at; status and cancellation in them only say from when on a look is new enough.
   */
  @Post('iamport')
  @HttpCode(200)
  async receive(@Body() body: NoticeBody | undefined): Promise<{ received: true }> {
    const impUid = body?.imp_uid;
    if (typeof impUid !== 'string' || !isImpUid(impUid)) throw new BadRequestException('imp_uid is missing');
    await this.webhooks.receive({
      impUid,
      merchantUid: textUpTo(MERCHANT_UID_MAX_LENGTH, body?.merchant_uid),
      status: textUpTo(NEWS_STATUS_MAX_LENGTH, body?.status),
      cancellationId: textUpTo(NEWS_CANCELLATION_ID_MAX_LENGTH, body?.cancellation_id),
    });
    return { received: true };
  }
}

/** Printable ASCII as the gateway sends it; anything else says nothing. */
function textUpTo(length: number, value: unknown): string | null {
  return typeof value === 'string' && value.length <= length && /^[\x21-\x7e]+$/.test(value) ? value : null;
}
