import { type MigrationInterface, type QueryRunner, TableIndex } from 'typeorm';

/** Each list that people or recovery ask for has an index that is read in its order; those that nothing asked for go. */
export class IndexesOfUse1764300000000 implements MigrationInterface {
  readonly name = 'IndexesOfUse1764300000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    // The new ones first: the foreign keys of MariaDB need one that begins with their column at every moment.
    for (const { table, ...index } of NEW) await add(queryRunner, table, index);
    for (const { table, ...index } of OLD) await drop(queryRunner, table, index);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    for (const { table, ...index } of OLD) await add(queryRunner, table, index);
    for (const { table, ...index } of NEW) await drop(queryRunner, table, index);
  }
}

interface Index {
  name: string;
  columnNames: string[];
}

const NEW: (Index & { table: string })[] = [
  { table: 'payment_order', name: 'ix_payment_order_open', columnNames: ['ownerId', 'state', 'expiresAt'] },
  { table: 'cancellation', name: 'ix_cancellation_page', columnNames: ['ownerId', 'kind', 'id'] },
  { table: 'cancellation', name: 'ix_cancellation_kind', columnNames: ['kind', 'id'] },
  // The first column finds what is due; both find what was done long ago.
  {
    table: 'webhook_delivery',
    name: 'ix_webhook_delivery_work',
    columnNames: ['nextAttemptAt', 'receivedAt'],
  },
];

const OLD: (Index & { table: string })[] = [
  { table: 'payment_order', name: 'ix_payment_order_user', columnNames: ['ownerId'] },
  { table: 'cancellation', name: 'ix_cancellation_user', columnNames: ['ownerId', 'id'] },
  { table: 'webhook_delivery', name: 'ix_webhook_delivery_due', columnNames: ['nextAttemptAt'] },
  { table: 'webhook_delivery', name: 'ix_webhook_delivery_received', columnNames: ['receivedAt'] },
  { table: 'webhook_delivery', name: 'ix_webhook_delivery_payment', columnNames: ['impUid'] },
];

// MariaDB commits after each of these, so each can be run again after a start that died half-way.

async function add(queryRunner: QueryRunner, table: string, index: Index): Promise<void> {
  if (await has(queryRunner, table, index)) return;
  await queryRunner.createIndex(table, new TableIndex(index));
}

async function drop(queryRunner: QueryRunner, table: string, index: Index): Promise<void> {
  if (await has(queryRunner, table, index)) await queryRunner.dropIndex(table, index.name);
}

async function has(queryRunner: QueryRunner, table: string, { name }: Index): Promise<boolean> {
  const found = await queryRunner.getTable(table);
  return found?.indices.some((index) => index.name === name) ?? false;
}
