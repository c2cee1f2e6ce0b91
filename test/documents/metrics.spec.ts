import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { IAMPORT_CALLS } from '../../src/iamport/calls.js';
import { cancelPayment, topUp } from '../support/cancel-operations.js';
import { scrape, type Scrape } from '../support/scrape.js';
import { freePort } from '../support/free-port.mjs';
import { startTopUpService, type TopUpService } from '../support/top-up-service.js';
import { readDocument, readText, tableWith } from './markdown.js';

/** Known to Prometheus itself and to no server. */
const OF_PROMETHEUS = ['up'];
const LABELS_OF_PROMETHEUS = ['job', 'instance'];
/** Words of PromQL that stand where a metric could. Functions are known by their bracket. */
const KEYWORDS = ['and', 'or', 'unless', 'by', 'without'];
/** Values that a label can have and that this file's own sale does not cause. */
const RARE_VALUES: Record<string, readonly string[]> = {
  outcome: ['refused', 'unavailable'],
  call: IAMPORT_CALLS,
};

interface Panel {
  id: number;
  type: string;
  title: string;
  description?: string;
  datasource?: { type: string; uid: string };
  targets?: { expr: string; datasource: { uid: string } }[];
  fieldConfig?: {
    defaults: { unit?: string; thresholds?: { steps: { color: string; value: number | null }[] } };
  };
}

interface Dashboard {
  uid: string;
  title: string;
  schemaVersion: number;
  templating: { list: { name: string; type: string; query: unknown }[] };
  panels: Panel[];
}

const dashboard = JSON.parse(readText('docs/grafana-dashboard.json')) as Dashboard;
const panels = dashboard.panels.filter(({ type }) => type !== 'row');
const operations = readDocument('docs/operations.md');
const rules = operations.codeBlocks.flatMap(({ lines }) => lines).join('\n');
const alerts = [...rules.matchAll(/- alert: (\w+)/g)].map(([, name]) => name ?? '');

const expressions: [where: string, expression: string][] = [
  ...panels.flatMap(({ title, targets }) =>
    (targets ?? []).map(({ expr }): [string, string] => [`the panel ${title}`, expr]),
  ),
  ...[...rules.matchAll(/- alert: (\w+)\n\s+expr: (.+)/g)].map(([, name, expr]): [string, string] => [
    `the alert ${name}`,
    expr ?? '',
  ]),
];

let service: TopUpService;
let figures: Scrape;

beforeAll(async () => {
  const port = await freePort();
  service = await startTopUpService({ env: { METRICS_PORT: port } });
  const { client } = await service.user();
  const impUid = await topUp(client, service.simulator);
  await cancelPayment(client, { impUid, amount: 1_000 });
  figures = await scrape(port);
});

afterAll(() => service.stop());

describe('a real scrape', () => {
  test.each(expressions)('has each metric and label of %s', (_where, expression) => {
    const names = metricsIn(expression);
    const known = new Set(figures.samples.map(({ name }) => name));

    expect(names.length).toBeGreaterThan(0);
    expect(names.filter((name) => !known.has(name) && !OF_PROMETHEUS.includes(name))).toEqual([]);
    for (const { metric, label, value } of matchersIn(expression)) {
      if (LABELS_OF_PROMETHEUS.includes(label)) continue;
      const values = [...figures.labelValues(metric, label), ...(RARE_VALUES[label] ?? [])];
      expect({ metric, label, values }).toMatchObject({ values: expect.arrayContaining([value]) });
    }
    const labels = new Set(figures.samples.flatMap((sample) => Object.keys(sample.labels)));
    const grouped = groupingsIn(expression).filter((label) => !LABELS_OF_PROMETHEUS.includes(label));
    expect(grouped.filter((label) => !labels.has(label))).toEqual([]);
  });

  test('has nothing of ours that operations.md does not explain or the dashboard does not show', () => {
    const types = [...figures.text.matchAll(/^# TYPE (point_\w+) (\w+)$/gm)].map(([, name, kind]) => [
      name,
      kind,
    ]);
    const rows = tableWith(operations, '`point_credits_total`');
    const explained = rows.map(([name = '', kind = '']) => [name.replaceAll('`', ''), kind]);
    const shown = panels.flatMap(({ targets }) => (targets ?? []).flatMap(({ expr }) => metricsIn(expr)));

    expect(Object.fromEntries(explained)).toEqual(Object.fromEntries(types));
    expect(explained).toHaveLength(types.length);
    expect(types.length).toBeGreaterThan(10);
    for (const [name = ''] of types) {
      expect(shown).toContainEqual(expect.stringMatching(new RegExp(`^${name}(_bucket|_count)?$`)));
    }
  });

  test('has the labels that operations.md names', () => {
    for (const [name = '', , labels = ''] of tableWith(operations, '`point_credits_total`')) {
      const metric = name.replaceAll('`', '');
      const sample = figures.samples.find((one) => one.name === metric || one.name === `${metric}_count`);
      expect({ metric, labels: labels.replaceAll('`', '') }).toEqual({
        metric,
        labels: Object.keys(sample?.labels ?? {})
          .toSorted()
          .join(', '),
      });
    }
  });

  test('has the metrics of Node that operations.md names', () => {
    const named = operations.sections
      .flatMap(({ codeSpans }) => codeSpans)
      .filter((code) => /^(nodejs|process)_/.test(code));

    expect(named.length).toBeGreaterThan(0);
    for (const name of named) expect(figures.value(name)).toBeDefined();
  });
});

describe('the dashboard', () => {
  test('is one that Grafana imports, for any Prometheus and any job', () => {
    expect(dashboard).toMatchObject({ uid: 'point-top-up', title: expect.any(String), schemaVersion: 39 });
    expect(dashboard.templating.list.map(({ name, type }) => [name, type])).toEqual([
      ['datasource', 'datasource'],
      ['job', 'query'],
    ]);
    expect(new Set(dashboard.panels.map(({ id }) => id)).size).toBe(dashboard.panels.length);
    for (const { title, description, datasource, targets = [], fieldConfig } of panels) {
      expect({ title, description, datasource, unit: fieldConfig?.defaults.unit }).toEqual({
        title,
        description: expect.any(String),
        datasource: { type: 'prometheus', uid: '${datasource}' },
        unit: expect.any(String),
      });
      for (const { expr, datasource: ofTarget } of targets) {
        expect(ofTarget.uid).toBe('${datasource}');
        expect([title, expr]).toEqual([title, expect.stringContaining('job="$job"')]);
      }
    }
  });

  test('turns red when a cancellation is open for 15 minutes', () => {
    const ages = panels.filter(({ targets = [] }) =>
      targets.some(({ expr }) => expr.includes('point_cancellations_oldest_age_seconds')),
    );

    expect(ages.length).toBeGreaterThan(0);
    for (const { fieldConfig } of ages) {
      expect(fieldConfig?.defaults.thresholds?.steps).toContainEqual({ color: 'red', value: 15 * 60 });
    }
  });
});

test('operations.md says what to do for each alert, in their order', () => {
  const rows = tableWith(operations, '`PointServerDown`');

  expect(rows.map(([name = '']) => name.replaceAll('`', ''))).toEqual(alerts);
  expect(rows.filter(([, what = '']) => what === '')).toEqual([]);
  expect(alerts.length).toBeGreaterThan(5);
  expect(expressions.filter(([where]) => where.startsWith('the alert'))).toHaveLength(alerts.length);
});

test('operations.md names only log lines that the server writes', () => {
  const sources = [
    'src/cancellation/cancellation-work.ts',
    'src/work/worker.ts',
    'src/door/errors.ts',
    'src/event-sending/event-work.ts',
    'src/iamport/iamport-client.ts',
  ]
    .map((path) => readText(path))
    .join('\n');
  const quoted = tableWith(operations, '`PointServerDown`')
    .flatMap(([, what = '']) => [...what.matchAll(/`([^`]+)`/g)].map(([, code]) => code ?? ''))
    .filter((code) => code.includes(' ') && !code.startsWith('npm '));

  expect(quoted.length).toBeGreaterThan(2);
  for (const line of quoted) expect(sources).toContain(`'${line}'`);
});

/** Names that stand where PromQL takes a metric. */
function metricsIn(expression: string): string[] {
  const bare = expression
    .replaceAll(/\{[^}]*\}|\[[^\]]*\]/g, ' ')
    .replaceAll(/\b(?:by|without|on|ignoring)\s*\([^)]*\)/g, ' ');
  return [...bare.matchAll(/\b[a-z_:][\w:]*\b(?!\s*\()/gi)]
    .map(([name]) => name)
    .filter((name) => !KEYWORDS.includes(name));
}

function matchersIn(expression: string): { metric: string; label: string; value: string }[] {
  return [...expression.matchAll(/([a-z_:][\w:]*)\{([^}]*)\}/gi)].flatMap(([, metric = '', matchers = '']) =>
    [...matchers.matchAll(/(\w+)="([^"]*)"/g)].map(([, label = '', value = '']) => ({
      metric,
      label,
      value,
    })),
  );
}

/** Labels of `by (…)`. */
function groupingsIn(expression: string): string[] {
  return [...expression.matchAll(/\bby\s*\(([^)]*)\)/g)].flatMap(([, labels = '']) =>
    labels.split(',').map((label) => label.trim()),
  );
}
