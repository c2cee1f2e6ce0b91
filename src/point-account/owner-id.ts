import { OWNER_ID_MAX_LENGTH } from './point-account.entity.js';

/** Signs that one can see, so that no two ids look the same and none breaks a line of a log. */
const OWNER_ID = new RegExp(`^[\\x21-\\x7e]{1,${OWNER_ID_MAX_LENGTH}}$`);

/** Whether somebody else's id of a person can be the id of an owner here. */
export function isOwnerId(text: string): boolean {
  return OWNER_ID.test(text);
}
