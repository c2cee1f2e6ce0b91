import { type CanActivate, type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { Forbidden } from '../refusal/forbidden.js';
import { Unauthenticated } from '../refusal/unauthenticated.js';
import { accessTo } from './access.decorator.js';
import { requestOf } from './viewer.js';

/** Token under which the roles are injected. */
export const ROLES = Symbol('ROLES');

/** Who of the callers has more rights; the people of the service are not the door's business. */
export interface Roles {
  isOperator(ownerId: string): Promise<boolean>;
}

/** Closes what is marked `@Operators()` to everybody else. It comes after the guard that says who is calling. */
@Injectable()
export class OperatorsGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    @Inject(ROLES) private readonly roles: Roles,
  ) {}

  canActivate(context: ExecutionContext): true | Promise<true> {
    return accessTo(this.reflector, context) === 'operators' ? this.requireOperator(context) : true;
  }

  private async requireOperator(context: ExecutionContext): Promise<true> {
    const viewer = requestOf(context).user;
    if (!viewer) throw new Unauthenticated();
    if (!(await this.roles.isOperator(viewer.ownerId))) throw new Forbidden();
    return true;
  }
}
