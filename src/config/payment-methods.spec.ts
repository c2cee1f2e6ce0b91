import { describe, expect, test } from '@jest/globals';
import { METHOD_WORDS, PaymentMethod, readPaymentLimits, readPaymentMethods } from './payment-methods.js';

const KEY = 'channel-key-2f1c-09';

describe('the ways to pay', () => {
  test('are read in their order, each with the contract that is named for it', () => {
    const text = ` card=${KEY}@html5_inicis , kakaopay=@kakaopay.TC0ONETIME,trans = ${KEY},vbank`;

    expect(readPaymentMethods(text)).toEqual({
      value: [
        { method: PaymentMethod.CARD, channelKey: KEY, pg: 'html5_inicis' },
        { method: PaymentMethod.KAKAOPAY, channelKey: undefined, pg: 'kakaopay.TC0ONETIME' },
        { method: PaymentMethod.TRANSFER, channelKey: KEY, pg: undefined },
        { method: PaymentMethod.VIRTUAL_ACCOUNT, channelKey: undefined, pg: undefined },
      ],
      faults: [],
    });
  });

  test('have a word for each, and no other', () => {
    const { value } = readPaymentMethods(METHOD_WORDS.join(','));

    expect(value?.map(({ method }) => method)).toEqual(Object.values(PaymentMethod));
  });

  test.each([
    ['crad', /way to pay that there is not: crad\. Did you mean card\?$/],
    ['bitcoin', /there is not: bitcoin\. There are card, kakaopay, naverpay, tosspay, trans, phone, vbank$/],
    ['constructor', /there is not: constructor/],
    ['card,', /there is not: ""/],
    ['CARD', /there is not: CARD/],
    ['card,trans,card', /^names card twice$/],
    [
      `card=${KEY}@html5_inicsi`,
      /PG for card that there is not: html5_inicsi\. Did you mean html5_inicis\?$/,
    ],
    [`card=${KEY}@html5_inicsi.MID`, /Did you mean html5_inicis\?$/],
    ['card=@stripe', /PG for card that there is not: stripe\. The codes are html5_inicis, inicis, kcp/],
    [`card=${KEY}@`, /PG for card that there is not: ""/],
    ['card=kcp', /code of a PG where card has its channel key; put an @ before it: card=@kcp$/],
    ['card=kcp.T0000', /put an @ before it: card=@kcp\.T0000$/],
    ['card=', /something else for card than key@pg/],
    ['card=a key@kcp', /something else for card than key@pg/],
    [`card=${'x'.repeat(101)}`, /something else for card than key@pg/],
  ])('%s are refused, and what was meant is named', (text, fault) => {
    const { value, faults } = readPaymentMethods(text);

    expect(value).toBeUndefined();
    expect(faults.map(({ en }) => en)).toEqual([expect.stringMatching(fault)]);
    expect(faults.map(({ ko }) => ko)).toEqual([expect.stringMatching(/[가-힣]/)]);
  });

  test('are refused with all that is wrong at once', () => {
    const { faults } = readPaymentMethods(`crad,trans=@kpc,phone=nice,vbank,vbank`);

    expect(faults.map(({ en }) => en)).toEqual([
      expect.stringContaining('crad'),
      expect.stringContaining('kpc'),
      expect.stringContaining('phone=@nice'),
      expect.stringContaining('vbank twice'),
    ]);
  });

  test('are not repeated at length: what was put there by mistake can be a secret', () => {
    const secret = 'x'.repeat(200);

    for (const text of [secret, `card=@${secret}`, `card=${secret}!`]) {
      expect(JSON.stringify(readPaymentMethods(text).faults)).not.toContain('x'.repeat(31));
    }
  });
});

describe('the limits of ways to pay', () => {
  test('are of one payment, a day and a month, each only where it is written', () => {
    expect(readPaymentLimits('card:max=500000;day=1000000;month=2000000, phone: month=300000')).toEqual({
      value: {
        CARD: { max: 500_000, day: 1_000_000, month: 2_000_000 },
        PHONE: { month: 300_000 },
      },
      faults: [],
    });
  });

  test.each([
    ['card', 'card'],
    ['card:', 'card'],
    ['card:year=1', 'card'],
    ['card:max=0', 'card'],
    ['card:max=1e5', 'card'],
    ['card:max=500,000', 'card'],
    ['card:max=2147483648', 'card'],
    ['card:max=1;max=2', 'card'],
    ['card:max=1;', 'card'],
    ['phnoe:max=1', 'phone'],
    ['card:max=1,card:day=1', 'card twice'],
  ])('%s is refused', (text, named) => {
    const { value, faults } = readPaymentLimits(text);

    expect(value).toBeUndefined();
    expect(faults[0]?.en).toContain(named);
    expect(faults[0]?.ko).toMatch(/[가-힣]/);
  });
});
