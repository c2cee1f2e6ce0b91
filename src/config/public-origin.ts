import * as z from 'zod';
import { inBothLanguages } from './start-error.js';

const NO_ADDRESS = {
  ko: '값은 http 또는 https 주소여야 합니다',
  en: 'must be an http or https address',
};
const NO_ORIGIN = {
  ko: '값은 경로 없이 https://points.example.com 처럼 써야 합니다',
  en: 'must be an origin without a path, such as https://points.example.com',
};
const WITH_PARAMETERS = {
  ko: '값에는 ? 나 # 뒤의 것이 없어야 합니다',
  en: 'must be an origin without anything after ? or #',
};
const WITH_USER = {
  ko: '값에는 사용자나 비밀번호가 없어야 합니다',
  en: 'must be an origin without a user or a password',
};

/**
 * Where browsers reach us, as they write it themselves in `Origin`: a Korean name in its ASCII form, letters small, no
 * port that goes without saying, no slash at the end.
 */
export const publicOrigin = z.string().transform((text, context) => {
  const fault = faultOf(text);
  if (!fault) return new URL(text).origin;
  context.addIssue(inBothLanguages(fault));
  return z.NEVER;
});

function faultOf(text: string): { ko: string; en: string } | undefined {
  if (!URL.canParse(text)) return NO_ADDRESS;
  const { protocol, username, password, pathname, search, hash } = new URL(text);
  if (protocol !== 'http:' && protocol !== 'https:') return NO_ADDRESS;
  if (username !== '' || password !== '') return WITH_USER;
  if (search !== '' || hash !== '') return WITH_PARAMETERS;
  return /^\/+$/.test(pathname) ? undefined : NO_ORIGIN;
}
