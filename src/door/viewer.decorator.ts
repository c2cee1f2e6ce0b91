import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { requestOf, type Viewer as ViewerType } from './viewer.js';

export type Viewer = ViewerType;

/** The logged-in caller. Only for resolvers behind the access token, which is every one that is not `@Public()`. */
export const CurrentViewer = createParamDecorator((_: unknown, context: ExecutionContext): Viewer => {
  const viewer = requestOf(context).user;
  if (!viewer) throw new Error('CurrentViewer is used on a public resolver');
  return viewer;
});
