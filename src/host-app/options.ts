import type {
  CanActivate,
  ExecutionContext,
  FactoryProvider,
  InjectionToken,
  LoggerService,
  ModuleMetadata,
  Type,
} from '@nestjs/common';
import type { SettingName } from '../config/settings-form.js';
import { type HostSettings, readHostSettings } from '../config/settings.js';

/** `POINT_MAX_BALANCE` as `pointMaxBalance`. */
type CamelCase<Name extends string> = Name extends `${infer First}_${infer Rest}`
  ? `${Lowercase<First>}${Capitalize<CamelCase<Rest>>}`
  : Lowercase<Name>;

/** What belongs to an app itself, and not to the points in it. */
type OfTheApp =
  | `AUTH_${string}`
  | `METRICS_${string}`
  | `LOG_${string}`
  | 'DATA_DIR'
  | 'JWT_SECRET'
  | 'NODE_ENV'
  | 'PORT'
  | 'PUBLIC_URL'
  | 'SHUTDOWN_DRAIN_MS'
  | 'TRUSTED_PROXIES';

/** The settings of docs/settings.md, by their names in camelCase. A list may be one, or a text with commas. */
export type PointsSettings = {
  [Name in Exclude<SettingName, OfTheApp> as CamelCase<Name>]?:
    string | number | boolean | readonly (string | number)[] | undefined;
};

/** Whoever is calling, as the app knows them. */
export interface PointsViewer {
  /** Never changes and is never given to somebody else; at most 64 printable characters. */
  ownerId: string;
  /** An operator sees and decides what concerns everybody. */
  roles?: readonly 'operator'[];
  /** What the payment window shows of the buyer. It is not stored. */
  name?: string | null;
  email?: string | null;
}

/** What Nest has to know before anything is read. */
interface PointsWiring {
  /**
   * Token of the app's own data source, on whose database the points lie; with `TypeOrmModule` it is TypeORM's class
   * `DataSource`. Either this or `databaseUrl`.
   */
  dataSource?: InjectionToken;
  /** The app's guard, if it is not a global one: it goes before `viewerOf` and may refuse. */
  guard?: Type<CanActivate>;
  /** Modules that the guard needs, or that have what is injected. */
  imports?: ModuleMetadata['imports'];
}

/** All that can be made of what was read. */
export interface PointsGiven extends PointsSettings {
  /** Origin under which browsers and the gateway reach the app, without a path. */
  publicUrl: string;
  /** What the app gives to `setGlobalPrefix`, if it does: our webhook is below it. */
  globalPrefix?: string;
  /** Where a phone's payment window goes back to: a page of yours that calls `createPointTransaction`. */
  checkoutPageUrl?: string;
  /** Real money: the checks of a start in production. By default what NODE_ENV says. */
  production?: boolean;
  /** Who is calling; null for somebody who has not logged in. Asked at each root field of ours that is not public. */
  viewerOf: (context: ExecutionContext) => PointsViewer | null | Promise<PointsViewer | null>;
  /** Where our lines go; by default to Nest's own logger. */
  logger?: LoggerService;
}

export interface PointsOptions extends PointsGiven, PointsWiring {}

/** The same where a factory makes them, as Nest's own modules take it. */
export interface PointsAsyncOptions
  extends PointsWiring, Pick<FactoryProvider<PointsGiven>, 'inject' | 'useFactory'> {}

/** Token of what the app has given, once it is there. */
export const HOST_OPTIONS = Symbol('POINTS_HOST_OPTIONS');

/** Beside the settings. */
const OPTIONS = new Set([
  'checkoutPageUrl',
  'dataSource',
  'globalPrefix',
  'guard',
  'imports',
  'logger',
  'production',
  'viewerOf',
]);

/** @throws {SettingsError} with every fault at once, by the names of docs/settings.md. */
export function settingsOf(options: PointsGiven): HostSettings {
  const { production = process.env['NODE_ENV'] === 'production', globalPrefix, checkoutPageUrl } = options;
  const given = Object.entries(options).filter(([name, value]) => !OPTIONS.has(name) && value !== undefined);
  const settings = readHostSettings({
    NODE_ENV: production ? 'production' : 'development',
    ...Object.fromEntries(given.map(([name, value]) => [environmentNameOf(name), textOf(value)])),
  });
  const prefix = globalPrefix?.replace(/^\/+|\/+$/g, '') ?? '';
  return {
    ...settings,
    checkoutPageUrl: checkoutPageUrl ?? settings.checkoutPageUrl,
    noticesUrl: [settings.publicUrl, ...(prefix ? [prefix] : []), 'webhooks'].join('/'),
  };
}

function environmentNameOf(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
}

/** As it stands in the environment. */
function textOf(value: unknown): string {
  return Array.isArray(value) ? value.join(',') : String(value);
}
