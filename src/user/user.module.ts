import { Global, Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { BUYERS } from '../payment/buyers.js';
import { TransactionOwnerResolver } from './transaction-owner.resolver.js';
import { User } from './user.entity.js';
import { UserResolver } from './user.resolver.js';
import { UserService } from './user.service.js';

/** The people of the standalone server. Global, because the rooms that ask for somebody's name do not know who knows it. */
@Global()
@Module({
  imports: [TypeOrmModule.forFeature([User])],
  providers: [
    UserService,
    UserResolver,
    TransactionOwnerResolver,
    { provide: BUYERS, useExisting: UserService },
  ],
  exports: [UserService, BUYERS],
})
export class UserModule {}
