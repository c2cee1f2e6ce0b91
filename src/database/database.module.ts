import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import type { DataSourceOptions } from 'typeorm';
import { SETTINGS, type Settings } from '../config/settings.js';
import { createDataSource, dataSourceOptions } from './data-source.js';

/** The one data source of the server. The schema was made ready before (see prepare-database.ts). */
@Module({
  imports: [
    TypeOrmModule.forRootAsync({
      inject: [SETTINGS],
      useFactory: async (settings: Settings) => ({
        ...(await dataSourceOptions(settings.database)),
        autoLoadEntities: true,
        // A database that is away at the start is a fault to report at once; whoever starts us starts us again.
        retryAttempts: 0,
      }),
      dataSourceFactory: async (options) => createDataSource(options as DataSourceOptions),
    }),
  ],
})
export class DatabaseModule {}
