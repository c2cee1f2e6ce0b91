import { type ExecutionContext, SetMetadata } from '@nestjs/common';
import type { Reflector } from '@nestjs/core';
import type { ServiceScope } from './service-scope.js';

/** Which people may ask for a root field or a route. */
export type Access = 'anybody' | 'viewers' | 'operators';

/** A host's guards have marks of their own. */
const ACCESS = 'points:access';
const SCOPE = 'points:scope';

/** Opens a root field or a route to callers without an access token. */
export const Public = () => SetMetadata(ACCESS, 'anybody' satisfies Access);

/** Closes a root field or a route to all people but operators. Only there: the fields below a root field are as open as it is. */
export const Operators = () => SetMetadata(ACCESS, 'operators' satisfies Access);

/**
 * Opens a root field to services, too, whose key has the scope. It says nothing of people: beside `@Operators()` it is for
 * operators and services, alone for everybody who is logged in and services.
 */
export const Services = (scope: ServiceScope) => SetMetadata(SCOPE, scope);

/** What the method is marked with, or else its class. Where nobody wrote a mark it is closed to strangers. */
export function accessTo(reflector: Reflector, context: ExecutionContext): Access {
  const places = [context.getHandler(), context.getClass()];
  return reflector.getAllAndOverride<Access | undefined>(ACCESS, places) ?? 'viewers';
}

/** What a service needs. Where nobody wrote it, no service may call. */
export function scopeTo(reflector: Reflector, context: ExecutionContext): ServiceScope | undefined {
  return reflector.get<ServiceScope | undefined>(SCOPE, context.getHandler());
}
