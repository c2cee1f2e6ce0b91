import { Global, Module } from '@nestjs/common';
import type { Logger } from 'pino';
import { SETTINGS, type Settings } from '../config/settings.js';
import { Owners } from '../door/owners.js';
import { LOGIN_GUARD } from '../door/door.guard.js';
import { ROLES } from '../door/roles.js';
import { LOGGER } from '../logging/logger.js';
import { BUYERS } from '../payment/buyers.js';
import { KNOWN_OWNERS } from '../point-account/known-owners.js';
import { PEOPLE } from '../user/people.js';
import { TransactionOwnerResolver } from '../user/transaction-owner.resolver.js';
import { UserResolver } from '../user/user.resolver.js';
import { HostLoginGuard } from './host-login.guard.js';
import { HostPeople } from './host-people.js';
import { HostTokens } from './host-tokens.js';

/** In the place of `auth` and `user` where the shop has its own login: no sign-up, no log-in, no people of ours. */
@Global()
@Module({
  providers: [
    {
      provide: HostTokens,
      inject: [SETTINGS, LOGGER],
      useFactory: (settings: Settings, logger: Logger) => new HostTokens(settings, logger),
    },
    { provide: LOGIN_GUARD, useClass: HostLoginGuard },
    HostPeople,
    UserResolver,
    TransactionOwnerResolver,
    { provide: PEOPLE, useExisting: HostPeople },
    { provide: BUYERS, useExisting: HostPeople },
    { provide: ROLES, useExisting: HostPeople },
    { provide: KNOWN_OWNERS, useExisting: HostPeople },
    Owners,
  ],
  exports: [LOGIN_GUARD, BUYERS, ROLES, KNOWN_OWNERS, Owners],
})
export class HostLoginModule {}
