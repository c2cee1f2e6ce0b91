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
import type { DatabaseSettings } from '../config/settings.js';
import { LOGGER } from '../logging/logger.js';
import { createDataSource, dataSourceOptions, openBeside, POINTS_MIGRATIONS } from './data-source.js';
import type { ExclusiveUse } from './exclusive-use.js';
import { DATA_SOURCE } from './inject.js';
import { checkDatabaseOfHost, prepareDatabase } from './prepare-database.js';
import { requireMigrationsOfHost } from './schema.js';

/** Connections to the database of a host's app, beside its own. */
const CONNECTIONS_BESIDE_HOST = 10;

type OpenDatabase = (logger: Logger, host?: DataSource) => Promise<DataSource>;

/** The one data source of the points. */
@Global()
@Module({})
export class DatabaseModule implements OnApplicationShutdown {
  /**
   * The database of the standalone server, which was made ready before (see prepare-database.ts).
   *
   * @param entities all classes that are tables.
   */
  static of(settings: DatabaseSettings, entities: readonly Type[]): DynamicModule {
    return moduleOf([], async () => {
      // A database that is away at the start is a fault to report at once; whoever starts us starts us again.
      const options = { ...(await dataSourceOptions(settings)), entities: [...entities] };
      return createDataSource(options).initialize();
    });
  }

  /** One of the points alone, in a host's app: brought up to date by its start, in production by a program. */
  static ofItsOwn(settings: DatabaseSettings, production: boolean, entities: readonly Type[]): DynamicModule {
    return moduleOf([], async (logger) => {
      const more = { migrations: POINTS_MIGRATIONS };
      const schema = production ? 'require' : 'migrate';
      const use = settings.kind === 'sqlite' ? await exclusiveUse(settings.file) : undefined;
      const { warnings } = await prepareDatabase({ database: settings, production }, schema, more);
      for (const warning of warnings) logger.warn(warning);
      const options = { ...(await dataSourceOptions(settings)), ...more, entities: [...entities] };
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
  static ofHost(token: InjectionToken, production: boolean, entities: readonly Type[]): DynamicModule {
    return moduleOf([token], async (logger, host) => {
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

function moduleOf(tokens: InjectionToken[], open: OpenDatabase): DynamicModule {
  return {
    module: DatabaseModule,
    providers: [{ provide: DATA_SOURCE, inject: [LOGGER, ...tokens], useFactory: open }],
    exports: [DATA_SOURCE],
  };
}
