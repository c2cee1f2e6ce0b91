import {
  type DynamicModule,
  Global,
  Inject,
  type InjectionToken,
  Module,
  type OnApplicationShutdown,
  type Type,
} from '@nestjs/common';
import type { Logger } from 'pino';
import type { DataSource } from 'typeorm';
import { DATABASE_SETTINGS, type DatabaseSettings, SETTINGS, type Settings } from '../config/settings.js';
import { LOGGER } from '../logging/logger.js';
import { createDataSource, dataSourceOptions, openBeside, POINTS_MIGRATIONS } from './data-source.js';
import type { ExclusiveUse } from './exclusive-use.js';
import { DATA_SOURCE } from './inject.js';
import { checkDatabaseOfHost, prepareDatabase } from './prepare-database.js';
import { requireMigrationsOfHost } from './schema.js';

/** Connections to the database of a host's app, beside its own. */
const CONNECTIONS_BESIDE_HOST = 10;

/** What there is to open: ours, where the database is not the host's, or the host's. */
interface Known {
  logger: Logger;
  production: boolean;
  address: DatabaseSettings | undefined;
  host?: DataSource;
}

/** The one data source of the points. */
@Global()
@Module({})
export class DatabaseModule implements OnApplicationShutdown {
  /**
   * The database of the standalone server, which was made ready before (see prepare-database.ts).
   *
   * @param entities all classes that are tables.
   */
  static of(entities: readonly Type[]): DynamicModule {
    return moduleOf([], async (known) => {
      // A database that is away at the start is a fault to report at once; whoever starts us starts us again.
      const options = { ...(await dataSourceOptions(addressIn(known))), entities: [...entities] };
      return createDataSource(options).initialize();
    });
  }

  /** One of the points alone, in a host's app: brought up to date by its start, in production by a program. */
  static ofItsOwn(entities: readonly Type[]): DynamicModule {
    return moduleOf([], async (known) => {
      const { logger, production } = known;
      const address = addressIn(known);
      const more = { migrations: POINTS_MIGRATIONS };
      const schema = production ? 'require' : 'migrate';
      const use = address.kind === 'sqlite' ? await exclusiveUse(address.file) : undefined;
      const { warnings } = await prepareDatabase({ database: address, production }, schema, more);
      for (const warning of warnings) logger.warn(warning);
      const options = { ...(await dataSourceOptions(address)), ...more, entities: [...entities] };
      const dataSource = createDataSource(options);
      const destroy = dataSource.destroy.bind(dataSource);
      dataSource.destroy = async () => {
        await destroy();
        use?.end();
      };
      return dataSource.initialize();
    });
  }

  /** That of a host's app. @param token of its data source, whose migrations have ours among them. */
  static ofHost(token: InjectionToken, entities: readonly Type[]): DynamicModule {
    return moduleOf([token], async ({ logger, production, host }) => {
      if (!host) throw new Error('the host has no data source');
      const names = POINTS_MIGRATIONS.map(({ name }) => name);
      await requireMigrationsOfHost(host, names);
      const dataSource = await openBeside(host, entities, CONNECTIONS_BESIDE_HOST);
      for (const warning of await checkDatabaseOfHost(dataSource, production)) logger.warn(warning);
      return dataSource;
    });
  }

  constructor(@Inject(DATA_SOURCE) private readonly dataSource: DataSource) {}

  async onApplicationShutdown(): Promise<void> {
    await this.dataSource.destroy();
  }
}

/** Loaded where it is needed, because a host on MariaDB or MySQL may go without SQLite. */
async function exclusiveUse(file: string): Promise<ExclusiveUse> {
  const { claimExclusiveUse } = await import('./exclusive-use.js');
  return claimExclusiveUse(file);
}

function addressIn({ address }: Known): DatabaseSettings {
  if (!address) throw new Error('the points have no database');
  return address;
}

function moduleOf(tokens: InjectionToken[], open: (known: Known) => Promise<DataSource>): DynamicModule {
  return {
    module: DatabaseModule,
    providers: [
      {
        provide: DATA_SOURCE,
        inject: [LOGGER, SETTINGS, DATABASE_SETTINGS, ...tokens],
        useFactory: (
          logger: Logger,
          { production }: Pick<Settings, 'production'>,
          address: DatabaseSettings | undefined,
          host?: DataSource,
        ) => open({ logger, production, address, host }),
      },
    ],
    exports: [DATA_SOURCE],
  };
}
