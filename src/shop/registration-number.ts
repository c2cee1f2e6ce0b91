const FORM = /^\d{3}-?\d{2}-?\d{5}$/;
/** Of the first nine digits; published by the National Tax Service. */
const WEIGHTS = [1, 3, 7, 1, 3, 7, 1, 3, 5];

export function hasFormOfRegistrationNumber(text: string): boolean {
  return FORM.test(text);
}

/** Whether the last digit of a 사업자등록번호 follows from the others. That somebody has this number it does not say. */
export function checkDigitIsRight(number: string): boolean {
  const digits = Array.from(number.replaceAll('-', ''), Number);
  const sum = WEIGHTS.reduce((total, weight, index) => total + weight * (digits[index] ?? 0), 0);
  // The ninth digit counts with both digits of its product.
  const carry = Math.floor(((digits[8] ?? 0) * 5) / 10);
  return (10 - ((sum + carry) % 10)) % 10 === digits[9];
}

/** As people write it: `123-45-67891`. */
export function writtenRegistrationNumber(number: string): string {
  return number.replaceAll('-', '').replace(/^(\d{3})(\d{2})(\d{5})$/, '$1-$2-$3');
}
