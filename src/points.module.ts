import {
  type CanActivate,
  type DynamicModule,
  Global,
  Module,
  type ModuleMetadata,
  type Type,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { gatewaysOf } from './adapters.js';
import { AttentionModule } from './attention/attention.module.js';
import { CancellationModule } from './cancellation/cancellation.module.js';
import { ComparisonModule } from './comparison/comparison.module.js';
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
import { HostAppModule } from './host-app/host-app.module.js';
import { logOfHost } from './host-app/host-log.js';
import {
  HOST_OPTIONS,
  type PointsAsyncOptions,
  type PointsGiven,
  type PointsOptions,
  settingsOf,
} from './host-app/options.js';
import { type Installation, InstallationModule } from './installation.module.js';
import { PaymentModule } from './payment/payment.module.js';
import { PointTransactionModule } from './point-transaction/point-transaction.module.js';
import { RecoveryModule } from './recovery/recovery.module.js';
import { ServiceKeyGuard } from './service-key/service-key.guard.js';
import { ServiceKeyModule } from './service-key/service-key.module.js';
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
  installation: Parameters<typeof InstallationModule.of>[0];
  /** See DatabaseModule. */
  database: (entities: readonly Type[]) => DynamicModule;
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
   * The points in the app of a host (docs/adopt.md). What is wrong with the options, all of it at once, is the
   * {@link StartError} by which the app's start fails.
   */
  static forRoot(options: PointsOptions): DynamicModule {
    const { dataSource, guard, imports } = options;
    return PointsModule.forRootAsync({ dataSource, guard, imports, useFactory: () => options });
  }

  /**
   * The same where the options are known only once something else is: the app's `ConfigService`, say.
   *
   * @param options what has to be known before, beside what makes the others.
   */
  static forRootAsync(options: PointsAsyncOptions): DynamicModule {
    const { dataSource } = options;
    return PointsModule.of({
      installation: {
        inject: [HOST_OPTIONS],
        useFactory: (given: PointsGiven) => installationOf(given, dataSource !== undefined),
      },
      database: (entities) =>
        dataSource ? DatabaseModule.ofHost(dataSource, entities) : DatabaseModule.ofItsOwn(entities),
      login: { rooms: [HostAppModule.of(options)], entities: [] },
    });
  }

  static of({ installation, database, login }: PointsParts): DynamicModule {
    return {
      module: PointsModule,
      imports: [
        InstallationModule.of(installation),
        database([...POINTS_ENTITIES, ...login.entities]),
        RateCountsModule,
        ShopModule,
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

/** @throws {StartError} which says what is wrong with the options, all of it at once. */
function installationOf(given: PointsGiven, isOnHosts: boolean): Installation {
  const { database, ...settings } = settingsOf(given);
  if (isOnHosts === (database !== undefined)) throw new NoDatabase();
  const logger = logOfHost(given.logger);
  return { settings, database, shop: readShop(settings), logger, gateways: gatewaysOf(settings, logger) };
}

class NoDatabase extends StartError {
  constructor() {
    super({
      ko: 'PointsModule.forRoot 에는 dataSource 나 databaseUrl 가운데 하나가 있어야 합니다',
      en: 'PointsModule.forRoot takes either dataSource or databaseUrl',
    });
  }
}
