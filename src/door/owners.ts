import { Inject, Injectable } from '@nestjs/common';
import { ID } from '@nestjs/graphql';
import { Forbidden } from '../refusal/forbidden.js';
import { BadUserInput } from '../refusal/refusal.js';
import { ROLES, type Roles } from './roles.js';
import type { Caller } from './viewer.js';

/** The argument `ownerId` of what is read of an owner, by themselves or by somebody for them. */
export const OWNER_OR_CALLER = {
  type: () => ID,
  nullable: true,
  description: 'Whose. Left out: the caller’s own. A service has to name it.',
} as const;

/** Decides whose points a caller means, and whether they may. */
@Injectable()
export class Owners {
  constructor(@Inject(ROLES) private readonly roles: Roles) {}

  /**
   * @param named whom the caller names: anybody for a service, which must name somebody, and for an operator; nobody but
   * themselves for everybody else.
   * @throws {BadUserInput} {@link Forbidden}
   */
  async ownerFor({ viewer, service }: Caller, named: string | null | undefined): Promise<string> {
    if (service) {
      if (named) return named;
      throw new BadUserInput('ownerId', {
        ko: '서비스 키로 부를 때는 ownerId가 필요합니다.',
        en: 'A service has to name an ownerId.',
      });
    }
    const ownerId = named ?? viewer.ownerId;
    if (ownerId !== viewer.ownerId && !(await this.roles.isOperator(viewer))) throw new Forbidden();
    return ownerId;
  }

  /**
   * Lets services and operators act for any owner, and owners for themselves where the shop says so.
   *
   * @throws {Forbidden}
   */
  async requireFor({ viewer }: Caller, ownerId: string, ownersMay: boolean): Promise<void> {
    if (!viewer || (ownersMay && viewer.ownerId === ownerId)) return;
    if (!(await this.roles.isOperator(viewer))) throw new Forbidden();
  }
}
