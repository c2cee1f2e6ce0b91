import { type ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { AuthGuard } from '@nestjs/passport';
import { accessTo } from '../door/access.decorator.js';
import { requestOf, type ViewersRequest } from '../door/viewer.js';
import { NoAccessToken } from './refusals.js';

type CanActivate = ReturnType<InstanceType<ReturnType<typeof AuthGuard>>['canActivate']>;

/**
 * A request with several root fields comes here for each of them, and its token says the same each time. Kept on the request: of a
 * WeakMap V8 lets go only in a full collection, and until then of all that the request has touched.
 */
const CHECK = Symbol('check of the access token');
type CheckedRequest = ViewersRequest & { [CHECK]?: CanActivate };

/**
 * Closes every resolver and route that is not marked `@Public()` to callers without a valid access token. Services are
 * known already, and have none.
 */
@Injectable()
export class JwtAuthGuard extends AuthGuard('jwt') {
  constructor(private readonly reflector: Reflector) {
    super();
  }

  override canActivate(context: ExecutionContext): CanActivate {
    if (accessTo(this.reflector, context) === 'anybody') return true;
    const request = this.getRequest(context);
    if (request.pointsService) return true;
    return (request[CHECK] ??= super.canActivate(context));
  }

  override getAuthenticateOptions() {
    return { property: 'pointsViewer' satisfies keyof ViewersRequest, session: false };
  }

  override getRequest(context: ExecutionContext): CheckedRequest {
    return requestOf(context);
  }

  override handleRequest<TViewer>(error: unknown, viewer: TViewer | false | null): TViewer {
    if (error) throw error;
    if (!viewer) throw new NoAccessToken();
    return viewer;
  }
}
