import { Controller, Get, Header, ServiceUnavailableException } from '@nestjs/common';
import {
  HealthCheck,
  HealthCheckService,
  type HealthCheckResult,
  type HealthIndicatorResult,
  HealthIndicatorService,
} from '@nestjs/terminus';
import type { DataSource } from 'typeorm';
import { InjectDataSource } from '../database/inject.js';
import { Public } from '../door/access.decorator.js';
import { checksKeys } from '../gateway/gateway.js';
import { Gateways } from '../gateway/gateways.js';
import { Draining } from './draining.js';

const DATABASE_TIMEOUT_MS = 2000;
/**
 * Changes no row, and is refused where nothing can be written: by a server that became a reader, a node outside its
 * cluster, a file that another program holds. Whether the server's flags mean us depends on our rights, so we try.
 */
const EMPTY_WRITE = `UPDATE point_account SET point = point WHERE ownerId = ''`;

@Public()
@Controller('health')
export class HealthController {
  constructor(
    private readonly health: HealthCheckService,
    private readonly indicators: HealthIndicatorService,
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly gateways: Gateways,
    private readonly draining: Draining,
  ) {}

  /** Whether the process answers. Restart it if it does not. */
  @Get('live')
  @Header('Cache-Control', 'no-store')
  live(): { status: 'ok' } {
    return { status: 'ok' };
  }

  /**
   * Whether it can work: the database can be written and it is not about to stop. Send it no requests while it cannot.
   * With keys that the gateway refuses it is degraded, which is a 200: points can still be read, and the other servers
   * have the same keys.
   */
  @Get('ready')
  @HealthCheck()
  async ready(): Promise<HealthCheckResult> {
    if (this.draining.hasBegun) throw new ServiceUnavailableException({ status: 'shutting_down' });
    return this.health.check([() => this.database(), () => this.gateway()]);
  }

  /** What is known from calls that were made anyway: a probe costs the gateway nothing. Empty as long as nothing is. */
  private gateway(): HealthIndicatorResult {
    const indicator = this.indicators.check('gateway');
    const checking = this.gateways.all.filter((gateway) => checksKeys(gateway));
    const refusing = checking.find(({ keys }) => keys === 'refused');
    if (refusing) return indicator.degraded(`the gateway refuses ${refusing.keySettings}`);
    return checking.some(({ keys }) => keys === 'accepted') ? indicator.up() : {};
  }

  /** Says nothing of a fault: anybody may ask. */
  private async database(): Promise<HealthIndicatorResult<'database'>> {
    const indicator = this.indicators.check('database');
    const { database } = await indicator
      .attempt(async () => void (await this.dataSource.query(EMPTY_WRITE)))
      .withTimeout(DATABASE_TIMEOUT_MS);
    return database.status === 'up' ? indicator.up() : indicator.down();
  }
}
