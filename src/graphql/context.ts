import type { ViewersRequest } from '../door/viewer.js';

/** What resolvers get for one request. */
export interface GraphqlContext {
  req: ViewersRequest;
}
