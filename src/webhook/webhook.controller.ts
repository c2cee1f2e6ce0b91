import { BadRequestException, Controller, HttpCode, Param, Post, Req, UseGuards } from '@nestjs/common';
import { Public } from '../door/access.decorator.js';
import { BehindOurDoor } from '../door/door.guard.js';
import { Gateways } from '../gateway/gateways.js';
import { MERCHANT_UID_MAX_LENGTH } from '../payment/payment-order.entity.js';
import { type ArrivedRequest, arrivedBody } from './arrived-body.js';
import { SourceAddressGuard } from './source-address.guard.js';
import { NEWS_CANCELLATION_ID_MAX_LENGTH } from './webhook-delivery.entity.js';
import { WebhookService } from './webhook.service.js';

@Public()
@Controller('webhooks')
@UseGuards(SourceAddressGuard)
@BehindOurDoor()
export class WebhookController {
  constructor(
    private readonly gateways: Gateways,
    private readonly webhooks: WebhookService,
  ) {}

  /**
   * The notices of a gateway. They are hints which order to look at; state and cancellation in them only say from when on a
   * look is new enough.
   */
  @Post(':gateway')
  @HttpCode(200)
  async receive(
    @Param('gateway') gateway: string,
    @Req() request: ArrivedRequest,
  ): Promise<{ received: true }> {
    const notice = this.gateways.named(gateway).understandNotice(arrivedBody(request));
    if ('fault' in notice) throw new BadRequestException(notice.fault);
    await this.webhooks.receive({
      gateway,
      gatewayPaymentId: notice.paymentId,
      merchantUid: textUpTo(MERCHANT_UID_MAX_LENGTH, notice.merchantUid),
      status: notice.state ?? null,
      cancellationId: textUpTo(NEWS_CANCELLATION_ID_MAX_LENGTH, notice.cancellationKey),
    });
    return { received: true };
  }
}

/** Printable ASCII, as gateways send it; anything else says nothing. */
function textUpTo(length: number, value: string | undefined): string | null {
  return value !== undefined && value.length <= length && /^[\x21-\x7e]+$/.test(value) ? value : null;
}
