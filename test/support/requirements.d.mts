export const MARIADB_HINT: string;
export const CHROMIUM_HINT: string;
export const FLEET_HINT: string;
export function findFleetPrograms(): { redis: string; haproxy: string } | undefined;
export const GALERA_HINT: string;
export const OPENSSL_HINT: string;
export function findOpenssl(): string | undefined;
export function findMariadb(): { server: string; installer: string } | undefined;
export function findGalera():
  { server: string; installer: string; provider: string; balancer: string } | undefined;
export function findChromium(): string | undefined;
export function isContinuousIntegration(): boolean;
