import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { accessTo } from '../door/access.decorator.js';
import { bearerOf, requestOf, type Viewer, type ViewersRequest } from '../door/viewer.js';
import { HostTokens } from './host-tokens.js';
import { NoHostToken } from './refusals.js';

/** A request with several root fields comes here for each of them, and its token says the same each time. */
const CHECK = Symbol('check of the token');
type CheckedRequest = ViewersRequest & { [CHECK]?: Promise<Viewer | undefined> };

/**
 * Closes every resolver and route that is not marked `@Public()` to callers without a valid token of the shop's login.
 * Services are known already, and have none.
 */
@Injectable()
export class HostLoginGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly tokens: HostTokens,
  ) {}

  async canActivate(context: ExecutionContext): Promise<true> {
    if (accessTo(this.reflector, context) === 'anybody') return true;
    const request = requestOf(context);
    if (request.pointsService) return true;
    request.pointsViewer = await this.viewerOf(request);
    return true;
  }

  private async viewerOf(request: CheckedRequest): Promise<Viewer> {
    const token = bearerOf(request);
    if (token === undefined) throw new NoHostToken();
    const viewer = await (request[CHECK] ??= this.tokens.viewerOf(token));
    if (!viewer) throw new NoHostToken();
    return viewer;
  }
}
