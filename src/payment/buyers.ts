import type { GraphqlContext } from '../graphql/context.js';

/** Nest's name for it. Whoever knows the people of the service provides it. */
export const BUYERS = Symbol('BUYERS');

/** As they call themselves, where that is known; the payment window shows what of it the PGs take. */
export interface Buyer {
  name: string | null;
  email: string | null;
}

/** Tells who pays: here an owner is nothing but an id. */
export interface Buyers {
  /**
   * @param context of one GraphQL request: a list whose orders all ask causes one query.
   * @throws {Unauthenticated} when they have left.
   */
  findBuyer(context: GraphqlContext, ownerId: string): Promise<Buyer>;
}
