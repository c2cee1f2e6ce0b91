/** Token under which they are injected. */
export const KNOWN_OWNERS = Symbol('KNOWN_OWNERS');

/** Whoever knows the people of the service: a mistyped id must not get points that nobody can spend. */
export interface KnownOwners {
  /** @returns those that are somebody's. Where the login is the shop's nobody here knows, and it is all of them. */
  among(ownerIds: readonly string[]): Promise<ReadonlySet<string>>;
}
