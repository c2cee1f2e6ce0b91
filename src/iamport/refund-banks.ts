import type { Bank } from '../gateway/virtual-accounts.js';

/**
 * Codes of banks for `refund_bank`, by PG (documented code tables of PortOne V1). A PG whose codes nobody lists is taken to use
 * those that most of them have (assumed).
 */
const MOST: Readonly<Record<string, string>> = {
  '004': 'KB국민은행',
  '023': 'SC제일은행',
  '039': '경남은행',
  '034': '광주은행',
  '003': '기업은행',
  '011': '농협',
  '031': '대구은행',
  '032': '부산은행',
  '002': '산업은행',
  '045': '새마을금고',
  '007': '수협',
  '088': '신한은행',
  '048': '신협',
  '081': '하나(외환)은행',
  '020': '우리은행',
  '071': '우체국',
  '037': '전북은행',
  '012': '축협',
  '090': '카카오뱅크',
  '089': '케이뱅크',
  '027': '한국씨티은행',
  '092': '토스뱅크',
};
const KCP: Readonly<Record<string, string>> = {
  BK04: 'KB국민은행',
  BK23: 'SC제일은행',
  BK39: '경남은행',
  BK34: '광주은행',
  BK03: '기업은행',
  BK11: '농협',
  BK31: '대구은행',
  BK32: '부산은행',
  BK02: '산업은행',
  BK45: '새마을금고',
  BK07: '수협',
  BK88: '신한은행',
  BK48: '신협',
  BK81: '하나(외환)은행',
  BK20: '우리은행',
  BK71: '우체국',
  BK37: '전북은행',
  BK12: '축협',
  BK90: '카카오뱅크',
  BK89: '케이뱅크',
  BK27: '한국씨티은행',
  BK92: '토스뱅크',
};
const INICIS: Readonly<Record<string, string>> = {
  '04': 'KB국민은행',
  '23': 'SC제일은행',
  '39': '경남은행',
  '34': '광주은행',
  '03': '기업은행',
  '11': '농협',
  '31': '대구은행',
  '32': '부산은행',
  '02': '산업은행',
  '45': '새마을금고',
  '07': '수협',
  '88': '신한은행',
  '48': '신협',
  '81': '하나(외환)은행',
  '20': '우리은행',
  '71': '우체국',
  '37': '전북은행',
  '12': '축협',
  '90': '카카오뱅크',
  '89': '케이뱅크',
  '27': '한국씨티은행',
  '92': '토스뱅크',
};
const DAOU: Readonly<Record<string, string>> = {
  '04': 'KB국민은행',
  '11': 'SC제일은행',
  '03': '기업은행',
  '08': '농협',
  '15': '부산은행',
  '10': '신한은행',
  '05': '외환은행',
  '09': '우리은행',
  '31': '우체국',
  '12': '하나은행',
};
const NICE_V2: Readonly<Record<string, string>> = {
  '004': 'KB국민은행',
  '023': 'SC제일은행',
  '034': '광주은행',
  '003': '기업은행',
  '011': '농협',
  '031': '대구은행',
  '032': '부산은행',
  '088': '신한은행',
  '081': '하나은행',
  '020': '우리은행',
  '071': '우체국',
  '089': '케이뱅크',
};
const WELCOME: Readonly<Record<string, string>> = {
  '004': 'KB국민은행',
  '034': '광주은행',
  '039': '경남은행',
  '003': '기업은행',
  '031': '대구은행',
  '032': '부산은행',
  '007': '수협',
  '088': '신한은행',
  '081': '하나은행',
  '020': '우리은행',
  '037': '전북은행',
  '089': '케이뱅크',
};

const BY_PG: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  kcp: KCP,
  html5_inicis: INICIS,
  inicis: INICIS,
  inicis_v2: INICIS,
  daou: DAOU,
  nice_v2: NICE_V2,
  welcome: WELCOME,
};

/** @returns in the order of their codes. */
export function refundBanksOf(pg: string | null): readonly Bank[] {
  const table = pg !== null && Object.hasOwn(BY_PG, pg) ? BY_PG[pg] : undefined;
  return Object.entries(table ?? MOST)
    .map(([code, name]) => ({ code, name }))
    .toSorted((first, second) => first.code.localeCompare(second.code));
}
