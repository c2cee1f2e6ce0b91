import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ViewersRequest } from '../door/viewer.js';
import type { GraphqlContext } from './context.js';

/** What they get in the standalone server. */
export interface OwnGraphqlContext extends GraphqlContext {
  req: ViewersRequest & FastifyRequest;
  res: FastifyReply;
}
