import { config } from 'dotenv';
import type { DataSource, DataSourceOptions } from 'typeorm';
import { environmentOfHost, loadEnvFile } from '../config/env-file.js';
import { readHostProgramSettings, readSettings, type Settings } from '../config/settings.js';
import { POINTS_MIGRATIONS } from '../database/data-source.js';
import { refuseDatabaseOfApp, requireMigrationsSomewhere, requireSchema } from '../database/schema.js';

/** Where a program runs, which is where its settings, its people and its migrations are from. */
interface Place {
  /** How it is called there. */
  command: (name: string, args?: string) => string;
  /** The settings by their names. @throws {SettingsError} */
  environment: () => NodeJS.ProcessEnv;
  /** What speaks to a gateway needs. @throws {SettingsError} */
  readSettings: (environment: NodeJS.ProcessEnv) => Settings;
  /** @throws {DatabaseUnusable} */
  requireSchema: (dataSource: DataSource) => Promise<void>;
  /** Which migrations `migrate` runs, where they are not all. */
  migrations: Partial<DataSourceOptions>;
  /** @throws {DatabaseUnusable} for a database that `migrate` must not touch. */
  refuseDatabase?: (dataSource: DataSource) => Promise<void>;
  isHostsApp: boolean;
}

const SERVER: Place = {
  command: (name, args) => (args === undefined ? `npm run ${name}` : `npm run ${name} -- ${args}`),
  environment: () => {
    loadEnvFile(process.env);
    return process.env;
  },
  readSettings,
  requireSchema,
  migrations: {},
  isHostsApp: false,
};

const HOSTS_APP: Place = {
  command: (name, args) => ['npx point-top-up', name, ...(args === undefined ? [] : [args])].join(' '),
  environment: () => {
    // Most of what stands there is the app's, so no name is taken for a misspelt one of ours.
    config({ quiet: true, processEnv: process.env });
    return environmentOfHost(process.env);
  },
  readSettings: readHostProgramSettings,
  requireSchema: (dataSource) =>
    requireMigrationsSomewhere(
      dataSource,
      POINTS_MIGRATIONS.map(({ name }) => name),
    ),
  migrations: { migrations: POINTS_MIGRATIONS },
  refuseDatabase: refuseDatabaseOfApp,
  isHostsApp: true,
};

let place = SERVER;

/** The server, unless somebody said otherwise before the program began. */
export function here(): Place {
  return place;
}

/** For the command of the package, which runs the programs of the server in the app that the points are in. */
export function beInHostsApp(): void {
  place = HOSTS_APP;
}
