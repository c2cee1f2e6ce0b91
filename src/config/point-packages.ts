/** An amount that can be bought. Whole won, and whole points. */
export interface PointPackage {
  amount: number;
  /** Points on top that cost nothing; 0 for none. */
  bonus: number;
  /** The shop recommends it. */
  popular: boolean;
}

export const POINT_PACKAGES_MAX = 30;
/** GraphQL's Int ends here, and so does a MariaDB INT. */
const INT_MAX = 2 ** 31 - 1;
const PACKAGE = /^([1-9]\d{0,9})(?::\+([1-9]\d{0,9}))?(!)?$/;

/**
 * Reads `5000,10000:+500,30000:+2000!`: amounts, each with its bonus behind `:+` and a `!` where the shop recommends it.
 *
 * @returns undefined for what is not written so. That an amount is there once, its caller checks.
 */
export function readPointPackages(text: string): PointPackage[] | undefined {
  const written = text.split(',').map((part) => PACKAGE.exec(part.trim()));
  if (written.length > POINT_PACKAGES_MAX) return undefined;
  const packages: PointPackage[] = [];
  for (const parts of written) {
    const [, amount, bonus = '0', mark] = parts ?? [];
    const one = { amount: Number(amount), bonus: Number(bonus), popular: mark !== undefined };
    // No bonus is worth more than what is paid: more noughts than were meant.
    if (!parts || one.amount > INT_MAX || one.bonus > one.amount) return undefined;
    packages.push(one);
  }
  return packages;
}
