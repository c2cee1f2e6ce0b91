import { Inject, Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import { ExtractJwt, Strategy } from 'passport-jwt';
import { SETTINGS, type Settings } from '../config/settings.js';
import type { Viewer } from '../door/viewer.js';
import { ACCESS_TOKEN, accessTokenKey, type AccessTokenClaims } from './access-token.js';

/** Accepts our own, unexpired access tokens from the Authorization header and nothing else. */
@Injectable()
export class JwtStrategy extends PassportStrategy(Strategy) {
  constructor(@Inject(SETTINGS) settings: Settings) {
    super({
      jwtFromRequest: ExtractJwt.fromAuthHeaderAsBearerToken(),
      // jsonwebtoken takes a KeyObject; the types of the strategy do not know it.
      secretOrKey: accessTokenKey(settings.jwtSecret) as unknown as string,
      algorithms: [ACCESS_TOKEN.algorithm],
      issuer: ACCESS_TOKEN.issuer,
      audience: ACCESS_TOKEN.audience,
    });
  }

  /** The library lets a token without `exp` live for ever, so its presence is checked here. */
  validate(claims: Partial<AccessTokenClaims>): Viewer | false {
    const { sub, type, exp } = claims;
    if (type !== ACCESS_TOKEN.type || typeof exp !== 'number' || typeof sub !== 'string') return false;
    return { ownerId: sub };
  }
}
