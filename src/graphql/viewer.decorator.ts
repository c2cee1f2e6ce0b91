import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { GqlExecutionContext } from '@nestjs/graphql';
import type { GraphqlContext, Viewer as ViewerType } from './context.js';

export type Viewer = ViewerType;

/** The logged-in caller. Only for resolvers behind the access token, which is every one that is not `@Public()`. */
export const CurrentViewer = createParamDecorator((_: unknown, context: ExecutionContext): Viewer => {
  const viewer = GqlExecutionContext.create(context).getContext<GraphqlContext>().req.user;
  if (!viewer) throw new Error('CurrentViewer is used on a public resolver');
  return viewer;
});
