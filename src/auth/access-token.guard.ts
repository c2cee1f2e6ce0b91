import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { JwtService } from '@nestjs/jwt';
import { accessTo } from '../door/access.decorator.js';
import { bearerOf, requestOf, type Viewer } from '../door/viewer.js';
import { ACCESS_TOKEN, type AccessTokenClaims } from './access-token.js';
import { NoAccessToken } from './refusals.js';

/**
 * Closes every resolver and route that is not marked `@Public()` to callers without a valid access token of ours. Services are
 * known already, and have none.
 */
@Injectable()
export class AccessTokenGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly jwt: JwtService,
  ) {}

  canActivate(context: ExecutionContext): true {
    if (accessTo(this.reflector, context) === 'anybody') return true;
    const request = requestOf(context);
    if (request.pointsService) return true;
    // A request with several root fields comes here for each of them, and its token says the same each time.
    request.pointsViewer ??= this.viewerOf(bearerOf(request));
    return true;
  }

  /** The library lets a token without `exp` live for ever, so its presence is checked here. */
  private viewerOf(token: string | undefined): Viewer {
    if (token === undefined) throw new NoAccessToken();
    const { sub, type, exp } = this.claimsOf(token);
    if (type !== ACCESS_TOKEN.type || typeof exp !== 'number' || typeof sub !== 'string') {
      throw new NoAccessToken();
    }
    return { ownerId: sub };
  }

  private claimsOf(token: string): Partial<AccessTokenClaims> {
    try {
      return this.jwt.verify<Partial<AccessTokenClaims>>(token);
    } catch {
      // Whatever is wrong with it, its caller needs another one.
      throw new NoAccessToken();
    }
  }
}
