import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startServerWithoutGateway } from '../support/top-up-service.js';

const LOGOUT = 'mutation { logout }';
const RESTORE = 'mutation { restoreAccessToken { user { id } } }';

let service: Awaited<ReturnType<typeof startServerWithoutGateway>>;

beforeAll(async () => {
  service = await startServerWithoutGateway();
});

afterAll(() => service.stop());

test('ends the login and takes the cookie away', async () => {
  const client = service.client();
  await client.signUp();
  const cookie = client.refreshToken();

  const { data, headers } = await client.call(LOGOUT);

  expect(data).toEqual({ logout: true });
  expect(headers.getSetCookie()).toEqual([
    'refresh_token=; Max-Age=0; Path=/graphql; Expires=Thu, 01 Jan 1970 00:00:00 GMT; HttpOnly; SameSite=Strict',
  ]);
  client.setRefreshToken(cookie);
  expect((await client.call(RESTORE)).errors?.[0]?.extensions.code).toBe('UNAUTHENTICATED');
});

test('works by the cookie alone and leaves other devices logged in', async () => {
  const client = service.client();
  const account = await client.signUp();
  const otherDevice = service.client();
  await otherDevice.login(account);
  const cookie = client.refreshToken();

  expect((await client.call(LOGOUT, {}, { token: null })).data).toEqual({ logout: true });

  client.setRefreshToken(cookie);
  expect((await client.call(RESTORE)).errors?.[0]?.extensions.code).toBe('UNAUTHENTICATED');
  expect((await otherDevice.call(RESTORE)).errors).toBeUndefined();
});

test('is true also for somebody who was not logged in, and for one who logs out twice', async () => {
  const nobody = service.client();
  expect((await nobody.call(LOGOUT)).data).toEqual({ logout: true });

  nobody.setRefreshToken('not-a-token');
  expect((await nobody.call(LOGOUT)).data).toEqual({ logout: true });

  const client = service.client();
  await client.signUp();
  await client.call(LOGOUT);
  expect((await client.call(LOGOUT)).data).toEqual({ logout: true });
});
