import {
  type DynamicModule,
  Global,
  Inject,
  Module,
  type OnApplicationShutdown,
  type Type,
} from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { SETTINGS, type Settings } from '../config/settings.js';
import { createDataSource, dataSourceOptions } from './data-source.js';
import { DATA_SOURCE } from './inject.js';

/** The one data source of the points. The schema was made ready before (see prepare-database.ts). */
@Global()
@Module({})
export class DatabaseModule implements OnApplicationShutdown {
  /** @param entities all classes that are tables. */
  static of(entities: readonly Type[]): DynamicModule {
    return {
      module: DatabaseModule,
      providers: [
        {
          provide: DATA_SOURCE,
          inject: [SETTINGS],
          // A database that is away at the start is a fault to report at once; whoever starts us starts us again.
          useFactory: async (settings: Settings): Promise<DataSource> => {
            const options = { ...(await dataSourceOptions(settings.database)), entities: [...entities] };
            return createDataSource(options).initialize();
          },
        },
      ],
      exports: [DATA_SOURCE],
    };
  }

  constructor(@Inject(DATA_SOURCE) private readonly dataSource: DataSource) {}

  async onApplicationShutdown(): Promise<void> {
    await this.dataSource.destroy();
  }
}
