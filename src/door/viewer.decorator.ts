import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { type Caller as CallerType, requestOf, type Viewer as ViewerType } from './viewer.js';

export type Caller = CallerType;
export type Viewer = ViewerType;

/** The logged-in caller. Only for resolvers behind the access token, which is every one without `@Public()` and `@Services()`. */
export const CurrentViewer = createParamDecorator((_: unknown, context: ExecutionContext): Viewer => {
  const viewer = requestOf(context).pointsViewer;
  if (!viewer) throw new Error('CurrentViewer is used on a resolver that others may call');
  return viewer;
});

/** The logged-in person or the service. For resolvers with `@Services()`. */
export const CurrentCaller = createParamDecorator((_: unknown, context: ExecutionContext): Caller => {
  const { pointsViewer: viewer, pointsService: service } = requestOf(context);
  if (service) return { service };
  if (!viewer) throw new Error('CurrentCaller is used on a public resolver');
  return { viewer };
});
