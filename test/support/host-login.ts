import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type CryptoKey, exportJWK, generateKeyPair, type JWK, type JWTPayload, SignJWT } from 'jose';
import { rememberSecret } from './server-logs.mjs';

export const ISSUER = 'https://login.shop.example/';
export const AUDIENCE = 'points.shop.example';

export interface SigningKey {
  kid: string;
  algorithm: string;
  privateKey: CryptoKey;
  publicJwk: JWK;
}

/** What a test changes of an honest token. */
export interface TokenWish {
  claims?: JWTPayload;
  header?: Record<string, unknown>;
  key?: SigningKey;
  /** Seconds from now; null for a token without an end. */
  endsIn?: number | null;
}

export type HostLogin = Awaited<ReturnType<typeof startHostLogin>>;

export async function makeSigningKey(kid: string, algorithm = 'RS256'): Promise<SigningKey> {
  const { privateKey, publicKey } = await generateKeyPair(algorithm, { extractable: true });
  return {
    kid,
    algorithm,
    privateKey,
    publicJwk: { ...(await exportJWK(publicKey)), kid, alg: algorithm, use: 'sig' },
  };
}

/** The login of a shop: a real JWKS address, and whoever has its private key can make tokens. */
export async function startHostLogin() {
  const first = await makeSigningKey('first');
  let published: SigningKey[] = [first];
  let answer: 'keys' | 'nothing' | 'error' | 'nonsense' = 'keys';
  let questions = 0;
  const server = createServer((_request, response) => {
    questions += 1;
    if (answer === 'nothing') return;
    if (answer === 'error') response.writeHead(503).end();
    else if (answer === 'nonsense') response.writeHead(200).end('<html>');
    else
      response
        .writeHead(200, { 'content-type': 'application/json' })
        .end(JSON.stringify({ keys: published.map(({ publicJwk }) => publicJwk) }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const jwksUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/.well-known/jwks.json`;

  return {
    jwksUrl,
    first,
    env: { AUTH_JWKS_URL: jwksUrl, AUTH_ISSUER: ISSUER, AUTH_AUDIENCE: AUDIENCE },
    publish: (...keys: SigningKey[]) => {
      published = keys;
    },
    answerWith: (wanted: typeof answer) => {
      answer = wanted;
    },
    /** How often the keys were asked for. */
    questions: () => questions,
    /** A token that is good, but for what `wish` changes. */
    token: async (
      ownerId: unknown,
      { claims = {}, header = {}, key = first, endsIn = 300 }: TokenWish = {},
    ) => {
      const token = new SignJWT({ iss: ISSUER, aud: AUDIENCE, sub: ownerId as string, ...claims })
        .setProtectedHeader({ alg: key.algorithm, kid: key.kid, ...header })
        .setIssuedAt();
      if (endsIn !== null) token.setExpirationTime(new Date(Date.now() + endsIn * 1000));
      const text = await token.sign(key.privateKey);
      rememberSecret('a token of the shop', text);
      return text;
    },
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
