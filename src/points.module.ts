import {
  type CanActivate,
  type DynamicModule,
  Global,
  type InjectionToken,
  Module,
  type ModuleMetadata,
  type Type,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { Logger } from 'pino';
import { gatewaysOf } from './adapters.js';
import { AttentionModule } from './attention/attention.module.js';
import { CancellationModule } from './cancellation/cancellation.module.js';
import { ComparisonModule } from './comparison/comparison.module.js';
import { ConfigModule } from './config/config.module.js';
import { SETTINGS, type Settings } from './config/settings.js';
import { StartError } from './config/start-error.js';
import { DatabaseModule } from './database/database.module.js';
import { AccessGuard } from './door/access.guard.js';
import { DOOR_GUARDS, LOGIN_GUARD } from './door/door.guard.js';
import { RATE_COUNTS, type RateCounts } from './door/rate-counts.js';
import { RateCountsModule } from './door/rate-counts.module.js';
import { RateLimitGuard } from './door/rate-limit.guard.js';
import { POINTS_ENTITIES } from './entities.js';
import { EventModule } from './event/event.module.js';
import { GatewayModule } from './gateway/gateway.module.js';
import type { Gateways } from './gateway/gateways.js';
import { HostAppModule } from './host-app/host-app.module.js';
import { logOfHost } from './host-app/host-log.js';
import { type PointsOptions, settingsOf } from './host-app/options.js';
import { LoggingModule } from './logging/logging.module.js';
import { PaymentModule } from './payment/payment.module.js';
import { PointTransactionModule } from './point-transaction/point-transaction.module.js';
import { RecoveryModule } from './recovery/recovery.module.js';
import { ServiceKeyGuard } from './service-key/service-key.guard.js';
import { ServiceKeyModule } from './service-key/service-key.module.js';
import type { Shop } from './shop/shop.js';
import { readShop } from './shop/shop-file.js';
import { ShopModule } from './shop/shop.module.js';
import { SpendingModule } from './spending/spending.module.js';
import { WebhookModule } from './webhook/webhook.module.js';

/** Who the callers are: what the rooms of the points are told of a login, and what it brings with it. */
export interface Login {
  /** They provide `LOGIN_GUARD`, `ROLES`, `BUYERS`, `KNOWN_OWNERS` and `Owners` to all modules. */
  rooms: NonNullable<ModuleMetadata['imports']>;
  entities: readonly Type[];
}

export interface PointsParts {
  settings: Omit<Settings, 'database'>;
  /** See DatabaseModule. */
  database: (entities: readonly Type[]) => DynamicModule;
  shop: Shop;
  logger: Logger;
  gateways: Gateways;
  login: Login;
}

/**
 * The guards of our door, which stand at our resolvers and controllers alone (see door.guard.ts). Global, since each
 * module that has some of those asks for them.
 */
@Global()
@Module({
  providers: [
    ServiceKeyGuard,
    AccessGuard,
    {
      provide: RateLimitGuard,
      inject: [SETTINGS, RATE_COUNTS, Reflector],
      useFactory: (settings: Settings, counts: RateCounts, reflector: Reflector) =>
        RateLimitGuard.of(settings, counts, reflector),
    },
    {
      provide: DOOR_GUARDS,
      // In this order, so that the others know who is calling, and a role is read only within the limits.
      inject: [ServiceKeyGuard, LOGIN_GUARD, RateLimitGuard, AccessGuard],
      useFactory: (...guards: CanActivate[]) => guards,
    },
  ],
  exports: [DOOR_GUARDS],
})
class DoorModule {}

/** The points: every room of theirs, and a login of somebody's. */
@Module({})
export class PointsModule {
  /**
   * The points in the app of a host (docs/adopt.md).
   *
   * @throws {StartError} which says what is wrong with the options, all of it at once.
   */
  static forRoot(options: PointsOptions): DynamicModule {
    const { database, ...settings } = settingsOf(options);
    const { production } = settings;
    const logger = logOfHost(options.logger);
    const login = { rooms: [HostAppModule.of(options)], entities: [] };
    const { dataSource } = options;
    if ((dataSource === undefined) === (database === undefined)) throw new NoDatabase();
    return PointsModule.of({
      settings,
      database: (entities) =>
        database
          ? DatabaseModule.ofItsOwn(database, production, entities)
          : DatabaseModule.ofHost(dataSource as InjectionToken, production, entities),
      shop: readShop(settings),
      logger,
      gateways: gatewaysOf(settings, logger),
      login,
    });
  }

  static of({ settings, database, shop, logger, gateways, login }: PointsParts): DynamicModule {
    return {
      module: PointsModule,
      imports: [
        ConfigModule.of(settings),
        LoggingModule.of(logger),
        database([...POINTS_ENTITIES, ...login.entities]),
        GatewayModule.of(gateways),
        RateCountsModule,
        ShopModule.of(shop),
        ServiceKeyModule,
        DoorModule,
        ...login.rooms,
        EventModule,
        AttentionModule,
        PaymentModule,
        PointTransactionModule,
        CancellationModule,
        SpendingModule,
        WebhookModule,
        ComparisonModule,
        RecoveryModule,
      ],
    };
  }
}

class NoDatabase extends StartError {
  constructor() {
    super({
      ko: 'PointsModule.forRoot 에는 dataSource 나 databaseUrl 가운데 하나가 있어야 합니다',
      en: 'PointsModule.forRoot takes either dataSource or databaseUrl',
    });
  }
}
