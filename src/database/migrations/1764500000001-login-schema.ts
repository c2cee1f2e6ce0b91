import type { MigrationInterface, QueryRunner } from 'typeorm';
import { dropTables, makeTables, references, type Table } from '../tables.js';

/** The tables of the standalone server's own login. An app that has people of its own never gets them. */
export class LoginSchema1764500000001 implements MigrationInterface {
  readonly name = 'LoginSchema1764500000001';

  async up(queryRunner: QueryRunner): Promise<void> {
    await makeTables(queryRunner, TABLES);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await dropTables(queryRunner, TABLES);
  }
}

/** Each after those that it refers to. */
const TABLES: Table[] = [
  {
    name: 'user',
    lines: [
      `"id" varchar(26) PRIMARY KEY NOT NULL`,
      `"email" varchar(254) NOT NULL`,
      `"passwordHash" varchar(255) NOT NULL`,
      `"name" varchar(50) NOT NULL`,
      `"role" varchar CHECK( "role" IN ('USER','OPERATOR') ) NOT NULL DEFAULT 'USER'`,
      `"createdAt" datetime(3) NOT NULL`,
      `CONSTRAINT "uq_user_email" UNIQUE ("email")`,
    ],
  },
  {
    name: 'session',
    lines: [
      `"id" varchar(26) PRIMARY KEY NOT NULL`,
      `"userId" varchar(26) NOT NULL`,
      `"tokenHash" varchar(64) NOT NULL`,
      `"replacedAt" datetime(3)`,
      `"createdAt" datetime(3) NOT NULL`,
      `"expiresAt" datetime(3) NOT NULL`,
      `CONSTRAINT "fk_session_user" ${references('userId', 'user', 'id')}`,
    ],
    indexes: { ix_session_user: ['userId'] },
  },
];
