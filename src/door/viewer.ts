import type { ExecutionContext } from '@nestjs/common';
import { type GqlContextType, GqlExecutionContext } from '@nestjs/graphql';
import type { FastifyRequest } from 'fastify';

/** Who is calling, as far as the access token says. */
export interface Viewer {
  ownerId: string;
}

export type ViewersRequest = FastifyRequest & { user?: Viewer };

export function isGraphql(context: Pick<ExecutionContext, 'getType'>): boolean {
  return context.getType<GqlContextType>() === 'graphql';
}

/** The request of a resolver or of a route. */
export function requestOf(context: ExecutionContext): ViewersRequest {
  if (!isGraphql(context)) return context.switchToHttp().getRequest<ViewersRequest>();
  return GqlExecutionContext.create(context).getContext<{ req: ViewersRequest }>().req;
}
