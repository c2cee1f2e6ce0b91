import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { describeOnEachDatabase } from '../support/databases.js';
import { startTopUpService, type TopUpService } from '../support/top-up-service.js';

describeOnEachDatabase('a fault of the server', (database) => {
  let service: TopUpService;

  beforeAll(async () => {
    service = await startTopUpService({ database: database.env });
  });

  afterAll(() => service.stop());

  test.each([
    ['ko', /^서버에서 오류가 났습니다.*: (\w{26})$/],
    ['en', /^Something went wrong on our side.*: (\w{26})$/],
  ])('is told in %s by an id alone, and the log has the id with the cause', async (language, text) => {
    const { client } = await service.user();
    await service.books.query('ALTER TABLE point_transaction RENAME TO point_transaction_away');

    const { data, errors } = await client.call(
      '{ pointTransactions { nodes { id } } }',
      {},
      { headers: { 'accept-language': language } },
    );
    await service.books.query('ALTER TABLE point_transaction_away RENAME TO point_transaction');

    expect(data).toBeNull();
    expect(errors).toHaveLength(1);
    const [, id = ''] = text.exec(errors?.[0]?.message ?? '') ?? [];
    expect(errors?.[0]).toEqual({
      message: expect.stringMatching(text),
      path: ['pointTransactions'],
      locations: expect.any(Array),
      extensions: { code: 'INTERNAL_SERVER_ERROR', retryable: false, id },
    });
    expect(JSON.stringify(errors)).not.toMatch(/point_transaction|SELECT|node_modules/);
    // SQLite names the table; of MariaDB's texts the quoted values are blanked.
    expect(JSON.parse(await service.server.lineWith(id))).toMatchObject({
      level: 50,
      errorId: id,
      err: { type: 'QueryFailedError', message: expect.stringMatching(/point_transaction|doesn't exist/) },
    });
  });

  test('of one field leaves the others of the same document as they are', async () => {
    const { client, account } = await service.user();
    await service.books.query('ALTER TABLE point_payment_order RENAME TO point_payment_order_away');

    const { data, errors } = await client.call<{ me: { id: string }; paymentOrder: unknown }>(
      '{ me { id } paymentOrder(merchantUid: "x") { amount } }',
    );
    await service.books.query('ALTER TABLE point_payment_order_away RENAME TO point_payment_order');

    expect(data).toEqual({ me: { id: account.id }, paymentOrder: null });
    expect(errors?.map(({ extensions }) => extensions.code)).toEqual(['INTERNAL_SERVER_ERROR']);
  });
});
