import type { Logger } from 'pino';
import { Gauge, type Registry } from 'prom-client';
import type { DataSource } from 'typeorm';
import { poolFigures } from '../database/driver/pool-figures.js';
import { BacklogReader } from './backlog.js';

/** What is read when somebody asks. A figure that cannot be read is left out; a 0 in its place would be a lie. */
export function readStates(registry: Registry, dataSource: DataSource, logger: Logger): void {
  const backlog = new BacklogReader(dataSource, logger);
  const gauge = (
    name: string,
    help: string,
    read: () => number | undefined | Promise<number | undefined>,
  ): void =>
    registry.registerMetric(
      new Gauge({
        name,
        help,
        registers: [],
        async collect() {
          const value = await read();
          if (value === undefined) this.remove();
          else this.set(value);
        },
      }),
    );

  const labelledGauge = (
    name: string,
    help: string,
    label: string,
    read: () => Promise<Record<string, number> | undefined>,
  ): void =>
    registry.registerMetric(
      new Gauge({
        name,
        help,
        labelNames: [label],
        registers: [],
        async collect() {
          const values = await read();
          this.reset();
          for (const [value, figure] of Object.entries(values ?? {})) this.set({ [label]: value }, figure);
        },
      }),
    );

  gauge(
    'point_cancellations_open',
    'Cancellations whose end is not known yet, in all instances together.',
    async () => (await backlog.read())?.openCancellations,
  );
  gauge(
    'point_cancellations_oldest_age_seconds',
    'Age of the oldest open cancellation; 0 when none is open.',
    async () => (await backlog.read())?.oldestOpenCancellationSeconds,
  );
  labelledGauge(
    'point_recovery_lag_seconds',
    'How long the oldest due piece of work has been waiting for recovery, by kind; 0 when none is due.',
    'work',
    async () => (await backlog.read())?.lagSeconds,
  );
  gauge(
    'point_events_oldest_age_seconds',
    'How long the oldest event waits to be taken by its receiver; 0 when none does.',
    async () => (await backlog.read())?.oldestEventSeconds,
  );
  labelledGauge(
    'point_attentions_open',
    'What a person must decide and nobody has resolved, by kind, in all instances together.',
    'kind',
    async () => (await backlog.read())?.openAttentions,
  );

  labelledGauge(
    'point_comparison_age_seconds',
    'How long ago a day was last compared whole with the gateway; since the first attempt where none was.',
    'gateway',
    async () => (await backlog.read())?.comparisonAgeSeconds,
  );
  labelledGauge(
    'point_comparison_differences_open',
    'Differences between a gateway and the books that a person must look at, by kind.',
    'kind',
    async () => (await backlog.read())?.openDifferences,
  );

  gauge(
    'point_database_connections_max',
    'Connections to the database that there may be; SQLite has one.',
    () => poolFigures(dataSource)?.connectionsMax,
  );
  gauge(
    'point_database_connections_in_use',
    'Connections to the database that are working.',
    () => poolFigures(dataSource)?.connectionsInUse,
  );
  gauge(
    'point_database_callers_waiting',
    'Callers that wait for a connection; on SQLite, in its queue.',
    () => poolFigures(dataSource)?.callersWaiting,
  );
}
