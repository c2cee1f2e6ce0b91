import type { Viewer } from './viewer.js';

/** Token under which the roles are injected. */
export const ROLES = Symbol('ROLES');

/** Who of the callers has more rights; the people of the service are not the door's business. */
export interface Roles {
  isOperator(viewer: Viewer): Promise<boolean>;
}
