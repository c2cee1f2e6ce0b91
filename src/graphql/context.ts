import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ViewersRequest } from '../door/viewer.js';

/** What resolvers get for one request. */
export interface GraphqlContext {
  req: ViewersRequest;
}

/** What they get in the standalone server. */
export interface OwnGraphqlContext extends GraphqlContext {
  req: ViewersRequest & FastifyRequest;
  res: FastifyReply;
}
