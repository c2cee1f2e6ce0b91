import type { DataSource } from 'typeorm';
import { sharedReadsOf } from './shared-reads.js';
import { queueOf } from './sqlite-query-runner.js';

/** How busy the connections to the database are. SQLite has one, for which callers queue. */
export interface PoolFigures {
  connectionsMax: number;
  connectionsInUse: number;
  callersWaiting: number;
}

/** The part of mysql2's pool that says so. It is not documented, so that an update may take it away. */
interface Mysql2Pool {
  config?: { connectionLimit?: number };
  _allConnections?: { length: number };
  _freeConnections?: { length: number };
  _connectionQueue?: { length: number };
}

/** @returns undefined when the driver does not tell. */
export function poolFigures(dataSource: DataSource): PoolFigures | undefined {
  const statements = queueOf(dataSource);
  if (statements) {
    return {
      connectionsMax: 1,
      connectionsInUse: statements.isTaken() ? 1 : 0,
      callersWaiting: statements.waiting,
    };
  }
  const { pool } = dataSource.driver as { pool?: Mysql2Pool };
  const { config, _allConnections: open, _freeConnections: free, _connectionQueue: queue } = pool ?? {};
  if (config?.connectionLimit === undefined || !open || !free || !queue) return undefined;
  return {
    connectionsMax: config.connectionLimit,
    connectionsInUse: open.length - free.length,
    callersWaiting: queue.length + (sharedReadsOf(dataSource)?.takenAlong ?? 0),
  };
}
