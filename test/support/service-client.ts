import type { ServiceScope } from '../../src/door/service-scope.js';
import type { DatabaseEnv } from './databases.js';
import { type GraphqlClient, graphqlClient } from './graphql-client.js';
import { runProgram } from './programs.js';
import { rememberSecret } from './server-logs.mjs';

/** Makes a service key the way an operator does. */
export async function makeServiceKey(
  env: DatabaseEnv,
  scopes: readonly ServiceScope[],
  name = 'shop',
): Promise<string> {
  const args = ['create', '--name', name, '--scopes', scopes.join(',')];
  const { exitCode, output, errors } = await runProgram('programs/service-key.js', { args, env: { ...env } });
  if (exitCode !== 0) throw new Error(errors);
  const key = output.trim();
  rememberSecret('a service key', key);
  return key;
}

/** Another server that calls ours with a key of its own. */
export async function serviceClient(
  serverUrl: string,
  env: DatabaseEnv,
  scopes: readonly ServiceScope[],
): Promise<GraphqlClient> {
  const client = graphqlClient(serverUrl);
  client.useAccessToken(await makeServiceKey(env, scopes));
  return client;
}
