import type { Viewer } from '../door/viewer.js';
import type { GraphqlContext } from '../graphql/context.js';
import type { Balance } from '../point-account/accounts.js';
import type { PointAccount } from '../point-account/point-account.entity.js';

/** Token under which they are injected. */
export const PEOPLE = Symbol('PEOPLE');

/** An owner as callers see them: what they have, and who they are as far as that is known here. */
export interface Person extends Balance {
  id: string;
  email: string | null;
  name: string | null;
  createdAt: Date | null;
}

/** Who the owners are: people of ours, or the shop's own. */
export interface People {
  /** @throws {Unauthenticated} when the token names somebody who is not there any more. */
  caller(viewer: Viewer): Promise<Person>;
  /** An owner of whom nobody knows more than an id has no name. A list whose rows all ask for theirs causes one query. */
  load(context: GraphqlContext, ownerId: string): Promise<Person>;
}

/** @param account null as long as there is none, which is an account without points. */
export function personWithoutName(ownerId: string, account: PointAccount | null): Person {
  return {
    id: ownerId,
    email: null,
    name: null,
    createdAt: account?.createdAt ?? null,
    point: account?.point ?? 0,
    heldPoint: account?.heldPoint ?? 0,
  };
}
