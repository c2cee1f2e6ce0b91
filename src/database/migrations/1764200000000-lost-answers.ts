import type { MigrationInterface, QueryRunner } from 'typeorm';

/** When a login's newest token came, so that the one before it is good for some seconds more. */
export class LostAnswers1764200000000 implements MigrationInterface {
  readonly name = 'LostAnswers1764200000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    // MariaDB commits after the statement, so it must bear a start that died before the migration was noted.
    if (await queryRunner.hasColumn('session', 'replacedAt')) return;
    await queryRunner.query('ALTER TABLE session ADD COLUMN replacedAt datetime(3) NULL');
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER TABLE session DROP COLUMN replacedAt');
  }
}
