import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Cancellations, webhooks, what recovery needs to know of an order, and who is an operator. */
export class MoneyThatSurvives1763900000000 implements MigrationInterface {
  readonly name = 'MoneyThatSurvives1763900000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    if (queryRunner.dataSource.options.type === 'better-sqlite3') {
      for (const statement of SQLITE) await queryRunner.query(statement);
      await queryRunner.query(ASK_ABOUT_OPEN_ORDERS);
      return;
    }
    // MariaDB commits after each statement, so each must bear to be run again after a start that died half-way.
    for (const { table, column, change } of MARIADB_COLUMNS) {
      if (!(await queryRunner.hasColumn(table, column))) await queryRunner.query(change);
    }
    for (const statement of MARIADB_TABLES) await queryRunner.query(statement);
    await queryRunner.query(ASK_ABOUT_OPEN_ORDERS);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    const isSqlite = queryRunner.dataSource.options.type === 'better-sqlite3';
    await queryRunner.dropTable('webhook_delivery');
    await queryRunner.dropTable('cancellation');
    await queryRunner.query(
      `DROP INDEX ${isSqlite ? '"ix_payment_order_check"' : '`ix_payment_order_check` ON `payment_order`'}`,
    );
    await queryRunner.query(
      isSqlite
        ? 'ALTER TABLE "payment_order" DROP COLUMN "nextCheckAt"'
        : 'ALTER TABLE `payment_order` DROP COLUMN `nextCheckAt`',
    );
    await queryRunner.query(
      isSqlite ? 'ALTER TABLE "user" DROP COLUMN "role"' : 'ALTER TABLE `user` DROP COLUMN `role`',
    );
  }
}

/** Orders that were opened when nobody asked the gateway about them. */
const ASK_ABOUT_OPEN_ORDERS = `UPDATE payment_order SET nextCheckAt = createdAt WHERE state = 'READY' AND nextCheckAt IS NULL`;

const TABLE_OPTIONS = 'ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin';

/** Column by column, because MySQL, unlike MariaDB, has no ADD COLUMN IF NOT EXISTS. */
const MARIADB_COLUMNS = [
  {
    table: 'user',
    column: 'role',
    change: `ALTER TABLE \`user\` ADD COLUMN \`role\` enum('USER','OPERATOR') NOT NULL DEFAULT 'USER'`,
  },
  {
    table: 'payment_order',
    column: 'nextCheckAt',
    change: `ALTER TABLE \`payment_order\` ADD COLUMN \`nextCheckAt\` datetime(3) NULL,
      ADD KEY \`ix_payment_order_check\` (\`nextCheckAt\`)`,
  },
];

const MARIADB_TABLES = [
  `CREATE TABLE IF NOT EXISTS \`cancellation\` (
    \`id\` varchar(26) NOT NULL,
    \`kind\` enum('USER','GIVE_BACK') NOT NULL,
    \`ownerId\` varchar(26) NOT NULL,
    \`merchantUid\` varchar(40) NOT NULL,
    \`impUid\` varchar(32) NOT NULL,
    \`openImpUid\` varchar(32) NULL,
    \`state\` enum('PENDING','DONE','REFUSED') NOT NULL,
    \`amount\` decimal(14,2) NOT NULL,
    \`checksum\` decimal(14,2) NOT NULL,
    \`currency\` varchar(3) NOT NULL,
    \`reason\` varchar(100) NOT NULL,
    \`requestedAmount\` int NULL,
    \`idempotencyKey\` varchar(64) NULL,
    \`cancellationKey\` varchar(64) NULL,
    \`refusal\` varchar(255) NULL,
    \`requestedAt\` datetime(3) NOT NULL,
    \`sentAt\` datetime(3) NOT NULL,
    \`completedAt\` datetime(3) NULL,
    \`nextAttemptAt\` datetime(3) NULL,
    \`attempts\` int NOT NULL DEFAULT 0,
    PRIMARY KEY (\`id\`),
    UNIQUE KEY \`uq_cancellation_open\` (\`openImpUid\`),
    UNIQUE KEY \`uq_cancellation_idempotency\` (\`ownerId\`, \`idempotencyKey\`),
    KEY \`ix_cancellation_due\` (\`nextAttemptAt\`),
    KEY \`ix_cancellation_user\` (\`ownerId\`, \`id\`),
    KEY \`fk_cancellation_order\` (\`merchantUid\`),
    CONSTRAINT \`fk_cancellation_user\` FOREIGN KEY (\`ownerId\`) REFERENCES \`user\` (\`id\`) ON DELETE NO ACTION ON UPDATE NO ACTION,
    CONSTRAINT \`fk_cancellation_order\` FOREIGN KEY (\`merchantUid\`) REFERENCES \`payment_order\` (\`merchantUid\`) ON DELETE NO ACTION ON UPDATE NO ACTION,
    CONSTRAINT \`ck_cancellation_open\` CHECK (
      (\`state\` = 'PENDING' AND \`openImpUid\` IS NOT NULL AND \`openImpUid\` = \`impUid\`) OR
      (\`state\` <> 'PENDING' AND \`openImpUid\` IS NULL)),
    CONSTRAINT \`ck_cancellation_amount\` CHECK (\`amount\` > 0 AND \`amount\` <= \`checksum\`)
  ) ${TABLE_OPTIONS}`,
  `CREATE TABLE IF NOT EXISTS \`webhook_delivery\` (
    \`id\` varchar(26) NOT NULL,
    \`impUid\` varchar(32) NOT NULL,
    \`receivedAt\` datetime(3) NOT NULL,
    \`nextAttemptAt\` datetime(3) NULL,
    \`attempts\` int NOT NULL DEFAULT 0,
    PRIMARY KEY (\`id\`),
    KEY \`ix_webhook_delivery_due\` (\`nextAttemptAt\`),
    KEY \`ix_webhook_delivery_payment\` (\`impUid\`),
    KEY \`ix_webhook_delivery_received\` (\`receivedAt\`)
  ) ${TABLE_OPTIONS}`,
];

const SQLITE = [
  `ALTER TABLE "user" ADD COLUMN "role" varchar CHECK( "role" IN ('USER','OPERATOR') ) NOT NULL DEFAULT ('USER')`,
  `ALTER TABLE "payment_order" ADD COLUMN "nextCheckAt" datetime(3)`,
  `CREATE INDEX "ix_payment_order_check" ON "payment_order" ("nextCheckAt")`,
  `CREATE TABLE "cancellation" (
    "id" varchar(26) PRIMARY KEY NOT NULL,
    "kind" varchar CHECK( "kind" IN ('USER','GIVE_BACK') ) NOT NULL,
    "ownerId" varchar(26) NOT NULL,
    "merchantUid" varchar(40) NOT NULL,
    "impUid" varchar(32) NOT NULL,
    "openImpUid" varchar(32),
    "state" varchar CHECK( "state" IN ('PENDING','DONE','REFUSED') ) NOT NULL,
    "amount" decimal(14,2) NOT NULL,
    "checksum" decimal(14,2) NOT NULL,
    "currency" varchar(3) NOT NULL,
    "reason" varchar(100) NOT NULL,
    "requestedAmount" integer,
    "idempotencyKey" varchar(64),
    "cancellationKey" varchar(64),
    "refusal" varchar(255),
    "requestedAt" datetime(3) NOT NULL,
    "sentAt" datetime(3) NOT NULL,
    "completedAt" datetime(3),
    "nextAttemptAt" datetime(3),
    "attempts" integer NOT NULL DEFAULT (0),
    CONSTRAINT "uq_cancellation_open" UNIQUE ("openImpUid"),
    CONSTRAINT "uq_cancellation_idempotency" UNIQUE ("ownerId", "idempotencyKey"),
    CONSTRAINT "ck_cancellation_open" CHECK (("state" = 'PENDING' AND "openImpUid" IS NOT NULL AND "openImpUid" = "impUid") OR ("state" <> 'PENDING' AND "openImpUid" IS NULL)),
    CONSTRAINT "ck_cancellation_amount" CHECK ("amount" > 0 AND "amount" <= "checksum"),
    CONSTRAINT "fk_cancellation_user" FOREIGN KEY ("ownerId") REFERENCES "user" ("id") ON DELETE NO ACTION ON UPDATE NO ACTION,
    CONSTRAINT "fk_cancellation_order" FOREIGN KEY ("merchantUid") REFERENCES "payment_order" ("merchantUid") ON DELETE NO ACTION ON UPDATE NO ACTION
  )`,
  `CREATE INDEX "ix_cancellation_due" ON "cancellation" ("nextAttemptAt")`,
  `CREATE INDEX "ix_cancellation_user" ON "cancellation" ("ownerId", "id")`,
  `CREATE TABLE "webhook_delivery" (
    "id" varchar(26) PRIMARY KEY NOT NULL,
    "impUid" varchar(32) NOT NULL,
    "receivedAt" datetime(3) NOT NULL,
    "nextAttemptAt" datetime(3),
    "attempts" integer NOT NULL DEFAULT (0)
  )`,
  `CREATE INDEX "ix_webhook_delivery_due" ON "webhook_delivery" ("nextAttemptAt")`,
  `CREATE INDEX "ix_webhook_delivery_payment" ON "webhook_delivery" ("impUid")`,
  `CREATE INDEX "ix_webhook_delivery_received" ON "webhook_delivery" ("receivedAt")`,
];
