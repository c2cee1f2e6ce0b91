/**
 * `imp_` + 12 digits for payments of the window, `imps_` + 12 digits for server-to-server ones (observed); at most 32
 * characters (documented). Letters are let through in case the gateway ever uses them; anything that means something in
 * an address is not.
 */
const IMP_UID = /^imps?_[0-9A-Za-z]{1,27}$/;

/** Tells whether a caller's text has the form of an `imp_uid`, so that no other text reaches the gateway. */
export function isImpUid(text: string): boolean {
  return IMP_UID.test(text);
}
