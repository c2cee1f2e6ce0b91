import { type DynamicModule, Global, Module } from '@nestjs/common';
import { LOGIN_GUARD } from '../door/door.guard.js';
import { Owners } from '../door/owners.js';
import { ROLES } from '../door/roles.js';
import { BUYERS } from '../payment/buyers.js';
import { KNOWN_OWNERS } from '../point-account/known-owners.js';
import { SpendingModule } from '../spending/spending.module.js';
import { HOST_GUARD, HostViewerGuard } from './host-viewer.guard.js';
import { HostViewers } from './host-viewers.js';
import { HOST_OPTIONS, type PointsAsyncOptions } from './options.js';
import { Points } from './points.js';
import { RootFields } from './root-fields.js';

/** In the place of a login: the app that the points are in says who is calling, and calls them itself. */
@Global()
@Module({})
export class HostAppModule {
  static of({ guard, imports = [], inject, useFactory }: PointsAsyncOptions): DynamicModule {
    return {
      module: HostAppModule,
      imports: [SpendingModule, ...imports],
      providers: [
        { provide: HOST_OPTIONS, inject, useFactory },
        ...(guard ? [{ provide: HOST_GUARD, useClass: guard }] : []),
        { provide: LOGIN_GUARD, useClass: HostViewerGuard },
        HostViewers,
        { provide: BUYERS, useExisting: HostViewers },
        { provide: ROLES, useExisting: HostViewers },
        { provide: KNOWN_OWNERS, useExisting: HostViewers },
        Owners,
        RootFields,
        Points,
      ],
      exports: [HOST_OPTIONS, LOGIN_GUARD, BUYERS, ROLES, KNOWN_OWNERS, Owners, Points],
    };
  }
}
