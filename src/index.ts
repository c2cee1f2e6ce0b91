// What an app that has the points in it may import (docs/adopt.md). Nest's decorators write their metadata with the first.
import 'reflect-metadata';

export { StartError } from './config/start-error.js';
export { POINTS_MIGRATIONS } from './database/data-source.js';
export { Points, type PointBalance } from './host-app/points.js';
export type {
  PointsAsyncOptions,
  PointsGiven,
  PointsOptions,
  PointsSettings,
  PointsViewer,
} from './host-app/options.js';
export { PointsModule } from './points.module.js';
export type {
  PointTransaction,
  PointTransactionStatus,
} from './point-transaction/point-transaction.entity.js';
export { ErrorCode } from './refusal/error-code.js';
export { Refusal } from './refusal/refusal.js';
export type { Hold, HoldState } from './spending/hold.entity.js';
export type { HoldRequest, PointRequest, SpendCancelRequest } from './spending/request.js';
