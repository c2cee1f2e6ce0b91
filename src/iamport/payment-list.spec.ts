import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { GatewayUnavailable } from '../gateway/errors.js';
import type { GatewayPayment } from '../gateway/gateway-payment.js';
import { listChanges, type Page, type PageRequest } from './payment-list.js';

interface Listed {
  id: string;
  status: 'paid' | 'cancelled';
  /** UNIX seconds. */
  at: number;
}

/** A gateway's lists as they are at the moment of each call; `meanwhile` happens after each. */
function gatewayOf(listed: Listed[], meanwhile: (call: number) => void = () => undefined) {
  const wishes: PageRequest[] = [];
  const ask = async (request: PageRequest): Promise<Page | undefined> => {
    wishes.push(request);
    const { status, from, to, page, limit } = request;
    const those = listed
      .filter((one) => (status === 'all' || one.status === status) && one.at >= from && one.at <= to)
      .toSorted((first, second) => first.at - second.at);
    const pages = Math.ceil(those.length / limit);
    const answer =
      page > pages
        ? undefined
        : {
            payments: those
              .slice((page - 1) * limit, page * limit)
              .map(({ id }) => ({ paymentId: id, cancelledAmount: 0 }) as GatewayPayment),
            total: those.length,
            isLast: page === pages,
          };
    meanwhile(wishes.length);
    return answer;
  };
  return { ask, wishes };
}

const PERIOD = { from: new Date(1_000_000), until: new Date(1_100_000) };

async function idsOf(ask: Parameters<typeof listChanges>[1], period = PERIOD): Promise<string[]> {
  const ids = [];
  for await (const batch of listChanges(period, ask)) ids.push(...batch.map(({ paymentId }) => paymentId));
  return ids;
}

const many = (count: number, at: (index: number) => number, status: Listed['status'] = 'paid'): Listed[] =>
  Array.from({ length: count }, (_, index) => ({ id: `${status}${index}`, status, at: at(index) }));

describe('the list of a period', () => {
  test('has the paid and the cancelled ones from its first second to before its last one, once each', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.record({
            status: fc.constantFrom<Listed['status']>('paid', 'cancelled'),
            at: fc.integer({ min: 990, max: 1110 }),
          }),
          { maxLength: 3000 },
        ),
        async (some) => {
          // So that the call that must have an answer has one.
          const listed = [
            ...some.map((one, index) => ({ ...one, id: String(index) })),
            { id: 'x', status: 'paid' as const, at: 1 },
          ];
          const expected = listed.filter(({ at }) => at >= 1000 && at < 1100).map(({ id }) => id);
          expect((await idsOf(gatewayOf(listed).ask)).toSorted()).toEqual(expected.toSorted());
        },
      ),
      { numRuns: 50 },
    );
  });

  test('neither loses nor doubles one while payments leave the list and come into it between the calls', async () => {
    const listed = many(5000, (index) => 1000 + (index % 100));
    const stay = listed.filter((_, index) => index % 7 !== 0).map(({ id }) => id);
    const { ask } = gatewayOf(listed, (call) => {
      // One of the beginning is cancelled now, and an old one is found paid.
      const gone = listed.findIndex(({ id, status }) => status === 'paid' && Number(id.slice(4)) % 7 === 0);
      if (gone >= 0) listed[gone] = { ...(listed[gone] as Listed), status: 'cancelled', at: 9999 };
      listed.unshift({ id: `new${call}`, status: 'paid', at: 1000 });
    });

    const ids = await idsOf(ask);

    const told = new Set(ids);
    expect(told.size).toBe(ids.length);
    expect(stay.filter((id) => !told.has(id))).toEqual([]);
  });

  test('reads a second with more than a page until two passes agree', async () => {
    const listed = [...many(2500, () => 1050), ...many(1, () => 5, 'cancelled')];
    let isFirstPass = true;
    const { ask, wishes } = gatewayOf(listed, () => {
      if (!isFirstPass || wishes.at(-1)?.page !== 2) return;
      isFirstPass = false;
      // What was the first one of the third page is now the last one of the second, which was read already.
      listed[0] = { ...(listed[0] as Listed), status: 'cancelled', at: 9999 };
    });

    const ids = await idsOf(ask);

    const stay = many(2500, () => 1050).slice(1);
    expect(ids.toSorted()).toEqual(stay.map(({ id }) => id).toSorted());
    expect(Math.max(...wishes.map(({ page }) => page))).toBe(3);
  });

  test('is not told as far as it goes when a second does not come to rest', async () => {
    const listed = many(2500, () => 1050);
    const { ask } = gatewayOf(listed, (call) => {
      listed.push({ id: `new${call}`, status: 'paid', at: 1050 });
    });

    await expect(idsOf(ask)).rejects.toThrow(GatewayUnavailable);
  });

  test('is empty where the gateway says that a first page is beyond the last one, and has others', async () => {
    expect(await idsOf(gatewayOf(many(3, () => 5)).ask)).toEqual([]);
  });

  test('is not called empty by a gateway that has no answer to anything', async () => {
    await expect(idsOf(async () => undefined)).rejects.toThrow(GatewayUnavailable);
  });

  test('takes few calls: a quiet day one for each list, a full one hardly more than it has pages', async () => {
    const quiet = gatewayOf([...many(3, () => 1050), ...many(3, () => 1050, 'cancelled')]);
    await idsOf(quiet.ask);
    expect(quiet.wishes).toHaveLength(2);

    const full = gatewayOf([
      ...many(10_000, (index) => 1000 + (index % 100)),
      ...many(1, () => 1000, 'cancelled'),
    ]);
    await idsOf(full.ask);
    expect(full.wishes.length).toBeLessThan(20);
  });
});
