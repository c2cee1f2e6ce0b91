import type { NamedCode } from '../payment/payment.js';

/** Three-digit bank codes as GET /banks lists them (documented code table). */
export const BANKS: readonly NamedCode[] = [
  { code: '002', name: '산업은행' },
  { code: '003', name: '기업은행' },
  { code: '004', name: 'KB국민은행' },
  { code: '007', name: '수협' },
  { code: '011', name: '농협' },
  { code: '020', name: '우리은행' },
  { code: '023', name: 'SC제일은행' },
  { code: '027', name: '한국씨티은행' },
  { code: '031', name: '대구은행' },
  { code: '032', name: '부산은행' },
  { code: '034', name: '광주은행' },
  { code: '037', name: '전북은행' },
  { code: '039', name: '경남은행' },
  { code: '045', name: '새마을금고' },
  { code: '048', name: '신협' },
  { code: '071', name: '우체국' },
  { code: '081', name: '하나(외환)은행' },
  { code: '088', name: '신한은행' },
  { code: '089', name: '케이뱅크' },
  { code: '090', name: '카카오뱅크' },
  { code: '092', name: '토스뱅크' },
];

/** Card company codes as GET /cards lists them (documented code table). */
export const CARDS: readonly NamedCode[] = [
  { code: '361', name: 'BC' },
  { code: '381', name: 'KB' },
  { code: '367', name: '현대' },
  { code: '365', name: '삼성' },
  { code: '368', name: '롯데' },
  { code: '371', name: 'NH' },
  { code: '041', name: '우리' },
  { code: '374', name: '하나SK' },
  { code: '045', name: '새마을' },
  { code: '373', name: '제주' },
  { code: '364', name: '광주' },
  { code: '366', name: '신한' },
  { code: '002', name: 'KDB' },
  { code: '369', name: '수협' },
  { code: '048', name: '신협' },
  { code: '370', name: '씨티' },
  { code: '071', name: '우체국' },
  { code: '089', name: 'K뱅크' },
  { code: '372', name: '전북' },
  { code: '090', name: '카카오뱅크' },
];

export function findCode(codes: readonly NamedCode[], code: string): NamedCode | undefined {
  return codes.find((entry) => entry.code === code);
}
