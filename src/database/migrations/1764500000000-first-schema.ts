import type { MigrationInterface, QueryRunner } from 'typeorm';
import { dropTables, isSqlite, makeTables, references, type Table } from '../tables.js';

/** The tables of the points, which know people only by an opaque `ownerId`. */
export class FirstSchema1764500000000 implements MigrationInterface {
  readonly name = 'FirstSchema1764500000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await makeTables(queryRunner, TABLES);
    await makeLedgerAppendOnly(queryRunner, isSqlite(queryRunner) ? SQLITE_TRIGGERS : MARIADB_TRIGGERS);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await dropTables(queryRunner, TABLES);
  }
}

/** Each after those that it refers to. */
const TABLES: Table[] = [
  {
    name: 'point_account',
    lines: [
      `"ownerId" varchar(64) PRIMARY KEY NOT NULL`,
      `"point" integer NOT NULL DEFAULT 0`,
      `"heldPoint" integer NOT NULL DEFAULT 0`,
      `"transactionCount" integer NOT NULL DEFAULT 0`,
      `"createdAt" datetime(3) NOT NULL`,
      `CONSTRAINT "ck_point_account_held_point" CHECK ("heldPoint" >= 0)`,
    ],
  },
  {
    name: 'point_payment_order',
    lines: [
      `"merchantUid" varchar(40) PRIMARY KEY NOT NULL`,
      `"ownerId" varchar(64) NOT NULL`,
      `"gateway" varchar(20) NOT NULL`,
      `"amount" integer NOT NULL`,
      `"bonus" integer NOT NULL DEFAULT 0`,
      `"taxFree" integer`,
      `"vat" integer`,
      `"method" varchar CHECK( "method" IN ('CARD','KAKAOPAY','NAVERPAY','TOSSPAY','TRANSFER','PHONE','VIRTUAL_ACCOUNT') )`,
      `"state" varchar CHECK( "state" IN ('READY','AWAITING_DEPOSIT','PAID','CANCELLED') ) NOT NULL`,
      `"termsVersion" varchar(32)`,
      `"createdAt" datetime(3) NOT NULL`,
      `"expiresAt" datetime(3) NOT NULL`,
      `"nextCheckAt" datetime(3)`,
      `"paidAt" datetime(3)`,
      `"depositReportedAt" datetime(3)`,
      `CONSTRAINT "ck_point_payment_order_amount" CHECK ("amount" > 0)`,
      `CONSTRAINT "ck_point_payment_order_tax" CHECK (COALESCE("taxFree", 0) >= 0 AND COALESCE("vat", 0) >= 0 AND COALESCE("taxFree", 0) + COALESCE("vat", 0) <= "amount")`,
      `CONSTRAINT "fk_point_payment_order_account" ${references('ownerId', 'point_account', 'ownerId')}`,
    ],
    indexes: {
      ix_point_payment_order_open: ['ownerId', 'state', 'expiresAt'],
      ix_point_payment_order_check: ['nextCheckAt'],
    },
  },
  {
    name: 'point_payment',
    lines: [
      `"id" varchar(26) PRIMARY KEY NOT NULL`,
      `"gateway" varchar(20) NOT NULL`,
      `"gatewayPaymentId" varchar(64) NOT NULL`,
      `"merchantUid" varchar(40) NOT NULL`,
      `"ownerId" varchar(64) NOT NULL`,
      `"creditedOrder" varchar(40)`,
      `"state" varchar CHECK( "state" IN ('READY','PAID','CANCELLED','FAILED') ) NOT NULL`,
      `"amount" decimal(14,2) NOT NULL`,
      `"taxFree" integer`,
      `"vat" integer`,
      `"cancelledAmount" decimal(14,2) NOT NULL`,
      `"currency" varchar(3) NOT NULL`,
      `"isTest" boolean`,
      `"method" varchar(32)`,
      `"pg" varchar(32)`,
      `"receiptUrl" varchar(500)`,
      `"cancelReceipts" text`,
      `"cardName" varchar(50)`,
      `"cardNumber" varchar(32)`,
      `"paidAt" datetime(3)`,
      `"failedAt" datetime(3)`,
      `"failReason" varchar(255)`,
      `"bankCode" varchar(32)`,
      `"bankName" varchar(50)`,
      `"accountNumber" varchar(32)`,
      `"accountHolder" varchar(100)`,
      `"accountIssuedAt" datetime(3)`,
      `"takenBackSeenAt" datetime(3)`,
      `"dueAt" datetime(3)`,
      `"readAt" datetime(3) NOT NULL`,
      `CONSTRAINT "uq_point_payment_gateway" UNIQUE ("gateway", "gatewayPaymentId")`,
      `CONSTRAINT "uq_point_payment_credited" UNIQUE ("creditedOrder")`,
      `CONSTRAINT "ck_point_payment_amount" CHECK ("amount" >= 0 AND "cancelledAmount" >= 0 AND "cancelledAmount" <= "amount")`,
      `CONSTRAINT "ck_point_payment_tax" CHECK (COALESCE("taxFree", 0) >= 0 AND COALESCE("vat", 0) >= 0 AND COALESCE("taxFree", 0) + COALESCE("vat", 0) <= "amount")`,
      `CONSTRAINT "ck_point_payment_credited" CHECK ("creditedOrder" IS NULL OR ("creditedOrder" = "merchantUid" AND "currency" = 'KRW' AND "state" IN ('PAID', 'CANCELLED', 'READY')))`,
      `CONSTRAINT "fk_point_payment_order" ${references('merchantUid', 'point_payment_order', 'merchantUid')}`,
      `CONSTRAINT "fk_point_payment_account" ${references('ownerId', 'point_account', 'ownerId')}`,
    ],
    indexes: {
      ix_point_payment_order: ['merchantUid'],
      ix_point_payment_paid: ['ownerId', 'paidAt'],
    },
  },
  {
    name: 'point_transaction',
    lines: [
      `"id" varchar(26) PRIMARY KEY NOT NULL`,
      `"ownerId" varchar(64) NOT NULL`,
      `"reference" varchar(150) NOT NULL`,
      `"paymentId" varchar(26)`,
      `"status" varchar CHECK( "status" IN ('PAYMENT','CANCEL','SPEND','SPEND_CANCEL','GRANT','IMPORT','BONUS','BONUS_CANCEL','EXPIRE') ) NOT NULL`,
      `"amount" integer NOT NULL`,
      `"sequence" integer NOT NULL`,
      `"balanceAfter" integer NOT NULL`,
      `"reason" varchar(100)`,
      `"purpose" varchar(64)`,
      `"actor" varchar(64)`,
      `"createdAt" datetime(3) NOT NULL`,
      `CONSTRAINT "uq_point_transaction_reference" UNIQUE ("reference")`,
      `CONSTRAINT "uq_point_transaction_sequence" UNIQUE ("ownerId", "sequence")`,
      `CONSTRAINT "ck_point_transaction_amount" CHECK (("status" IN ('PAYMENT', 'SPEND_CANCEL', 'GRANT', 'IMPORT', 'BONUS') AND "amount" > 0) OR ("status" IN ('CANCEL', 'SPEND', 'BONUS_CANCEL', 'EXPIRE') AND "amount" < 0))`,
      `CONSTRAINT "ck_point_transaction_payment" CHECK (("status" IN ('PAYMENT', 'CANCEL') AND "paymentId" IS NOT NULL) OR ("status" NOT IN ('PAYMENT', 'CANCEL') AND "paymentId" IS NULL))`,
      `CONSTRAINT "fk_point_transaction_account" ${references('ownerId', 'point_account', 'ownerId')}`,
      `CONSTRAINT "fk_point_transaction_payment" ${references('paymentId', 'point_payment', 'id')}`,
    ],
    indexes: { ix_point_transaction_payment: ['paymentId', 'sequence'] },
  },
  {
    name: 'point_lot',
    lines: [
      `"id" varchar(26) PRIMARY KEY NOT NULL`,
      `"ownerId" varchar(64) NOT NULL`,
      `"kind" varchar CHECK( "kind" IN ('ADJUST','BONUS','PAID') ) NOT NULL`,
      `"paymentId" varchar(26)`,
      `"initial" integer NOT NULL`,
      `"remaining" integer NOT NULL`,
      `"bonus" integer NOT NULL DEFAULT 0`,
      `"bonusTaken" integer NOT NULL DEFAULT 0`,
      `"expiresAt" datetime(3) NOT NULL`,
      `"openUntil" datetime(3)`,
      `"nextExpiryAt" datetime(3)`,
      `CONSTRAINT "uq_point_lot_payment" UNIQUE ("paymentId", "kind")`,
      `CONSTRAINT "ck_point_lot_remaining" CHECK ("remaining" >= 0 AND "remaining" <= "initial")`,
      `CONSTRAINT "ck_point_lot_open" CHECK (("remaining" > 0 AND "openUntil" IS NOT NULL AND "nextExpiryAt" IS NOT NULL) OR ("remaining" = 0 AND "openUntil" IS NULL AND "nextExpiryAt" IS NULL))`,
      `CONSTRAINT "ck_point_lot_bonus" CHECK ("bonus" >= 0 AND "bonusTaken" >= 0)`,
      `CONSTRAINT "fk_point_lot_transaction" ${references('id', 'point_transaction', 'id')}`,
      `CONSTRAINT "fk_point_lot_account" ${references('ownerId', 'point_account', 'ownerId')}`,
      `CONSTRAINT "fk_point_lot_payment" ${references('paymentId', 'point_payment', 'id')}`,
    ],
    indexes: {
      ix_point_lot_open: ['ownerId', 'openUntil', 'kind', 'id'],
      ix_point_lot_expiry: ['nextExpiryAt'],
    },
  },
  {
    name: 'point_lot_use',
    lines: [
      `"takenBy" varchar(26) NOT NULL`,
      `"lotId" varchar(26) NOT NULL`,
      `"amount" integer NOT NULL`,
      `"returned" integer NOT NULL DEFAULT 0`,
      `CONSTRAINT "ck_point_lot_use_amount" CHECK ("amount" > 0 AND "returned" >= 0 AND "returned" <= "amount")`,
      `CONSTRAINT "fk_point_lot_use_lot" ${references('lotId', 'point_lot', 'id')}`,
      `PRIMARY KEY ("takenBy", "lotId")`,
    ],
  },
  {
    name: 'point_hold',
    lines: [
      `"id" varchar(26) PRIMARY KEY NOT NULL`,
      `"ownerId" varchar(64) NOT NULL`,
      `"amount" integer NOT NULL`,
      `"state" varchar CHECK( "state" IN ('HELD','CONFIRMED','VOIDED','EXPIRED') ) NOT NULL`,
      `"confirmedAmount" integer`,
      `"reason" varchar(100) NOT NULL`,
      `"purpose" varchar(64)`,
      `"actor" varchar(64)`,
      `"idempotencyKey" varchar(64) NOT NULL`,
      `"createdAt" datetime(3) NOT NULL`,
      `"expiresAt" datetime(3) NOT NULL`,
      `"endedAt" datetime(3)`,
      `"nextReleaseAt" datetime(3)`,
      `CONSTRAINT "uq_point_hold_idempotency" UNIQUE ("ownerId", "idempotencyKey")`,
      `CONSTRAINT "ck_point_hold_amount" CHECK ("amount" > 0)`,
      `CONSTRAINT "ck_point_hold_confirmed" CHECK (("state" = 'CONFIRMED' AND "confirmedAmount" IS NOT NULL AND "confirmedAmount" > 0 AND "confirmedAmount" <= "amount") OR ("state" <> 'CONFIRMED' AND "confirmedAmount" IS NULL))`,
      `CONSTRAINT "ck_point_hold_ended" CHECK (("state" = 'HELD' AND "endedAt" IS NULL AND "nextReleaseAt" IS NOT NULL) OR ("state" <> 'HELD' AND "endedAt" IS NOT NULL AND "nextReleaseAt" IS NULL))`,
      `CONSTRAINT "fk_point_hold_account" ${references('ownerId', 'point_account', 'ownerId')}`,
    ],
    indexes: { ix_point_hold_release: ['nextReleaseAt'] },
  },
  {
    name: 'point_cancellation',
    lines: [
      `"id" varchar(26) PRIMARY KEY NOT NULL`,
      `"kind" varchar CHECK( "kind" IN ('USER','GIVE_BACK') ) NOT NULL`,
      `"ownerId" varchar(64) NOT NULL`,
      `"paymentId" varchar(26) NOT NULL`,
      `"openPaymentId" varchar(26)`,
      `"state" varchar CHECK( "state" IN ('PENDING','DONE','REFUSED') ) NOT NULL`,
      `"amount" decimal(14,2) NOT NULL`,
      `"checksum" decimal(14,2) NOT NULL`,
      `"currency" varchar(3) NOT NULL`,
      `"reason" varchar(100) NOT NULL`,
      `"requestedAmount" integer`,
      `"bonus" integer NOT NULL DEFAULT 0`,
      `"bonusFromPaid" integer NOT NULL DEFAULT 0`,
      `"idempotencyKey" varchar(64)`,
      `"cancellationKey" varchar(64)`,
      `"refusal" varchar(255)`,
      `"requestedAt" datetime(3) NOT NULL`,
      `"sentAt" datetime(3) NOT NULL`,
      `"completedAt" datetime(3)`,
      `"nextAttemptAt" datetime(3)`,
      `"attempts" integer NOT NULL DEFAULT 0`,
      `"refundAccount" varchar(80)`,
      `"acceptedAt" datetime(3)`,
      `"expectedAt" datetime(3)`,
      `CONSTRAINT "uq_point_cancellation_open" UNIQUE ("openPaymentId")`,
      `CONSTRAINT "uq_point_cancellation_idempotency" UNIQUE ("ownerId", "idempotencyKey")`,
      `CONSTRAINT "ck_point_cancellation_open" CHECK (("state" = 'PENDING' AND "openPaymentId" IS NOT NULL AND "openPaymentId" = "paymentId") OR ("state" <> 'PENDING' AND "openPaymentId" IS NULL))`,
      `CONSTRAINT "ck_point_cancellation_amount" CHECK ("amount" > 0 AND "amount" <= "checksum")`,
      `CONSTRAINT "fk_point_cancellation_account" ${references('ownerId', 'point_account', 'ownerId')}`,
      `CONSTRAINT "fk_point_cancellation_payment" ${references('paymentId', 'point_payment', 'id')}`,
    ],
    indexes: {
      ix_point_cancellation_due: ['nextAttemptAt'],
      ix_point_cancellation_page: ['ownerId', 'id'],
      ix_point_cancellation_kind: ['kind', 'id'],
      ix_point_cancellation_payment: ['paymentId'],
    },
  },
  {
    name: 'point_refund_account',
    lines: [
      `"cancellationId" varchar(26) PRIMARY KEY NOT NULL`,
      `"keyId" varchar(16) NOT NULL`,
      `"sealed" varchar(800) NOT NULL`,
      `"createdAt" datetime(3) NOT NULL`,
      `"deleteAt" datetime(3)`,
      `CONSTRAINT "fk_point_refund_account_cancellation" ${references('cancellationId', 'point_cancellation', 'id')}`,
    ],
    indexes: { ix_point_refund_account_delete: ['deleteAt'] },
  },
  {
    name: 'point_service_key',
    lines: [
      `"id" varchar(26) PRIMARY KEY NOT NULL`,
      `"name" varchar(50) NOT NULL`,
      `"secretHash" varchar(64) NOT NULL`,
      `"scopes" varchar(60) NOT NULL`,
      `"createdAt" datetime(3) NOT NULL`,
      `"lastUsedAt" datetime(3)`,
      `"revokedAt" datetime(3)`,
      `CONSTRAINT "ck_point_service_key_scopes" CHECK ("scopes" <> '')`,
    ],
  },
  {
    name: 'point_cash_receipt',
    lines: [
      `"paymentId" varchar(26) PRIMARY KEY NOT NULL`,
      `"ownerId" varchar(64) NOT NULL`,
      `"state" varchar CHECK( "state" IN ('PENDING','ISSUED','CANCELLED','FAILED','BY_PG') ) NOT NULL`,
      `"purpose" varchar CHECK( "purpose" IN ('PERSON','COMPANY') ) NOT NULL`,
      `"isSelfIssued" boolean NOT NULL`,
      `"identifier" varchar(32) NOT NULL`,
      `"keyId" varchar(16)`,
      `"sealed" varchar(800)`,
      `"deleteAt" datetime(3)`,
      `"amount" integer`,
      `"number" varchar(32)`,
      `"receiptUrl" varchar(500)`,
      `"requestedAt" datetime(3) NOT NULL`,
      `"issuedAt" datetime(3)`,
      `"cancelledAt" datetime(3)`,
      `"openCall" varchar CHECK( "openCall" IN ('ISSUE','CANCEL') )`,
      `"sentAt" datetime(3)`,
      `"sends" integer NOT NULL DEFAULT 0`,
      `"refusal" varchar(255)`,
      `"nextAttemptAt" datetime(3)`,
      `"attempts" integer NOT NULL DEFAULT 0`,
      `CONSTRAINT "ck_point_cash_receipt_pending" CHECK ("state" <> 'PENDING' OR "nextAttemptAt" IS NOT NULL)`,
      `CONSTRAINT "ck_point_cash_receipt_sent" CHECK ("openCall" IS NULL OR ("sentAt" IS NOT NULL AND "sends" > 0))`,
      `CONSTRAINT "fk_point_cash_receipt_payment" ${references('paymentId', 'point_payment', 'id')}`,
      `CONSTRAINT "fk_point_cash_receipt_account" ${references('ownerId', 'point_account', 'ownerId')}`,
    ],
    indexes: { ix_point_cash_receipt_due: ['nextAttemptAt'], ix_point_cash_receipt_delete: ['deleteAt'] },
  },
  {
    name: 'point_webhook_delivery',
    lines: [
      `"id" varchar(26) PRIMARY KEY NOT NULL`,
      `"gatewayPaymentId" varchar(64) NOT NULL`,
      `"merchantUid" varchar(40) NOT NULL`,
      `"status" varchar(20)`,
      `"cancellationId" varchar(64)`,
      `"receivedAt" datetime(3) NOT NULL`,
      `"nextAttemptAt" datetime(3)`,
      `"attempts" integer NOT NULL DEFAULT 0`,
    ],
    // The first column finds what is due; both find what was done long ago.
    indexes: { ix_point_webhook_delivery_work: ['nextAttemptAt', 'receivedAt'] },
  },
  {
    name: 'point_comparison',
    lines: [
      `"id" varchar(26) PRIMARY KEY NOT NULL`,
      `"gateway" varchar(20) NOT NULL`,
      `"day" varchar(10) NOT NULL`,
      `"state" varchar CHECK( "state" IN ('NOT_COMPARED','SAME','DIFFERENT') ) NOT NULL`,
      `"comparedAt" datetime(3)`,
      `"comparedUntil" datetime(3)`,
      `"payments" integer NOT NULL DEFAULT 0`,
      `"matched" integer NOT NULL DEFAULT 0`,
      `"paidThere" decimal(14,2) NOT NULL DEFAULT 0`,
      `"cancelledThere" decimal(14,2) NOT NULL DEFAULT 0`,
      `"creditedHere" decimal(14,2) NOT NULL DEFAULT 0`,
      `"cancelledHere" decimal(14,2) NOT NULL DEFAULT 0`,
      `"fault" varchar(255)`,
      `"attempts" integer NOT NULL DEFAULT 0`,
      `"nextRunAt" datetime(3)`,
      `CONSTRAINT "uq_point_comparison_day" UNIQUE ("gateway", "day")`,
    ],
    indexes: { ix_point_comparison_due: ['gateway', 'nextRunAt'] },
  },
  {
    name: 'point_comparison_difference',
    lines: [
      `"id" varchar(26) PRIMARY KEY NOT NULL`,
      `"comparisonId" varchar(26) NOT NULL`,
      `"kind" varchar CHECK( "kind" IN ('TEST_IN_LIVE','LOCAL_ONLY','PG_ONLY_FOREIGN','DUPLICATE_ORDER','AMOUNT_DIFF','PG_ONLY_OURS','CANCEL_PG_ONLY','CANCEL_LOCAL_ONLY','SETTLEMENT_DIFF','STATUS_LAG','DATE_SHIFT') ) NOT NULL`,
      `"state" varchar CHECK( "state" IN ('OPEN','HEALED','NOTED','GONE') ) NOT NULL`,
      `"gatewayPaymentId" varchar(64) NOT NULL`,
      `"merchantUid" varchar(40) NOT NULL`,
      `"ownerId" varchar(64)`,
      `"paidThere" decimal(14,2)`,
      `"cancelledThere" decimal(14,2)`,
      `"creditedHere" decimal(14,2) NOT NULL`,
      `"cancelledHere" decimal(14,2) NOT NULL`,
      `"foundAt" datetime(3) NOT NULL`,
      `"seenAt" datetime(3) NOT NULL`,
      `"endedAt" datetime(3)`,
      `CONSTRAINT "uq_point_comparison_difference" UNIQUE ("comparisonId", "kind", "gatewayPaymentId")`,
      `CONSTRAINT "fk_point_comparison_difference_comparison" ${references('comparisonId', 'point_comparison', 'id')}`,
    ],
    indexes: {
      ix_point_comparison_difference_page: ['comparisonId', 'id'],
      ix_point_comparison_difference_state: ['state', 'kind'],
    },
  },
  {
    name: 'point_attention',
    lines: [
      `"id" varchar(26) PRIMARY KEY NOT NULL`,
      `"kind" varchar CHECK( "kind" IN ('OTHER_CHANNEL','IMPOSSIBLE_ANSWER','GIVE_BACK_REFUSED','CANCELLATION_OPEN','NEWS_NEVER_SEEN','WORK_GIVEN_UP','NOT_HEALED','PG_ONLY_FOREIGN','LOCAL_ONLY','AMOUNT_DIFF','CANCEL_LOCAL_ONLY','TEST_IN_LIVE','DEPOSIT_NOT_SEEN','GIVE_BACK_NEEDS_ACCOUNT','PAID_AGAIN','CASH_RECEIPT_FAILED','EVENTS_GIVEN_UP') ) NOT NULL`,
      `"subject" varchar(64) NOT NULL`,
      `"note" varchar(255) NOT NULL`,
      `"ownerId" varchar(64)`,
      `"merchantUid" varchar(40)`,
      `"since" datetime(3) NOT NULL`,
      `"resolvedAt" datetime(3)`,
      `"resolvedBy" varchar(64)`,
      `"resolution" varchar(500)`,
      `CONSTRAINT "uq_point_attention_subject" UNIQUE ("kind", "subject")`,
    ],
    indexes: { ix_point_attention_open: ['resolvedAt', 'id'] },
  },
  {
    name: 'point_event',
    lines: [
      `"id" varchar(26) PRIMARY KEY NOT NULL`,
      `"type" varchar(40) NOT NULL`,
      `"ownerId" varchar(64)`,
      `"position" integer NOT NULL`,
      `"notice" varchar(64)`,
      `"body" text NOT NULL`,
      `"state" varchar CHECK( "state" IN ('PENDING','DELIVERED','GAVE_UP') ) NOT NULL`,
      `"createdAt" datetime(3) NOT NULL`,
      `"nextAttemptAt" datetime(3)`,
      `"attempts" integer NOT NULL DEFAULT 0`,
      `"endedAt" datetime(3)`,
      `"fault" varchar(100)`,
      `CONSTRAINT "uq_point_event_notice" UNIQUE ("notice")`,
      `CONSTRAINT "ck_point_event_state" CHECK (("state" = 'PENDING' AND "nextAttemptAt" IS NOT NULL AND "endedAt" IS NULL) OR ("state" <> 'PENDING' AND "nextAttemptAt" IS NULL AND "endedAt" IS NOT NULL))`,
    ],
    indexes: {
      ix_point_event_due: ['nextAttemptAt'],
      ix_point_event_queue: ['ownerId', 'state', 'position', 'id'],
      ix_point_event_state: ['state', 'createdAt'],
    },
  },
];

const MARIADB_TRIGGERS = ['UPDATE', 'DELETE'].map(
  (change) => `CREATE TRIGGER IF NOT EXISTS \`tr_point_transaction_no_${change.toLowerCase()}\`
    BEFORE ${change} ON \`point_transaction\` FOR EACH ROW
    SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'point_transaction is append-only'`,
);

const SQLITE_TRIGGERS = ['UPDATE', 'DELETE'].map(
  (change) => `CREATE TRIGGER "tr_point_transaction_no_${change.toLowerCase()}"
    BEFORE ${change} ON "point_transaction"
    BEGIN SELECT RAISE(ABORT, 'point_transaction is append-only'); END`,
);

/**
 * Some managed databases let nobody make triggers while they keep a binary log. The code never changes a row of the
 * ledger either way, so there the schema stays without this second lock, and every start of the server says so
 * (see prepare-database.ts).
 */
async function makeLedgerAppendOnly(queryRunner: QueryRunner, triggers: string[]): Promise<void> {
  try {
    for (const trigger of triggers) await queryRunner.query(trigger);
  } catch (error) {
    const { code } = (error as { driverError: { code?: string } }).driverError;
    if (code !== 'ER_BINLOG_CREATE_ROUTINE_NEED_SUPER' && code !== 'ER_TABLEACCESS_DENIED_ERROR') throw error;
  }
}
