// npm run schema: writes schema.graphql as the built server shows it.
import './node-version.mjs';
import './help.mjs';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { prepare, PrepareError, PROJECT, runScript } from './prepare.mjs';

await runScript(async () => {
  await prepare();
  // Not at the top: on a fresh clone these packages are there only now.
  const { buildClientSchema, getIntrospectionQuery, printSchema } = await import('graphql');
  const { startProgram } = await import('./programs.mjs');

  const folder = mkdtempSync(join(tmpdir(), 'point-top-up-schema-'));
  const server = startProgram('dist/bundle/main.js', await settings(folder));
  try {
    const url = await Promise.race([server.ready, server.ended]);
    if (typeof url !== 'string') throw new PrepareError('The server did not start; it says why above.');
    const response = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: getIntrospectionQuery() }),
    });
    const { data } = await response.json();
    writeFileSync(join(PROJECT, 'schema.graphql'), `${printSchema(buildClientSchema(data))}\n`);
    console.log('schema.graphql');
  } finally {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  }
});

/** A server that nobody uses: its own empty database, and a gateway that is never called. */
async function settings(folder) {
  return {
    ...process.env,
    NODE_ENV: 'development',
    PORT: String(await freePort()),
    DATA_DIR: folder,
    DATABASE_URL: '',
    LOG_LEVEL: 'error',
    IAMPORT_API_KEY: 'unused',
    IAMPORT_API_SECRET: 'unused',
    IAMPORT_USER_CODE: 'imp00000000',
    PAYMENT_METHODS: 'card',
  };
}

function freePort() {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}
