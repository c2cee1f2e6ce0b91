import { expect, test } from '@jest/globals';
import { RequestLoader } from './request-loader.js';

interface Row {
  id: string;
  text: string;
}

/** A loader over a table of its own that notes what it was asked for. */
function loaderOf(table: Row[]) {
  const asked: string[][] = [];
  const loader = new RequestLoader<Pick<Row, 'id'>, Row>(
    ({ id }) => id,
    async (keys) => {
      const ids = keys.map(({ id }) => id);
      asked.push(ids);
      // In the order of the table and not of the keys, like a database.
      return table.filter(({ id }) => ids.includes(id));
    },
  );
  return { loader, asked };
}

const load = (loader: RequestLoader<Pick<Row, 'id'>, Row>, request: object, ids: string[]) =>
  Promise.all(ids.map(async (id) => (await loader.load(request, { id }))?.text ?? null));

test('what is asked for at the same moment is read at once, each key once, and everybody gets their own row', async () => {
  const { loader, asked } = loaderOf(['a', 'b', 'c'].map((id) => ({ id, text: `text of ${id}` })));

  expect(await load(loader, {}, ['c', 'a', 'missing', 'c', 'b'])).toEqual([
    'text of c',
    'text of a',
    null,
    'text of c',
    'text of b',
  ]);
  expect(asked).toEqual([['c', 'a', 'missing', 'b']]);
});

test('two requests at the same moment share nothing', async () => {
  const { loader, asked } = loaderOf(['a', 'b'].map((id) => ({ id, text: `text of ${id}` })));

  expect(await Promise.all([load(loader, {}, ['a']), load(loader, {}, ['b'])])).toEqual([
    ['text of a'],
    ['text of b'],
  ]);
  expect(asked).toEqual([['a'], ['b']]);
});

test('a row that has changed since is read again, also in the same request', async () => {
  const table = [{ id: 'a', text: 'before' }];
  const { loader } = loaderOf(table);
  const request = {};

  expect(await load(loader, request, ['a'])).toEqual(['before']);
  table[0] = { id: 'a', text: 'after' };
  expect(await load(loader, request, ['a'])).toEqual(['after']);
});

test('more than a hundred keys are read a hundred at a time', async () => {
  const ids = Array.from({ length: 250 }, (_, index) => `id ${index}`);
  const { loader, asked } = loaderOf(ids.map((id) => ({ id, text: id })));

  expect(await load(loader, {}, ids)).toEqual(ids);
  expect(asked.map(({ length }) => length)).toEqual([100, 100, 50]);
});
