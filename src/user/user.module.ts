import { Global, Module } from '@nestjs/common';
import { Owners } from '../door/owners.js';
import { ROLES } from '../door/roles.js';
import { BUYERS } from '../payment/buyers.js';
import { KNOWN_OWNERS } from '../point-account/known-owners.js';
import { PEOPLE } from './people.js';
import { TransactionOwnerResolver } from './transaction-owner.resolver.js';
import { UserResolver } from './user.resolver.js';
import { UserService } from './user.service.js';

/** The people of the standalone server. Global, because the rooms that ask for somebody's name do not know who knows it. */
@Global()
@Module({
  providers: [
    UserService,
    UserResolver,
    TransactionOwnerResolver,
    { provide: PEOPLE, useExisting: UserService },
    { provide: BUYERS, useExisting: UserService },
    { provide: ROLES, useExisting: UserService },
    { provide: KNOWN_OWNERS, useExisting: UserService },
    Owners,
  ],
  exports: [UserService, BUYERS, ROLES, KNOWN_OWNERS, Owners],
})
export class UserModule {}
