import { describe, expect, test } from '@jest/globals';
import { PaymentMethod, PG_CODES, readPaymentMethods } from '../config/payment-methods.js';
import { methodOf, offersOf } from './methods.js';
import { PG_TABLE } from './pg-rules.js';

const COMMON = { channelKey: 'channel-key-common' };

const offers = (text: string, shop: { channelKey: string | undefined } = COMMON) =>
  offersOf(shop, readPaymentMethods(text).value ?? []);
const first = (text: string, shop?: { channelKey: string | undefined }) => offers(text, shop)[0];

describe('what is offered', () => {
  test('has a word of the window for each way to pay', () => {
    const words = offers('card,kakaopay,naverpay,tosspay,trans,phone,vbank').map(({ method, payMethod }) => [
      method,
      payMethod,
    ]);

    expect(Object.fromEntries(words)).toEqual({
      CARD: 'card',
      KAKAOPAY: 'kakaopay',
      NAVERPAY: 'naverpay',
      TOSSPAY: 'tosspay',
      TRANSFER: 'trans',
      PHONE: 'phone',
      VIRTUAL_ACCOUNT: 'vbank',
    });
  });

  test.each([
    ['the common channel where nothing is named', 'card', COMMON, 'channel-key-common', undefined],
    ['the console’s default where nobody named one', 'card', { channelKey: undefined }, undefined, undefined],
    ['its own channel', 'card=key-1@kcp', COMMON, 'key-1', undefined],
    ['a PG without a channel by the old parameter', 'card=@kcp.T0000', COMMON, undefined, 'kcp.T0000'],
  ])('opens the window by %s', (_, text, shop, channelKey, pg) => {
    expect(first(text, shop)).toMatchObject({ channelKey, pg });
  });

  test.each([
    ['of its PG', 'card=@kcp', 1000, undefined],
    ['of its PG with the shop’s id', 'vbank=@settle.MID', undefined, 1_000_000],
    ['of all that is chosen inside its own window', 'kakaopay=@kakaopay', 100, 2_000_000],
    ['of nobody where its PG is not named', 'card=key-1', undefined, undefined],
    ['of nobody where its PG has none', 'card=@uplus', undefined, undefined],
    ['of nobody where what is chosen inside is not known', 'kakaopay=@html5_inicis', undefined, undefined],
  ])('has the limits %s', (_, text, minAmount, maxAmount) => {
    expect(first(text)).toMatchObject({ minAmount, maxAmount });
  });

  test('has the name of its PG in both languages, and none where it is not known', () => {
    expect(first('card=key-1@html5_inicis')?.pgNames).toEqual({ ko: 'KG이니시스', en: 'KG Inicis' });
    expect(first('card=key-1')?.pgNames).toBeUndefined();
  });

  test('asks for a telephone number where the window does not open without one', () => {
    const needs = offers('card=@html5_inicis,trans=@kcp,phone=@danal,vbank');

    expect(needs.map((offer) => offer.needs)).toEqual([['TEL'], [], ['TEL'], []]);
  });
});

describe('a payment was made', () => {
  test.each([
    ['card', 'html5_inicis', PaymentMethod.CARD],
    ['samsung', 'html5_inicis', PaymentMethod.CARD],
    ['trans', 'kcp', PaymentMethod.TRANSFER],
    ['phone', 'danal', PaymentMethod.PHONE],
    ['vbank', 'nice_v2', PaymentMethod.VIRTUAL_ACCOUNT],
    ['kakaopay', 'html5_inicis', PaymentMethod.KAKAOPAY],
    ['card', 'kakaopay', PaymentMethod.KAKAOPAY],
    ['point', 'kakaopay', PaymentMethod.KAKAOPAY],
    ['card', 'naverpay', PaymentMethod.NAVERPAY],
    ['point', 'tosspay_v2', PaymentMethod.TOSSPAY],
    ['card', null, PaymentMethod.CARD],
    ['cultureland', 'tosspayments', undefined],
    [null, null, undefined],
    ['constructor', 'constructor', undefined],
  ])('by %s of %s', (method, pg, ours) => {
    expect(methodOf({ method, pg })).toBe(ours);
  });
});

test('every PG whose rules are known can be named in the settings', () => {
  expect(PG_CODES).toEqual(expect.arrayContaining(PG_TABLE.map(({ pg }) => pg)));
});
