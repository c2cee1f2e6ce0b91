import { beforeAll, expect, test } from '@jest/globals';
import { describeOnEachDatabase, type TestDatabase } from '../support/databases.js';
import { type Crash, drill, type DrillReport } from './drill.js';

const DRILL_TIMEOUT_MS = 150_000;

/** A test for each crash, all of which are played at once. */
export function matrix(suite: string, crashesOn: (database: TestDatabase) => Crash[]): void {
  describeOnEachDatabase(suite, (database) => {
    const crashes = crashesOn(database);
    let report: DrillReport;

    beforeAll(async () => {
      report = await drill(database, crashes);
    }, DRILL_TIMEOUT_MS);

    test.each(crashes.map((crash) => [crash.title, crash] as const))('%s', (_title, crash) => {
      expect(report.outcomes.get(crash)).toMatchObject(crash.expected);
    });

    test('nothing is lost, double or stuck, and the gateway gave back what the books say', () => {
      expect(report.findings).toEqual([]);
    });

    test('the books are proved against the gateway', () => {
      expect(report.verification.output).toContain('PROVED');
      expect(report.verification.exitCode).toBe(0);
    });
  });
}
