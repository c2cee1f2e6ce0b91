import { Controller, Get, Header, ServiceUnavailableException } from '@nestjs/common';
import {
  HealthCheck,
  HealthCheckService,
  type HealthCheckResult,
  TypeOrmHealthIndicator,
} from '@nestjs/terminus';
import { DataSource } from 'typeorm';
import { Public } from '../graphql/public.decorator.js';
import { Draining } from './draining.js';

const DATABASE_TIMEOUT_MS = 2000;

@Public()
@Controller('health')
export class HealthController {
  constructor(
    private readonly health: HealthCheckService,
    private readonly indicator: TypeOrmHealthIndicator,
    private readonly dataSource: DataSource,
    private readonly draining: Draining,
  ) {}

  /** Whether the process answers. Restart it if it does not. */
  @Get('live')
  @Header('Cache-Control', 'no-store')
  live(): { status: 'ok' } {
    return { status: 'ok' };
  }

  /** Whether it can work: the database answers and it is not about to stop. Send it no requests while it cannot. */
  @Get('ready')
  @HealthCheck()
  async ready(): Promise<HealthCheckResult> {
    if (this.draining.hasBegun) throw new ServiceUnavailableException({ status: 'shutting_down' });
    return this.health.check([
      () =>
        this.indicator.pingCheck('database', {
          // Or it would look for one with a copy of @nestjs/typeorm outside the bundle.
          connection: this.dataSource,
          timeout: DATABASE_TIMEOUT_MS,
        }),
    ]);
  }
}
