import { type ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { AuthGuard } from '@nestjs/passport';
import { accessTo } from '../door/access.decorator.js';
import { requestOf, type ViewersRequest } from '../door/viewer.js';
import { NoAccessToken } from './refusals.js';

type CanActivate = ReturnType<InstanceType<ReturnType<typeof AuthGuard>>['canActivate']>;

/**
 * Closes every resolver and route that is not marked `@Public()` to callers without a valid access token. Services are
 * known already, and have none.
 */
@Injectable()
export class JwtAuthGuard extends AuthGuard('jwt') {
  /** A request with several root fields comes here for each of them, and its token says the same each time. */
  private readonly checks = new WeakMap<object, CanActivate>();

  constructor(private readonly reflector: Reflector) {
    super();
  }

  override canActivate(context: ExecutionContext): CanActivate {
    if (accessTo(this.reflector, context) === 'anybody') return true;
    const request = this.getRequest(context);
    if (request.pointsService) return true;
    const check = this.checks.get(request) ?? super.canActivate(context);
    this.checks.set(request, check);
    return check;
  }

  override getAuthenticateOptions() {
    return { property: 'pointsViewer' satisfies keyof ViewersRequest, session: false };
  }

  override getRequest(context: ExecutionContext): ViewersRequest {
    return requestOf(context);
  }

  override handleRequest<TViewer>(error: unknown, viewer: TViewer | false | null): TViewer {
    if (error) throw error;
    if (!viewer) throw new NoAccessToken();
    return viewer;
  }
}
