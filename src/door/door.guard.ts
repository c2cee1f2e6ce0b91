import 'reflect-metadata';
import {
  applyDecorators,
  type CanActivate,
  type ExecutionContext,
  Inject,
  Injectable,
  SetMetadata,
  UseFilters,
  UseGuards,
} from '@nestjs/common';
import { GqlExecutionContext } from '@nestjs/graphql';
import type { GraphQLResolveInfo } from 'graphql';
import { ErrorFilter } from './errors.js';
import { isGraphql } from './viewer.js';

/** Token of the guards at the door, in their order: each knows what the ones before it have found out. */
export const DOOR_GUARDS = Symbol('POINTS_DOOR_GUARDS');

/** Token of the one among them that says which person is calling; the login brings it. */
export const LOGIN_GUARD = Symbol('POINTS_LOGIN_GUARD');

@Injectable()
class DoorGuard implements CanActivate {
  constructor(@Inject(DOOR_GUARDS) private readonly guards: readonly CanActivate[]) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    if (isBelowRootField(context)) return true;
    for (const guard of this.guards) {
      if (!(await guard.canActivate(context))) return false;
    }
    return true;
  }
}

const BEHIND_OUR_DOOR = 'points:behind-our-door';

/** A host may let guards look at every field; ours look at the request's root fields, and what is below is as open as they are. */
function isBelowRootField(context: ExecutionContext): boolean {
  if (!isGraphql(context)) return false;
  const { path } = GqlExecutionContext.create(context).getInfo<GraphQLResolveInfo>();
  return path.prev !== undefined;
}

/**
 * Puts a resolver or a controller behind our door: nobody comes in whom its guards do not know, and what it throws is told in
 * our words. Not by guards and filters for the whole app, because the app may be somebody else's.
 */
export const BehindOurDoor = () =>
  applyDecorators(SetMetadata(BEHIND_OUR_DOOR, true), UseGuards(DoorGuard), UseFilters(ErrorFilter));

export function isBehindOurDoor(resolver: object): boolean {
  return Reflect.hasMetadata(BEHIND_OUR_DOOR, resolver);
}
