import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { accessTo } from '../door/access.decorator.js';
import { bearerOf, requestOf, type Service, type ViewersRequest } from '../door/viewer.js';
import { Unauthenticated } from '../refusal/unauthenticated.js';
import { looksLikeServiceKey } from './key-text.js';
import { ServiceKeys } from './service-keys.js';

/** A request with several root fields comes here for each of them, and its key says the same each time. */
const CHECK = Symbol('check of the service key');
type CheckedRequest = ViewersRequest & { [CHECK]?: Promise<Service | undefined> };

/**
 * Recognises services. It comes before the guard of people, which leaves them alone; what they may do is the business of
 * the door's AccessGuard.
 */
@Injectable()
export class ServiceKeyGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly keys: ServiceKeys,
  ) {}

  canActivate(context: ExecutionContext): true | Promise<true> {
    if (accessTo(this.reflector, context) === 'anybody') return true;
    const request = requestOf(context);
    const shown = bearerOf(request);
    return shown !== undefined && looksLikeServiceKey(shown) ? this.requireService(request, shown) : true;
  }

  private async requireService(request: CheckedRequest, shown: string): Promise<true> {
    const service = await (request[CHECK] ??= this.keys.serviceOf(shown));
    if (!service) throw new UnknownServiceKey();
    request.pointsService = service;
    return true;
  }
}

/** One answer for a key that never was, a wrong one and a revoked one. */
class UnknownServiceKey extends Unauthenticated {
  constructor() {
    super({
      ko: '서비스 키가 없거나 폐기되었습니다.',
      en: 'This service key does not exist or was revoked.',
    });
  }
}
