import { expect, test } from '@jest/globals';
import { readPointPackages } from './point-packages.js';

test('a package has an amount, perhaps a bonus, and perhaps the mark of a recommendation', () => {
  expect(readPointPackages('5000, 10000:+500 ,30000:+2000!,50000!')).toEqual([
    { amount: 5_000, bonus: 0, popular: false },
    { amount: 10_000, bonus: 500, popular: false },
    { amount: 30_000, bonus: 2_000, popular: true },
    { amount: 50_000, bonus: 0, popular: true },
  ]);
});

test.each([
  ['', 'nothing'],
  [',', 'no amount'],
  ['0', 'an amount of nothing'],
  ['-1', 'a negative amount'],
  ['1000.5', 'half a won'],
  ['2147483648', 'an amount that no column can hold'],
  ['5000:500', 'a bonus without its plus'],
  ['5000:+0', 'a bonus of nothing'],
  ['5000:+5001', 'a bonus above its amount'],
  ['5000!:+500', 'a mark before the bonus'],
  [Array.from({ length: 31 }, (_, index) => index + 1).join(','), 'more packages than anybody chooses from'],
])('%s is refused as %s', (text) => {
  expect(readPointPackages(text)).toBeUndefined();
});
