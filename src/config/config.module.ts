import { type DynamicModule, Global, Module } from '@nestjs/common';
import { SETTINGS, type Settings } from './settings.js';

/** Hands the settings, already read and checked by the program's start, to every room. */
@Global()
@Module({})
export class ConfigModule {
  static of(settings: Omit<Settings, 'database'>): DynamicModule {
    return {
      module: ConfigModule,
      providers: [{ provide: SETTINGS, useValue: settings }],
      exports: [SETTINGS],
    };
  }
}
