import { type DynamicModule, Module } from '@nestjs/common';
import { APP_FILTER, APP_GUARD } from '@nestjs/core';
import { ThrottlerModule } from '@nestjs/throttler';
import type { Logger } from 'pino';
import { AttentionModule } from './attention/attention.module.js';
import { AuthModule } from './auth/auth.module.js';
import { CancellationModule } from './cancellation/cancellation.module.js';
import { JwtAuthGuard } from './auth/jwt-auth.guard.js';
import { ComparisonModule } from './comparison/comparison.module.js';
import { ConfigModule } from './config/config.module.js';
import { SETTINGS, type Settings } from './config/settings.js';
import { DatabaseModule } from './database/database.module.js';
import { ErrorFilter } from './door/errors.js';
import { GraphqlModule } from './graphql/graphql.module.js';
import { AccessGuard } from './door/access.guard.js';
import { RATE_COUNTS } from './door/rate-counts.js';
import { RateCountsModule } from './door/rate-counts.module.js';
import { RateLimitGuard, rateLimits } from './door/rate-limit.guard.js';
import { GatewayModule } from './gateway/gateway.module.js';
import type { Gateways } from './gateway/gateways.js';
import { HostLoginGuard } from './host-login/host-login.guard.js';
import { HostLoginModule } from './host-login/host-login.module.js';
import { HealthModule } from './health/health.module.js';
import { LoggingModule } from './logging/logging.module.js';
import { PaymentModule } from './payment/payment.module.js';
import { PointTransactionModule } from './point-transaction/point-transaction.module.js';
import { RecoveryModule } from './recovery/recovery.module.js';
import { ServiceKeyGuard } from './service-key/service-key.guard.js';
import { ServiceKeyModule } from './service-key/service-key.module.js';
import { SpendingModule } from './spending/spending.module.js';
import type { Shop } from './shop/shop.js';
import { ShopModule } from './shop/shop.module.js';
import { UserModule } from './user/user.module.js';
import { WebhookModule } from './webhook/webhook.module.js';

const OWN_LOGIN = { rooms: [AuthModule, UserModule], guard: JwtAuthGuard };
/** The shop's: sign-up and log-in are not even in the schema then. */
const HOST_LOGIN = { rooms: [HostLoginModule], guard: HostLoginGuard };

/** The map of the house: every room, nothing else. */
@Module({})
export class AppModule {
  static of(settings: Settings, shop: Shop, logger: Logger, gateways: Gateways): DynamicModule {
    const login = settings.hostLogin ? HOST_LOGIN : OWN_LOGIN;
    return {
      module: AppModule,
      imports: [
        ConfigModule.of(settings),
        LoggingModule.of(logger),
        DatabaseModule,
        GatewayModule.of(gateways),
        GraphqlModule,
        RateCountsModule,
        ThrottlerModule.forRootAsync({ inject: [SETTINGS, RATE_COUNTS], useFactory: rateLimits }),
        ShopModule.of(shop),
        ServiceKeyModule,
        ...login.rooms,
        AttentionModule,
        PaymentModule,
        PointTransactionModule,
        CancellationModule,
        SpendingModule,
        WebhookModule,
        ComparisonModule,
        RecoveryModule,
        HealthModule,
      ],
      providers: [
        { provide: APP_FILTER, useClass: ErrorFilter },
        // In this order and in this one place, so that the others know who is calling, and a role is read only within the
        // limits. Guards of other modules come after those of the root.
        { provide: APP_GUARD, useClass: ServiceKeyGuard },
        { provide: APP_GUARD, useClass: login.guard },
        { provide: APP_GUARD, useClass: RateLimitGuard },
        { provide: APP_GUARD, useClass: AccessGuard },
      ],
    };
  }
}
