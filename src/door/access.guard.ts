import { type CanActivate, type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { Forbidden } from '../refusal/forbidden.js';
import { Unauthenticated } from '../refusal/unauthenticated.js';
import { accessTo, scopeTo } from './access.decorator.js';
import { ROLES, type Roles } from './roles.js';
import type { ServiceScope } from './service-scope.js';
import { requestOf, type Service, type Viewer } from './viewer.js';

const NOT_FOR_SERVICES = {
  ko: '서비스 키로는 쓸 수 없는 필드입니다.',
  en: 'No service key may ask for this field.',
};
const scopeMissing = (scope: ServiceScope) => ({
  ko: `이 서비스 키에는 ${scope} 권한이 없습니다.`,
  en: `This service key has not the scope ${scope}.`,
});

/**
 * Closes what is marked `@Operators()` to everybody else, and everything to services whose key has not the scope that
 * `@Services()` names. It comes after the guards that say who is calling.
 */
@Injectable()
export class AccessGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    @Inject(ROLES) private readonly roles: Roles,
  ) {}

  canActivate(context: ExecutionContext): true | Promise<true> {
    const access = accessTo(this.reflector, context);
    if (access === 'anybody') return true;
    const { pointsViewer: viewer, pointsService: service } = requestOf(context);
    if (service) return this.requireScope(service, context);
    if (!viewer) throw new Unauthenticated();
    return access === 'operators' ? this.requireOperator(viewer) : true;
  }

  private requireScope(service: Service, context: ExecutionContext): true {
    const scope = scopeTo(this.reflector, context);
    if (scope === undefined) throw new Forbidden(NOT_FOR_SERVICES);
    if (!service.scopes.includes(scope)) throw new Forbidden(scopeMissing(scope));
    return true;
  }

  private async requireOperator(viewer: Viewer): Promise<true> {
    if (!(await this.roles.isOperator(viewer))) throw new Forbidden();
    return true;
  }
}
