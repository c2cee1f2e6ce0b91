import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { AttentionKind } from '../../src/attention/attention.entity.js';
import { raise } from '../../src/attention/raise.js';
import type { GraphqlClient } from '../support/graphql-client.js';
import { runProgram } from '../support/programs.js';
import { scrape } from '../support/scrape.js';
import { freePort } from '../support/free-port.mjs';
import { startTopUpService, type TopUpService } from '../support/top-up-service.js';

let service: TopUpService;
let dataDir: string;
let metricsPort: string;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'point-top-up-attentions-'));
  metricsPort = await freePort();
  service = await startTopUpService({ database: { DATA_DIR: dataDir }, env: { METRICS_PORT: metricsPort } });
});

afterAll(async () => {
  await service.stop();
  await rm(dataDir, { recursive: true, force: true });
});

interface Shown {
  id: string;
  kind: string;
  subject: string;
  resolvedAt: string | null;
  resolvedBy: string | null;
  resolution: string | null;
}

const FIELDS = 'id kind subject note merchantUid ownerId since resolvedAt resolvedBy resolution';
const attentions = (client: GraphqlClient, open: boolean | null = null) =>
  client.call<{ attentions: { nodes: Shown[]; pageInfo: { hasNextPage: boolean } } }>(
    `query ($open: Boolean) { attentions(first: 1, open: $open) { nodes { ${FIELDS} } pageInfo { hasNextPage } } }`,
    { open },
  );
const resolve = (client: GraphqlClient, id: string, note: string) =>
  client.call<{ resolveAttention: Shown }>(
    `mutation ($id: ID!, $note: String!) { resolveAttention(id: $id, note: $note) { ${FIELDS} } }`,
    { id, note },
  );

test('are shown to operators, who say what they did, and counted until then', async () => {
  const boss = await service.user();
  await runProgram('programs/operator.js', {
    args: ['grant', boss.account.email],
    env: { DATA_DIR: dataDir },
  });
  const matter = { kind: AttentionKind.OTHER_CHANNEL, subject: 'imp_000000000001', note: '테스트 결제' };
  await raise(service.books.manager, { ...matter, merchantUid: 'pt1', ownerId: boss.account.id });
  const counted = (kind: AttentionKind, open: number) =>
    expect.stringContaining(`point_attentions_open{kind="${kind}"} ${open}\n`);

  const { text } = await scrape(metricsPort);
  expect(text).toEqual(counted(AttentionKind.OTHER_CHANNEL, 1));
  expect(text).toEqual(counted(AttentionKind.GIVE_BACK_REFUSED, 0));

  const { data } = await attentions(boss.client, true);
  const [shown] = data.attentions.nodes;
  if (!shown) throw new Error('nothing is shown');
  expect(shown).toEqual({
    ...matter,
    id: expect.any(String),
    merchantUid: 'pt1',
    ownerId: boss.account.id,
    since: expect.any(String),
    resolvedAt: null,
    resolvedBy: null,
    resolution: null,
  });

  const resolved = await resolve(boss.client, shown.id, '콘솔에서 취소함');
  const again = await resolve(boss.client, shown.id, 'something else');

  expect(resolved.data.resolveAttention).toEqual({
    ...shown,
    resolvedAt: expect.any(String),
    resolvedBy: boss.account.id,
    resolution: '콘솔에서 취소함',
  });
  expect(again.data).toEqual(resolved.data);
  expect((await attentions(boss.client, true)).data.attentions.nodes).toEqual([]);
  for (const open of [false, null]) {
    expect((await attentions(boss.client, open)).data.attentions).toEqual({
      nodes: [resolved.data.resolveAttention],
      pageInfo: { hasNextPage: false },
    });
  }
});

test('are not shown to a user and not resolved by one, nor by an operator who says nothing', async () => {
  const { client, account } = await service.user();
  const subject = 'imp_000000000002';
  await raise(service.books.manager, { kind: AttentionKind.IMPOSSIBLE_ANSWER, subject, note: '' });
  const grant = (what: 'grant' | 'revoke') =>
    runProgram('programs/operator.js', { args: [what, account.email], env: { DATA_DIR: dataDir } });

  expect((await attentions(client)).errors?.[0]?.extensions.code).toBe('FORBIDDEN');
  await grant('grant');
  const id = (await attentions(client)).data.attentions.nodes[0]?.id ?? '';
  const refused = await resolve(client, id, ' ');
  await grant('revoke');

  expect(refused.errors?.[0]?.extensions).toEqual({
    code: 'BAD_USER_INPUT',
    field: 'note',
    retryable: false,
  });
  expect((await resolve(client, id, 'mine')).errors?.[0]?.extensions.code).toBe('FORBIDDEN');
  const [row] = await service.books.query(`SELECT resolvedAt FROM point_attention WHERE id = ?`, [id]);
  expect(row).toEqual({ resolvedAt: null });
});
