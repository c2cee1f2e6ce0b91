/**
 * Why a payment window ended without a payment: in kinds of which the page has texts, and in the PG's own words where a
 * shopper can read them.
 */

const WORDS_LIMIT = 200;
// documented: no list of codes exists; most are the PG's own. These are iamport's, TossPayments' and what PGs write.
const GIVEN_UP = /PAY_PROCESS_CANCELED|USER_CANCEL|결제\s*포기|사용자.{0,20}취소|취소하[셨였]|cancell?ed by/i;
const NOT_OPENED = /^F500$/;
const ALREADY_PAID = /^F1002$/;
const DECLINED = /REJECT|DECLINE|거절|한도|잔액|승인\s*(?:실패|불가)|LIMIT|INSUFFICIENT|PG_PROVIDER_ERROR/i;

/**
 * @returns `givenUp` (the buyer closed it), `declined` (card company or bank said no), `notOpened` (it could not be opened),
 *   `alreadyPaid` (the order was) or `failed` (no telling)
 */
export function failureOf(errorCode, errorText) {
  const told = `${errorCode} ${errorText}`;
  if (NOT_OPENED.test(errorCode)) return 'notOpened';
  if (ALREADY_PAID.test(errorCode)) return 'alreadyPaid';
  if (GIVEN_UP.test(told)) return 'givenUp';
  return DECLINED.test(told) ? 'declined' : 'failed';
}

/** A PG's words without its codes; '' where they are a developer's rather than a shopper's. */
export function shopperWords(gatewayText) {
  const words = gatewayText
    .replace(/\[[^\]]*\]/g, ' ')
    .replace(/\s+/g, ' ')
    .trim()
    .slice(0, WORDS_LIMIT);
  return /[A-Za-z]+_\w|[a-z][A-Z]|[{}<>]|https?:/.test(words) ? '' : words;
}
