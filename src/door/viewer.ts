import type { ExecutionContext } from '@nestjs/common';
import { type GqlContextType, GqlExecutionContext } from '@nestjs/graphql';
import type { IncomingHttpHeaders } from 'node:http';
import type { ServiceScope } from './service-scope.js';

/** The person who is calling, as far as their access token says. */
export interface Viewer {
  ownerId: string;
  /** What the shop's own login says of them in the token; our own tokens say nothing more. */
  said?: { name: string | null; email: string | null; isOperator: boolean };
}

/** Another program that is calling, as its service key says. It has no points of its own. */
export interface Service {
  keyId: string;
  name: string;
  scopes: readonly ServiceScope[];
}

/** Whoever is calling a field that both may call. */
export type Caller = { viewer: Viewer; service?: undefined } | { service: Service; viewer?: undefined };

/** Who it was, as the books keep it. A key is named by its id, because its name may be another one's. */
export function actorOf({ viewer, service }: Caller): string {
  return service ? `service:${service.keyId}` : viewer.ownerId;
}

/**
 * What is read of a request, which every HTTP server's has, and who our guards say is calling: a person or a program, never
 * both. Under names of our own, since `user` is that of the host's own guards.
 */
export interface ViewersRequest {
  headers: IncomingHttpHeaders;
  /** As the server derives it from the proxies that it trusts. */
  ip?: string;
  /** The server's, where it gives one. */
  id?: string;
  pointsViewer?: Viewer;
  pointsService?: Service;
}

export function isGraphql(context: Pick<ExecutionContext, 'getType'>): boolean {
  return context.getType<GqlContextType>() === 'graphql';
}

/** The request of a resolver or of a route. */
export function requestOf(context: ExecutionContext): ViewersRequest {
  if (!isGraphql(context)) return context.switchToHttp().getRequest<ViewersRequest>();
  return GqlExecutionContext.create(context).getContext<{ req: ViewersRequest }>().req;
}

/** What the request says in `Authorization: Bearer …`. */
export function bearerOf({ headers: { authorization } }: ViewersRequest): string | undefined {
  return /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1];
}
