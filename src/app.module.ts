import { type DynamicModule, Module } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import type { Logger } from 'pino';
import { AuthModule } from './auth/auth.module.js';
import { Session } from './auth/session.entity.js';
import type { Settings } from './config/settings.js';
import { DatabaseModule } from './database/database.module.js';
import { ErrorFilter } from './door/errors.js';
import type { Gateways } from './gateway/gateways.js';
import { GraphqlModule } from './graphql/graphql.module.js';
import { HealthModule } from './health/health.module.js';
import { HostLoginModule } from './host-login/host-login.module.js';
import { type Login, PointsModule } from './points.module.js';
import type { Shop } from './shop/shop.js';
import { User } from './user/user.entity.js';
import { UserModule } from './user/user.module.js';

const LOGIN_ENTITIES = [Session, User];
const OWN_LOGIN: Login = { rooms: [AuthModule, UserModule], entities: LOGIN_ENTITIES };
/** The shop's: sign-up and log-in are not even in the schema then. */
const HOST_LOGIN: Login = { rooms: [HostLoginModule], entities: LOGIN_ENTITIES };

/** The standalone server: the points, a login, and what only somebody who has an address of their own needs. */
@Module({})
export class AppModule {
  static of(
    { database, ...settings }: Settings,
    shop: Shop,
    logger: Logger,
    gateways: Gateways,
  ): DynamicModule {
    return {
      module: AppModule,
      imports: [
        PointsModule.of({
          installation: { useFactory: () => ({ settings, database, shop, logger, gateways }) },
          database: (entities) => DatabaseModule.of(entities),
          login: settings.hostLogin ? HOST_LOGIN : OWN_LOGIN,
        }),
        GraphqlModule,
        HealthModule,
      ],
      // What fails before a request has come to a resolver or a controller of ours.
      providers: [{ provide: APP_FILTER, useClass: ErrorFilter }],
    };
  }
}
