import { Global, Module } from '@nestjs/common';
import { JwtModule } from '@nestjs/jwt';
import { SETTINGS, type Settings } from '../config/settings.js';
import { LOGIN_GUARD } from '../door/door.guard.js';
import { ACCESS_TOKEN, accessTokenKey } from './access-token.js';
import { AccessTokenGuard } from './access-token.guard.js';
import { AuthResolver } from './auth.resolver.js';
import { AuthService } from './auth.service.js';
import { Guesses } from './guesses.js';
import { SessionService } from './session.service.js';

/** Global, because its guard stands at the door of everything. */
@Global()
@Module({
  imports: [
    JwtModule.registerAsync({
      inject: [SETTINGS],
      useFactory: (settings: Settings) => ({
        secret: accessTokenKey(settings.jwtSecret),
        signOptions: {
          algorithm: ACCESS_TOKEN.algorithm,
          issuer: ACCESS_TOKEN.issuer,
          audience: ACCESS_TOKEN.audience,
          expiresIn: ACCESS_TOKEN.lifetimeSeconds,
        },
        verifyOptions: {
          algorithms: [ACCESS_TOKEN.algorithm],
          issuer: ACCESS_TOKEN.issuer,
          audience: ACCESS_TOKEN.audience,
        },
      }),
    }),
  ],
  providers: [
    AuthService,
    Guesses,
    SessionService,
    AuthResolver,
    { provide: LOGIN_GUARD, useClass: AccessTokenGuard },
  ],
  exports: [LOGIN_GUARD],
})
export class AuthModule {}
