import { type DynamicModule, type FactoryProvider, Global, Module } from '@nestjs/common';
import type { Logger } from 'pino';
import { DATABASE_SETTINGS, type DatabaseSettings, SETTINGS, type Settings } from './config/settings.js';
import { Gateways } from './gateway/gateways.js';
import { LOGGER } from './logging/logger.js';
import { SHOP, type Shop } from './shop/shop.js';

/** What the rooms are told of the place that they run in. All of it was read and checked before the first room is made. */
export interface Installation {
  settings: Omit<Settings, 'database'>;
  /** None where it is the host's own. */
  database: DatabaseSettings | undefined;
  shop: Shop;
  logger: Logger;
  gateways: Gateways;
}

const INSTALLATION = Symbol('INSTALLATION');

/** Hands it to every room. */
@Global()
@Module({})
export class InstallationModule {
  static of(made: Pick<FactoryProvider<Installation>, 'inject' | 'useFactory'>): DynamicModule {
    const parts: FactoryProvider[] = [
      partOf(SETTINGS, ({ settings }) => settings),
      partOf(DATABASE_SETTINGS, ({ database }) => database),
      partOf(SHOP, ({ shop }) => shop),
      partOf(LOGGER, ({ logger }) => logger),
      partOf(Gateways, ({ gateways }) => gateways),
    ];
    return {
      module: InstallationModule,
      providers: [{ provide: INSTALLATION, ...made }, ...parts],
      exports: parts.map(({ provide }) => provide),
    };
  }
}

function partOf(provide: FactoryProvider['provide'], of: (installation: Installation) => unknown) {
  return { provide, inject: [INSTALLATION], useFactory: of };
}
