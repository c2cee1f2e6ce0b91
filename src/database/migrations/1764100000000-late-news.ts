import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What a notice said, so that a read can be told to be older than it; and payments whose money went back before points came. */
export class LateNews1764100000000 implements MigrationInterface {
  readonly name = 'LateNews1764100000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    const isSqlite = queryRunner.dataSource.options.type === 'better-sqlite3';
    // MariaDB commits after each statement, so each must bear to be run again after a start that died half-way.
    for (const [column, type] of COLUMNS) {
      if (await queryRunner.hasColumn('webhook_delivery', column)) continue;
      await queryRunner.query(`ALTER TABLE webhook_delivery ADD COLUMN ${column} ${type}`);
    }
    for (const statement of NAME_THE_ORDER) await queryRunner.query(statement);
    await queryRunner.query(isSqlite ? SQLITE : MARIADB);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.dropTable('cancelled_payment');
    for (const [column] of COLUMNS.toReversed()) {
      await queryRunner.query(`ALTER TABLE webhook_delivery DROP COLUMN ${column}`);
    }
  }
}

const COLUMNS = [
  ['merchantUid', `varchar(40) NOT NULL DEFAULT ''`],
  ['status', 'varchar(20) NULL'],
  ['cancellationId', 'varchar(64) NULL'],
] as const;

/** A notice whose order cannot be named any more told of an uncredited payment, which the order's own checks find. */
const NAME_THE_ORDER = [
  `UPDATE webhook_delivery SET merchantUid = COALESCE(
    (SELECT t.merchantUid FROM point_transaction t WHERE t.impUid = webhook_delivery.impUid AND t.cancellationKey = ''), '')
    WHERE merchantUid = ''`,
  `DELETE FROM webhook_delivery WHERE merchantUid = ''`,
];

const MARIADB = `CREATE TABLE IF NOT EXISTS \`cancelled_payment\` (
    \`impUid\` varchar(32) NOT NULL,
    \`merchantUid\` varchar(40) NOT NULL,
    \`seenAt\` datetime(3) NOT NULL,
    PRIMARY KEY (\`impUid\`)
  ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin`;

const SQLITE = `CREATE TABLE "cancelled_payment" (
    "impUid" varchar(32) PRIMARY KEY NOT NULL,
    "merchantUid" varchar(40) NOT NULL,
    "seenAt" datetime(3) NOT NULL
  )`;
