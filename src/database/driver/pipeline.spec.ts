import { describe, expect, test } from '@jest/globals';
import { takesPipelines } from './pipeline.js';

describe('statements in one go', () => {
  test.each([
    ['MariaDB', { comment: 'Debian 12', version: '10.11.14-MariaDB' }, true],
    ['MySQL 5.7', { comment: 'MySQL Community Server (GPL)', version: '5.7.44' }, true],
    ['Aurora of MySQL 8', { comment: 'Source distribution', version: '8.0.42', aurora: '3.10.0' }, true],
    [
      'Aurora of MySQL 5.7',
      { comment: 'MySQL Community Server', version: '5.7.12', aurora: '2.11.2' },
      false,
    ],
    ['ProxySQL', { comment: '(ProxySQL)', version: '8.0.11' }, false],
  ])('are taken or not by %s', async (_, { comment, version, ...more }, expected) => {
    const { aurora } = more as { aurora?: string };
    const answers = new Map([
      ['select @@version_comment limit 1', [{ '@@version_comment': comment }]],
      [
        `SHOW VARIABLES LIKE 'aurora_version'`,
        aurora === undefined ? [] : [{ Variable_name: 'aurora_version', Value: aurora }],
      ],
      ['SELECT VERSION()', [{ 'VERSION()': version }]],
    ]);

    expect(await takesPipelines(async (sql) => answers.get(sql) ?? [])).toBe(expected);
  });
});
