import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Users, their sessions, what they were asked to pay, and the ledger. */
export class FirstTopUp1763800000000 implements MigrationInterface {
  readonly name = 'FirstTopUp1763800000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    const statements = queryRunner.dataSource.options.type === 'better-sqlite3' ? SQLITE : MARIADB;
    for (const statement of statements) await queryRunner.query(statement);
    await this.makeLedgerAppendOnly(queryRunner);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    for (const table of ['point_transaction', 'payment_order', 'session', 'user']) {
      await queryRunner.dropTable(table);
    }
  }

  /**
   * Some managed databases let nobody make triggers while they keep a binary log. The code never changes a row of the
   * ledger either way, so there the schema stays without this second lock, and every start of the server says so
   * (see prepare-database.ts).
   */
  private async makeLedgerAppendOnly(queryRunner: QueryRunner): Promise<void> {
    const triggers =
      queryRunner.dataSource.options.type === 'better-sqlite3' ? SQLITE_TRIGGERS : MARIADB_TRIGGERS;
    try {
      for (const trigger of triggers) await queryRunner.query(trigger);
    } catch (error) {
      const { code } = (error as { driverError: { code?: string } }).driverError;
      if (code !== 'ER_BINLOG_CREATE_ROUTINE_NEED_SUPER' && code !== 'ER_TABLEACCESS_DENIED_ERROR')
        throw error;
    }
  }
}

const TABLE_OPTIONS = 'ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin';

// MariaDB commits after each of these statements, so each can be run again after a start that died half-way.
const MARIADB = [
  `CREATE TABLE IF NOT EXISTS \`user\` (
    \`id\` varchar(26) NOT NULL,
    \`email\` varchar(254) NOT NULL,
    \`passwordHash\` varchar(255) NOT NULL,
    \`name\` varchar(50) NOT NULL,
    \`point\` int NOT NULL DEFAULT 0,
    \`heldPoint\` int NOT NULL DEFAULT 0,
    \`transactionCount\` int NOT NULL DEFAULT 0,
    \`createdAt\` datetime(3) NOT NULL,
    PRIMARY KEY (\`id\`),
    UNIQUE KEY \`uq_user_email\` (\`email\`),
    CONSTRAINT \`ck_user_held_point\` CHECK (\`heldPoint\` >= 0)
  ) ${TABLE_OPTIONS}`,
  `CREATE TABLE IF NOT EXISTS \`session\` (
    \`id\` varchar(26) NOT NULL,
    \`userId\` varchar(26) NOT NULL,
    \`tokenHash\` varchar(64) NOT NULL,
    \`createdAt\` datetime(3) NOT NULL,
    \`expiresAt\` datetime(3) NOT NULL,
    PRIMARY KEY (\`id\`),
    KEY \`ix_session_user\` (\`userId\`),
    CONSTRAINT \`fk_session_user\` FOREIGN KEY (\`userId\`) REFERENCES \`user\` (\`id\`) ON DELETE NO ACTION ON UPDATE NO ACTION
  ) ${TABLE_OPTIONS}`,
  `CREATE TABLE IF NOT EXISTS \`payment_order\` (
    \`merchantUid\` varchar(40) NOT NULL,
    \`ownerId\` varchar(26) NOT NULL,
    \`amount\` int NOT NULL,
    \`state\` enum('READY','PAID') NOT NULL,
    \`createdAt\` datetime(3) NOT NULL,
    \`expiresAt\` datetime(3) NOT NULL,
    \`paidAt\` datetime(3) NULL,
    PRIMARY KEY (\`merchantUid\`),
    KEY \`ix_payment_order_user\` (\`ownerId\`),
    CONSTRAINT \`fk_payment_order_user\` FOREIGN KEY (\`ownerId\`) REFERENCES \`user\` (\`id\`) ON DELETE NO ACTION ON UPDATE NO ACTION,
    CONSTRAINT \`ck_payment_order_amount\` CHECK (\`amount\` > 0)
  ) ${TABLE_OPTIONS}`,
  `CREATE TABLE IF NOT EXISTS \`point_transaction\` (
    \`id\` varchar(26) NOT NULL,
    \`ownerId\` varchar(26) NOT NULL,
    \`merchantUid\` varchar(40) NOT NULL,
    \`impUid\` varchar(32) NOT NULL,
    \`status\` enum('PAYMENT','CANCEL') NOT NULL,
    \`amount\` int NOT NULL,
    \`cancellationKey\` varchar(64) NOT NULL,
    \`sequence\` int NOT NULL,
    \`balanceAfter\` int NOT NULL,
    \`createdAt\` datetime(3) NOT NULL,
    PRIMARY KEY (\`id\`),
    UNIQUE KEY \`uq_point_transaction_payment\` (\`impUid\`, \`cancellationKey\`),
    UNIQUE KEY \`uq_point_transaction_order\` (\`merchantUid\`, \`cancellationKey\`),
    UNIQUE KEY \`uq_point_transaction_sequence\` (\`ownerId\`, \`sequence\`),
    CONSTRAINT \`fk_point_transaction_user\` FOREIGN KEY (\`ownerId\`) REFERENCES \`user\` (\`id\`) ON DELETE NO ACTION ON UPDATE NO ACTION,
    CONSTRAINT \`fk_point_transaction_order\` FOREIGN KEY (\`merchantUid\`) REFERENCES \`payment_order\` (\`merchantUid\`) ON DELETE NO ACTION ON UPDATE NO ACTION,
    CONSTRAINT \`ck_point_transaction_amount\` CHECK (
      (\`status\` = 'PAYMENT' AND \`amount\` > 0 AND \`cancellationKey\` = '') OR
      (\`status\` = 'CANCEL' AND \`amount\` < 0 AND \`cancellationKey\` <> ''))
  ) ${TABLE_OPTIONS}`,
];

const MARIADB_TRIGGERS = ['UPDATE', 'DELETE'].map(
  (change) => `CREATE TRIGGER IF NOT EXISTS \`tr_point_transaction_no_${change.toLowerCase()}\`
    BEFORE ${change} ON \`point_transaction\` FOR EACH ROW
    SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'point_transaction is append-only'`,
);

const SQLITE = [
  `CREATE TABLE "user" (
    "id" varchar(26) PRIMARY KEY NOT NULL,
    "email" varchar(254) NOT NULL,
    "passwordHash" varchar(255) NOT NULL,
    "name" varchar(50) NOT NULL,
    "point" integer NOT NULL DEFAULT (0),
    "heldPoint" integer NOT NULL DEFAULT (0),
    "transactionCount" integer NOT NULL DEFAULT (0),
    "createdAt" datetime(3) NOT NULL,
    CONSTRAINT "ck_user_held_point" CHECK ("heldPoint" >= 0),
    CONSTRAINT "uq_user_email" UNIQUE ("email")
  )`,
  `CREATE TABLE "session" (
    "id" varchar(26) PRIMARY KEY NOT NULL,
    "userId" varchar(26) NOT NULL,
    "tokenHash" varchar(64) NOT NULL,
    "createdAt" datetime(3) NOT NULL,
    "expiresAt" datetime(3) NOT NULL,
    CONSTRAINT "fk_session_user" FOREIGN KEY ("userId") REFERENCES "user" ("id") ON DELETE NO ACTION ON UPDATE NO ACTION
  )`,
  `CREATE INDEX "ix_session_user" ON "session" ("userId")`,
  `CREATE TABLE "payment_order" (
    "merchantUid" varchar(40) PRIMARY KEY NOT NULL,
    "ownerId" varchar(26) NOT NULL,
    "amount" integer NOT NULL,
    "state" varchar CHECK( "state" IN ('READY','PAID') ) NOT NULL,
    "createdAt" datetime(3) NOT NULL,
    "expiresAt" datetime(3) NOT NULL,
    "paidAt" datetime(3),
    CONSTRAINT "ck_payment_order_amount" CHECK ("amount" > 0),
    CONSTRAINT "fk_payment_order_user" FOREIGN KEY ("ownerId") REFERENCES "user" ("id") ON DELETE NO ACTION ON UPDATE NO ACTION
  )`,
  `CREATE INDEX "ix_payment_order_user" ON "payment_order" ("ownerId")`,
  `CREATE TABLE "point_transaction" (
    "id" varchar(26) PRIMARY KEY NOT NULL,
    "ownerId" varchar(26) NOT NULL,
    "merchantUid" varchar(40) NOT NULL,
    "impUid" varchar(32) NOT NULL,
    "status" varchar CHECK( "status" IN ('PAYMENT','CANCEL') ) NOT NULL,
    "amount" integer NOT NULL,
    "cancellationKey" varchar(64) NOT NULL,
    "sequence" integer NOT NULL,
    "balanceAfter" integer NOT NULL,
    "createdAt" datetime(3) NOT NULL,
    CONSTRAINT "uq_point_transaction_payment" UNIQUE ("impUid", "cancellationKey"),
    CONSTRAINT "uq_point_transaction_order" UNIQUE ("merchantUid", "cancellationKey"),
    CONSTRAINT "uq_point_transaction_sequence" UNIQUE ("ownerId", "sequence"),
    CONSTRAINT "ck_point_transaction_amount" CHECK (("status" = 'PAYMENT' AND "amount" > 0 AND "cancellationKey" = '') OR ("status" = 'CANCEL' AND "amount" < 0 AND "cancellationKey" <> '')),
    CONSTRAINT "fk_point_transaction_user" FOREIGN KEY ("ownerId") REFERENCES "user" ("id") ON DELETE NO ACTION ON UPDATE NO ACTION,
    CONSTRAINT "fk_point_transaction_order" FOREIGN KEY ("merchantUid") REFERENCES "payment_order" ("merchantUid") ON DELETE NO ACTION ON UPDATE NO ACTION
  )`,
];

const SQLITE_TRIGGERS = ['UPDATE', 'DELETE'].map(
  (change) => `CREATE TRIGGER "tr_point_transaction_no_${change.toLowerCase()}"
    BEFORE ${change} ON "point_transaction"
    BEGIN SELECT RAISE(ABORT, 'point_transaction is append-only'); END`,
);
