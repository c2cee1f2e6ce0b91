import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { DataSource } from 'typeorm';
import { Attention, AttentionKind, NOTE_MAX_LENGTH } from '../../src/attention/attention.entity.js';
import { AttentionService } from '../../src/attention/attention.service.js';
import { raise, withdraw } from '../../src/attention/raise.js';
import { inTransaction } from '../../src/database/transaction.js';
import { BadUserInput } from '../../src/refusal/refusal.js';
import { openBooks } from '../support/books.js';
import { describeOnEachDatabase } from '../support/databases.js';

const { GIVE_BACK_REFUSED, OTHER_CHANNEL } = AttentionKind;
const AT_ONCE = 12;

describeOnEachDatabase('an attention', (database) => {
  let books: DataSource;
  let service: AttentionService;
  let subjects = 0;

  beforeAll(async () => {
    books = await openBooks(database.env);
    service = new AttentionService(books);
  });
  afterAll(() => books.destroy());

  const newSubject = () => `imp_${String(++subjects).padStart(12, '0')}`;
  const find = (subject: string) => books.manager.findBy(Attention, { subject });
  async function raised(subject = newSubject()): Promise<Attention> {
    await raise(books.manager, { kind: OTHER_CHANNEL, subject, note: 'a note' });
    const [attention] = await find(subject);
    if (!attention) throw new Error('it was not raised');
    return attention;
  }

  test('is raised once, however many meet the same at once and later, and keeps what was written first', async () => {
    const subject = newSubject();
    const meet = (note: string) => raise(books.manager, { kind: OTHER_CHANNEL, subject, note });

    await Promise.all(Array.from({ length: AT_ONCE }, () => meet('first')));
    const [first] = await find(subject);
    await meet('later');

    expect(await find(subject)).toEqual([first]);
    expect(first).toMatchObject({ note: 'first', ownerId: null, merchantUid: null, resolvedAt: null });
  });

  test('is another one for another kind or subject', async () => {
    const [subject, other] = [newSubject(), newSubject()];

    await raise(books.manager, { kind: OTHER_CHANNEL, subject, note: '' });
    await raise(books.manager, { kind: GIVE_BACK_REFUSED, subject, note: '' });
    await raise(books.manager, { kind: OTHER_CHANNEL, subject: other, note: '' });

    expect((await find(subject)).map(({ kind }) => kind).toSorted()).toEqual([
      GIVE_BACK_REFUSED,
      OTHER_CHANNEL,
    ]);
    expect(await find(other)).toHaveLength(1);
  });

  test('is part of the transaction that raises it, which goes on where it was there already', async () => {
    const { subject } = await raised();
    const lost = newSubject();
    const kept = newSubject();
    const within = (one: string, end: () => void) =>
      inTransaction(books, 'READ COMMITTED', async (manager) => {
        await raise(manager, { kind: OTHER_CHANNEL, subject, note: '' });
        await raise(manager, { kind: OTHER_CHANNEL, subject: one, note: '' });
        end();
      });

    await expect(
      within(lost, () => {
        throw new Error('taken back');
      }),
    ).rejects.toThrow('taken back');
    await within(kept, () => undefined);

    expect(await find(lost)).toEqual([]);
    expect(await find(kept)).toHaveLength(1);
  });

  test('has a note that is cut to its length', async () => {
    const subject = newSubject();

    await raise(books.manager, { kind: OTHER_CHANNEL, subject, note: '가'.repeat(NOTE_MAX_LENGTH + 1) });

    expect((await find(subject))[0]?.note).toBe('가'.repeat(NOTE_MAX_LENGTH));
  });

  test('is resolved by the first operator who says so; the second one is told what the first one wrote', async () => {
    const { id } = await raised();

    const first = await service.resolve(id, 'OPERATOR1', '  돌려줌  ');
    const second = await service.resolve(id, 'OPERATOR2', 'another');

    expect(first).toMatchObject({ id, resolvedBy: 'OPERATOR1', resolution: '돌려줌' });
    expect(first.resolvedAt).not.toBeNull();
    expect(second).toEqual(first);
  });

  test('is resolved by one of many operators who say so at once', async () => {
    const { id } = await raised();

    const told = await Promise.all(
      Array.from({ length: AT_ONCE }, (_, index) => service.resolve(id, `OPERATOR${index}`, `${index}`)),
    );

    expect(new Set(told.map(({ resolvedBy }) => resolvedBy)).size).toBe(1);
    expect(told[0]?.resolvedBy).toBe(`OPERATOR${told[0]?.resolution}`);
  });

  test('stays resolved when the same is met again', async () => {
    const { id, subject } = await raised();
    const resolved = await service.resolve(id, 'OPERATOR1', 'dealt with');

    await raise(books.manager, { kind: OTHER_CHANNEL, subject, note: 'again' });

    expect(await find(subject)).toEqual([resolved]);
  });

  test('is resolved by nobody when it ends by itself, and never twice', async () => {
    const one = await raised();
    const other = await raised();
    const resolved = await service.resolve(other.id, 'OPERATOR1', 'dealt with');

    for (const { kind, subject } of [one, other]) await withdraw(books.manager, { kind, subject }, 'ended');
    await withdraw(books.manager, { kind: OTHER_CHANNEL, subject: 'never raised' }, 'ended');

    expect(await find(one.subject)).toEqual([
      { ...one, resolvedAt: expect.any(Date), resolvedBy: null, resolution: 'ended' },
    ]);
    expect(await find(other.subject)).toEqual([resolved]);
  });

  test.each([
    ['of an id that nobody knows', '01ARZ3NDEKTSV4RRFFQ69G5FAV', 'a note', 'id'],
    ['without a word', undefined, ' \n ', 'note'],
    ['with too many words', undefined, 'n'.repeat(501), 'note'],
  ])('is not resolved %s', async (_title, unknownId, note, field) => {
    const { id, subject } = await raised();

    const refusal: unknown = await service
      .resolve(unknownId ?? id, 'OPERATOR1', note)
      .catch((no: unknown) => no);

    expect(refusal).toBeInstanceOf(BadUserInput);
    expect(refusal).toMatchObject({ details: { field } });
    expect(await find(subject)).toEqual([expect.objectContaining({ resolvedAt: null })]);
  });

  test('stands in a list, newest first, of open ones, of resolved ones and of all', async () => {
    await books.manager.deleteAll(Attention);
    const rows = [];
    for (let count = 0; count < 4; count++) {
      rows.push(await raised());
      // Ids of one millisecond are in no order.
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    const [oldest, second, third, newest] = rows.map(({ id }) => id) as [string, string, string, string];
    await service.resolve(second, 'OPERATOR1', 'dealt with');
    const ids = async (open: boolean | undefined, count: number, before?: string) =>
      (await service.page(open, count, before)).map(({ id }) => id);

    expect(await ids(undefined, 10)).toEqual([newest, third, second, oldest]);
    expect(await ids(true, 10)).toEqual([newest, third, oldest]);
    expect(await ids(false, 10)).toEqual([second]);
    expect(await ids(true, 2)).toEqual([newest, third]);
    expect(await ids(true, 2, third)).toEqual([oldest]);
  });
});
