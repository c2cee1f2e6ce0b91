import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { isImpUid } from './imp-uid.js';

describe('the form of an imp_uid', () => {
  test.each([
    ['of the payment window', 'imp_123456789012'],
    ['of a server-to-server payment', 'imps_123456789012'],
    ['with letters, should the gateway ever use them', 'imp_abcXYZ123'],
    ['of 32 characters', `imps_${'1'.repeat(27)}`],
  ])('is that %s', (_, text) => {
    expect(isImpUid(text)).toBe(true);
  });

  test.each([
    ['nothing', ''],
    ['a prefix alone', 'imp_'],
    ['33 characters', `imps_${'1'.repeat(28)}`],
    ['another prefix', 'xmp_123456789012'],
    ['a prefix in capitals', 'IMP_123456789012'],
    ['a prefix in the middle', 'x/imp_123456789012'],
    ['a number alone', '123456789012'],
    ['another order id', 'pt01ABCDEFGHJKMNPQRSTVWXYZ'],
    ['a step upwards', '../users/getToken'],
    ['a step upwards behind the prefix', 'imp_../cancel'],
    ['a step upwards at the end', 'imp_123456789012/..'],
    ['an encoded step upwards', 'imp_%2e%2e%2fcancel'],
    ['a twice encoded step upwards', 'imp_%252e%252e%252f'],
    ['another path', 'imp_123456789012/cancel'],
    ['another path with backslashes', 'imp_123456789012\\cancel'],
    ['an encoded slash', 'imp_1%2Fcancel'],
    ['a question for test payments', 'imp_123456789012?include_sandbox=true'],
    ['an encoded question', 'imp_123456789012%3Finclude_sandbox=true'],
    ['one more parameter', 'imp_123456789012&include_sandbox=true'],
    ['a fragment', 'imp_123456789012#'],
    ['path parameters', 'imp_123456789012;v=1'],
    ['another host', '//evil.example/imp_1'],
    ['a whole address', 'https://evil.example/imp_123456789012'],
    ['a user in an address', 'imp_1@evil.example'],
    ['a port', 'imp_1:80'],
    ['a new line at the end', 'imp_123456789012\n'],
    ['a new line inside', 'imp_1234\n56789012'],
    ['a second line that fits', 'x\nimp_123456789012'],
    ['a header', 'imp_1\r\nX-Injected: 1'],
    ['a NUL', 'imp_123456789012\0'],
    ['a NUL inside', 'imp_1234\u000056'],
    ['a tab', 'imp_1234\t56'],
    ['a space before', ' imp_123456789012'],
    ['a space after', 'imp_123456789012 '],
    ['a space that takes no room', 'imp_1234\u200b56'],
    ['a space that does not break', 'imp_1234\u00a056'],
    ['a mark for the direction of writing', 'imp_\u202e123456'],
    ['digits of full width', 'imp_１２３４'],
    ['Arabic digits', 'imp_٣٤٥'],
    ['a low line of full width', 'imp＿123456789012'],
    ['a dotless i', 'ımp_123456789012'],
    ['Cyrillic letters', 'imp_аос'],
    ['a Kelvin sign, which is a k in lower case', 'imp_\u212a1'],
    ['a letter with a combining mark', 'imp_e\u0301'],
    ['half a character', 'imp_\ud83d'],
    ['a dot', 'imp_1.2'],
    ['a minus', 'imp_-1'],
    ['a star', 'imp_*'],
    ['several ids', 'imp_1,imp_2'],
    ['a quote for SQL', "imp_1' OR '1'='1"],
    ['a wildcard of SQL', 'imp_%'],
    ['a template', 'imp_${1}'],
    ['a list in a query', 'imp_1[]=2'],
  ])('is not that of %s', (_, text) => {
    expect(isImpUid(text)).toBe(false);
  });

  test('lets nothing through that means anything in an address or does not fit the column', () => {
    const almost = fc
      .tuple(fc.constantFrom('imp_', 'imps_', 'imp', ''), fc.string({ unit: 'binary', maxLength: 30 }))
      .map(([prefix, rest]) => prefix + rest);
    const right = fc
      .tuple(fc.constantFrom('imp_', 'imps_'), fc.stringMatching(/^[0-9A-Za-z]{1,27}$/))
      .map((parts) => parts.join(''));

    fc.assert(
      fc.property(fc.oneof(almost, right), (text) => {
        if (!isImpUid(text)) return;
        expect(encodeURIComponent(text)).toBe(text);
        expect(new URL(`https://gateway.example/payments/${text}`).href).toBe(
          `https://gateway.example/payments/${text}`,
        );
        expect(text.length).toBeLessThanOrEqual(32);
      }),
      { numRuns: 2000 },
    );
    fc.assert(fc.property(right, (text) => isImpUid(text)));
  });
});
