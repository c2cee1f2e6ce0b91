import type { MigrationInterface } from 'typeorm';

/**
 * Makes nothing. Its row is written before our first table is: in a database that has it, tables of our names are ours,
 * also those of a start that died between two of them (see schema.ts).
 */
export class OursFromHere1763700000000 implements MigrationInterface {
  readonly name = 'OursFromHere1763700000000';

  async up(): Promise<void> {}

  async down(): Promise<void> {}
}
