import { describe, expect, test } from '@jest/globals';
import { callerToCount, canonicalAddress } from './client-address.js';

describe('the one form of an address', () => {
  test.each([
    ['203.0.113.8', '203.0.113.8'],
    ['203.0.113.8:41234', '203.0.113.8'],
    [' 203.0.113.8 ', '203.0.113.8'],
    ['::ffff:203.0.113.8', '203.0.113.8'],
    ['::FFFF:cb00:7108', '203.0.113.8'],
    ['[::ffff:203.0.113.8]:41234', '203.0.113.8'],
    ['2001:db8::8', '2001:db8::8'],
    ['2001:0DB8:0:0:0:0:0:8', '2001:db8::8'],
    ['[2001:db8::8]', '2001:db8::8'],
    ['[2001:DB8::8]:41234', '2001:db8::8'],
    ['fe80::1%eth0', 'fe80::1'],
    ['[fe80::1%25eth0]:443', 'fe80::1'],
    ['::1', '::1'],
  ])('%s is %s', (written, address) => {
    expect(canonicalAddress(written)).toBe(address);
  });

  test.each([
    '',
    'unknown',
    '_hidden',
    '203.0.113',
    '203.0.113.8:',
    '203.0.113.8:x',
    '203.0.113.8:1:2',
    '203.0.113.08',
    '203.0.113.256',
    '203.0.113.8/24',
    '[203.0.113.8',
    '[]:80',
    '[2001:db8::8]x',
    '2001:db8::8::',
  ])('%p is no address', (written) => {
    expect(canonicalAddress(written)).toBeUndefined();
  });
});

describe('who is counted as one caller', () => {
  test.each([
    ['203.0.113.8:1', '203.0.113.8:2'],
    ['203.0.113.8', '::ffff:203.0.113.8'],
    ['[2001:db8::8]:1', '2001:DB8:0:0:ffff::9'],
    ['unknown', 'something else'],
  ])('%s and %s are', (one, other) => {
    expect(callerToCount({ ip: one })).toBe(callerToCount({ ip: other }));
  });

  test.each([
    ['203.0.113.8', '203.0.113.9'],
    ['2001:db8::8', '2001:db8:0:1::8'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:3:3:4:5:6'],
    ['unknown', '203.0.113.8'],
  ])('%s and %s are not', (one, other) => {
    expect(callerToCount({ ip: one })).not.toBe(callerToCount({ ip: other }));
  });
});
