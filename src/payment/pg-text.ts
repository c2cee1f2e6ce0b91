/**
 * What a PG's window is told about an order and its buyer, in the one form that every PG takes: letters, digits and single
 * spaces. Documented lengths of iamport's parameters; which PG refuses which sign is not documented in one place (TossPay
 * refuses a title with a comma), so none but these is sent.
 */
const NAME_MAX_LENGTH = 40;
const BUYER_NAME_MAX_LENGTH = 16;
const BUYER_EMAIL_MAX_LENGTH = 64;

/** Several PGs require a buyer's name; this one stands for a name without any letter. */
const ANONYMOUS_BUYER = '구매자';
/**
 * Several PGs require an address. A corrected one could be a stranger's, so where the buyer's own does not fit this one is sent:
 * it reaches nobody (RFC 2606).
 */
const NOBODYS_EMAIL = 'buyer@example.com';
const PLAIN_EMAIL = /^[a-z0-9]+([._+-][a-z0-9]+)*@[a-z0-9]+([.-][a-z0-9]+)*\.[a-z]{2,}$/i;

/** Title of an order; the payer is Korean. */
export function orderName(amount: number): string {
  return plain(`포인트 ${amount}P`, NAME_MAX_LENGTH);
}

export function buyerName(name: string | null): string {
  return plain(name ?? '', BUYER_NAME_MAX_LENGTH) || ANONYMOUS_BUYER;
}

export function buyerEmail(email: string | null): string {
  return email !== null && email.length <= BUYER_EMAIL_MAX_LENGTH && PLAIN_EMAIL.test(email)
    ? email
    : NOBODYS_EMAIL;
}

/** Signs above U+FFFF go too: older PGs cannot write them, and nothing is cut in its middle. */
function plain(text: string, maxLength: number): string {
  return text
    .normalize('NFKC')
    .replaceAll(/[^\p{L}\p{M}\p{Nd}]|[\u{10000}-\u{10ffff}]/gu, ' ')
    .replaceAll(/ +/g, ' ')
    .trim()
    .slice(0, maxLength)
    .trim();
}
