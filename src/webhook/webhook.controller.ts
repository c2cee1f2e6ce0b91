import { BadRequestException, Body, Controller, HttpCode, Post, UseGuards } from '@nestjs/common';
import { Public } from '../graphql/public.decorator.js';
import { isImpUid } from '../iamport/imp-uid.js';
import { SourceAddressGuard } from './source-address.guard.js';
import { WebhookService } from './webhook.service.js';

@Public()
@Controller('webhooks')
@UseGuards(SourceAddressGuard)
export class WebhookController {
  constructor(private readonly webhooks: WebhookService) {}

  /**
   * The gateway's notices, as JSON or as a form (documented: chosen in the console). Nothing signs them, so only
   * `imp_uid` is taken, as a hint which payment to read; status and amount in them are not even looked at.
   */
  @Post('iamport')
  @HttpCode(200)
  async receive(@Body() body: { imp_uid?: unknown } | undefined): Promise<{ received: true }> {
    const impUid = body?.imp_uid;
    if (typeof impUid !== 'string' || !isImpUid(impUid)) throw new BadRequestException('imp_uid is missing');
    await this.webhooks.receive(impUid);
    return { received: true };
  }
}
