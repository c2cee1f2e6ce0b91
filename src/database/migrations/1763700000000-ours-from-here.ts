import type { MigrationInterface, QueryRunner } from 'typeorm';
import { refuseForeignTables } from '../schema.js';

/**
 * Makes nothing, and refuses a database that has tables of our names from somebody else. Its row is written before our first table is: in a database that has it, tables of our names are ours,
 * also those of a start that died between two of them (see schema.ts).
 */
export class OursFromHere1763700000000 implements MigrationInterface {
  readonly name = 'OursFromHere1763700000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await refuseForeignTables(queryRunner);
  }

  async down(): Promise<void> {}
}
