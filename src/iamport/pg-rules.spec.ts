import { describe, expect, test } from '@jest/globals';
import {
  CancelEndKind,
  Certainty,
  NO_RULES,
  RefundAccountNeed,
  RefusalReason,
  TaxPart,
} from '../gateway/pg-rules.js';
import { PG_TABLE, reasonOfRefusal, rulesOf, taxPartsOf } from './pg-rules.js';

const ROWS = PG_TABLE.flatMap(({ pg, methods }) =>
  Object.entries(methods).map(([method, rules]) => ({ pg, method, rules })),
);

describe('a payment', () => {
  test('is looked up by the names that it is stored under', () => {
    expect(rulesOf({ pg: 'ksnet', method: 'card' })).toMatchObject({
      partialCancel: { value: true },
      partialCancelsMax: { value: 9 },
      cancelEnd: { value: { kind: CancelEndKind.MONTHS, count: 6 } },
    });
    expect(rulesOf({ pg: 'kakaopay', method: 'point' }).cancelEnd.value).toEqual({
      kind: CancelEndKind.MONTHS,
      count: 60,
    });
    expect(rulesOf({ pg: 'danal_tpay', method: 'vbank' }).cancelEnd.value?.kind).toBe(CancelEndKind.NEVER);
    expect(rulesOf({ pg: 'html5_inicis', method: 'trans' }).taxOnCancel.value).toEqual([
      TaxPart.TAX_FREE,
      TaxPart.VAT,
    ]);
  });

  test('is looked up by another code of the same PG', () => {
    expect(rulesOf({ pg: 'kcp_billing', method: 'card' })).toBe(rulesOf({ pg: 'kcp', method: 'card' }));
  });

  test.each([
    [null, null],
    ['ksnet', null],
    [null, 'card'],
    ['a PG of tomorrow', 'card'],
    ['ksnet', 'a way of tomorrow'],
    ['constructor', 'constructor'],
    ['ksnet', 'toString'],
    ['__proto__', '__proto__'],
  ])('of %s by %s is not known, and that is no "no"', (pg, method) => {
    expect(rulesOf({ pg, method })).toBe(NO_RULES);
  });
});

describe('the parts of an amount for the tax office', () => {
  test.each(ROWS)(
    'of $pg by $method are told where a cancellation must name them',
    ({ pg, method, rules }) => {
      expect(taxPartsOf({ pg, method })).toEqual(
        expect.arrayContaining([...(rules.taxOnCancel.value ?? [])]),
      );
    },
  );

  test.each([
    ['kakaopay', 'card', [TaxPart.TAX_FREE]],
    ['welcome', 'card', [TaxPart.TAX_FREE, TaxPart.VAT]],
    // In the window of another PG, as the window is asked for it.
    ['html5_inicis', 'kakaopay', [TaxPart.TAX_FREE, TaxPart.VAT]],
    ['ksnet', 'card', [TaxPart.TAX_FREE]],
    ['ksnet', 'vbank', []],
    ['daou', 'trans', []],
    ['a PG of tomorrow', 'card', [TaxPart.TAX_FREE]],
    [null, null, [TaxPart.TAX_FREE]],
  ])('of %s by %s are %s', (pg, method, parts) => {
    expect(taxPartsOf({ pg, method })).toEqual(parts);
  });
});

describe('the table', () => {
  test('has each code once', () => {
    const codes = PG_TABLE.map(({ pg }) => pg);

    expect(new Set(codes).size).toBe(codes.length);
    expect(codes.length).toBeGreaterThan(20);
    expect(ROWS.length).toBeGreaterThan(70);
  });

  test('says of each rule how sure it is, and from where', () => {
    for (const { pg, method, rules } of ROWS) {
      for (const [name, rule] of Object.entries(rules)) {
        const where = `${pg} ${method} ${name}`;
        if (rule.certainty === Certainty.NOT_KNOWN) expect([where, rule.value]).toEqual([where, null]);
        else expect([where, rule.value === null, rule.sources.length > 0]).toEqual([where, false, true]);
      }
    }
  });

  test('lets phone payments be cancelled within their calendar month and nothing else so short', () => {
    const short = ROWS.filter(({ rules }) => rules.cancelEnd.value?.kind === CancelEndKind.CALENDAR_MONTH);

    expect(new Set(short.map(({ method }) => method))).toEqual(new Set(['phone']));
    expect(short).toHaveLength(ROWS.filter(({ method }) => method === 'phone').length);
  });

  test('asks for an account where a virtual account can be given back at all', () => {
    for (const { pg, method, rules } of ROWS.filter((row) => row.method === 'vbank')) {
      const isNever = rules.cancelEnd.value?.kind === CancelEndKind.NEVER;
      const need = rules.refundAccount.value;
      expect([pg, method, need !== RefundAccountNeed.NONE]).toEqual([pg, method, !isNever]);
    }
  });

  test('has no more ways to pay of one PG than a query is counted for', () => {
    for (const { methods } of PG_TABLE) expect(Object.keys(methods).length).toBeLessThanOrEqual(10);
  });

  test('has no smallest amount above the largest', () => {
    for (const { rules } of ROWS)
      expect(rules.minAmount.value ?? 0).toBeLessThan(rules.maxAmount.value ?? Infinity);
  });
});

describe('a refusal', () => {
  const { TOO_LITTLE_UNSETTLED, OTHER } = RefusalReason;

  test.each([
    ['kcp', '결제취소에 실패하였습니다.([8178] 취소 가능 금액 부족)'],
    ['kcp_billing', '[8178]'],
    ['daou', '결제취소에 실패하였습니다.([9029])'],
    ['nice', '결제취소에 실패하였습니다.(취소금액이 미정산 금액보다 큽니다.)'],
    ['nice', '취소금액이 미정산금액보다 큽니다'],
    ['danal', '취소불가 상태입니다'],
    ['danal_tpay', '[1234]취소불가 상태입니다.'],
  ])('of %s for too little money is known by its words: %s', (pg, words) => {
    expect(reasonOfRefusal(pg, words)).toBe(TOO_LITTLE_UNSETTLED);
  });

  test.each([
    ['ksnet', '[8178]'],
    ['kcp', '[9029] 취소불가 상태입니다'],
    ['kcp', '8178'],
    [null, '[8178]'],
    ['nice', ''],
  ])('of %s with the words of another PG, or of none, has no reason that is known: %s', (pg, words) => {
    expect(reasonOfRefusal(pg, words)).toBe(OTHER);
  });
});
