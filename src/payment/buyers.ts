/** Nest's name for it. Whoever knows the people of the service provides it. */
export const BUYERS = Symbol('BUYERS');

/** As they call themselves; the payment window shows what of it the PGs take. */
export interface Buyer {
  name: string;
  email: string;
}

/** Tells who pays: here an owner is nothing but an id. */
export interface Buyers {
  /**
   * @param request whatever lives as long as one GraphQL request: a list whose orders all ask causes one query.
   * @throws {Unauthenticated} when there is nobody of this id any more.
   */
  findBuyer(request: object, ownerId: string): Promise<Buyer>;
}
