import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { auditServer } from 'graphql-http';
import { startServerWithoutGateway } from '../support/top-up-service.js';

/** Where Apollo answers otherwise than the specification recommends. None of them is a MUST. */
const KNOWN_WARNINGS = [
  '572B SHOULD use 200 status code on document parsing failure when accepting application/json',
  '7B9B SHOULD use a status code of 200 on variable coercion failure when accepting application/json',
  'FDE2 SHOULD use 200 status code on document validation failure when accepting application/json',
];
/** They have to do with queries by GET, which the protection against other sites closes to plain ones. */
const KNOWN_NOTICES = [
  '5A70 MAY accept application/x-www-form-urlencoded formatted GET requests',
  '6A70 MAY allow URL-encoded JSON string {variables} parameter in GETs when accepting application/json',
  'D6D5 MAY allow URL-encoded JSON string {variables} parameter in GETs when accepting application/graphql-response+json',
];

let service: Awaited<ReturnType<typeof startServerWithoutGateway>>;

beforeAll(async () => {
  service = await startServerWithoutGateway();
});

afterAll(() => service.stop());

test('passes every audit of GraphQL over HTTP but the known recommendations', async () => {
  const results = await auditServer({ url: `${service.url}/graphql` });

  const idsOf = (status: string) =>
    results
      .filter((result) => result.status === status)
      .map(({ id, name }) => `${id} ${name}`)
      .toSorted();
  expect(results.length).toBeGreaterThan(50);
  expect(idsOf('error')).toEqual([]);
  expect(idsOf('warn')).toEqual(KNOWN_WARNINGS);
  expect(idsOf('notice')).toEqual(KNOWN_NOTICES);
});
