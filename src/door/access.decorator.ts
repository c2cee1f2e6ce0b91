import { type ExecutionContext, SetMetadata } from '@nestjs/common';
import type { Reflector } from '@nestjs/core';

/** Who may ask for a root field or a route. */
export type Access = 'anybody' | 'viewers' | 'operators';

const ACCESS = 'access';

/** Opens a root field or a route to callers without an access token. */
export const Public = () => SetMetadata(ACCESS, 'anybody' satisfies Access);

/** Closes a root field or a route to all but operators. Only there: the fields below a root field are as open as it is. */
export const Operators = () => SetMetadata(ACCESS, 'operators' satisfies Access);

/** Closes a root field to all but those who may spend, hold and grant points for an owner: operators. Who that is, is said here alone. */
export const Spenders = Operators;

/** What the method is marked with, or else its class. Where nobody wrote a mark it is closed to strangers. */
export function accessTo(reflector: Reflector, context: ExecutionContext): Access {
  const places = [context.getHandler(), context.getClass()];
  return reflector.getAllAndOverride<Access | undefined>(ACCESS, places) ?? 'viewers';
}
