import { type CanActivate, type ExecutionContext, Inject, Injectable, Optional } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { isObservable, lastValueFrom } from 'rxjs';
import { accessTo } from '../door/access.decorator.js';
import { requestOf, type Viewer } from '../door/viewer.js';
import { isOwnerId } from '../point-account/owner-id.js';
import { Forbidden } from '../refusal/forbidden.js';
import { Unauthenticated } from '../refusal/unauthenticated.js';
import { HOST_OPTIONS, type PointsGiven, type PointsViewer } from './options.js';

/** Token of the app's own guard, where it gave one. */
export const HOST_GUARD = Symbol('POINTS_HOST_GUARD');

/** Says who is calling as the app that we are in says it. Services are known already. */
@Injectable()
export class HostViewerGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    @Inject(HOST_OPTIONS) private readonly given: Pick<PointsGiven, 'viewerOf'>,
    @Optional() @Inject(HOST_GUARD) private readonly guard?: CanActivate,
  ) {}

  async canActivate(context: ExecutionContext): Promise<true> {
    if (accessTo(this.reflector, context) === 'anybody') return true;
    const request = requestOf(context);
    if (request.pointsService) return true;
    if (!(await this.isLetIn(context))) throw new Forbidden();
    const viewer = await this.given.viewerOf(context);
    if (!viewer) throw new Unauthenticated();
    request.pointsViewer = toViewer(viewer);
    return true;
  }

  private async isLetIn(context: ExecutionContext): Promise<boolean> {
    if (!this.guard) return true;
    const answer = this.guard.canActivate(context);
    return isObservable(answer) ? lastValueFrom(answer) : answer;
  }
}

function toViewer({ ownerId, roles = [], name = null, email = null }: PointsViewer): Viewer {
  if (!isOwnerId(ownerId)) throw new Error('viewerOf named no possible ownerId');
  return { ownerId, said: { name, email, isOperator: roles.includes('operator') } };
}
