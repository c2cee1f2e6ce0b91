import type { FastifyReply, FastifyRequest } from 'fastify';

/** Who is calling, as far as the access token says. */
export interface Viewer {
  ownerId: string;
}

/** What resolvers get for one request. */
export interface GraphqlContext {
  req: FastifyRequest & { user?: Viewer };
  res: FastifyReply;
}
