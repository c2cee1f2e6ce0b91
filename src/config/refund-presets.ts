import type { Read } from './payment-methods.js';

/** Names of the tables in src/cancellation/refund-presets.ts. */
export const REFUND_PRESET_NAMES = [
  'UNUSED_7_DAYS',
  'PREPAID_80',
  'VOUCHER_60_80',
  'EXPIRED_90',
  'EXPIRED_90_95',
  'EXPIRED_100',
] as const;
export type RefundPresetName = (typeof REFUND_PRESET_NAMES)[number];

/** The empty list, because an empty variable counts as one that is not there. */
const NONE = 'NONE';

/** @param text names with commas between them, or `NONE`. */
export function readRefundPresets(text: string): Read<readonly RefundPresetName[]> {
  if (text === NONE) return { value: [], faults: [] };
  const names = text.split(',').map((name) => name.trim());
  const known = REFUND_PRESET_NAMES.filter((name) => names.includes(name));
  if (known.length === names.length) return { value: known, faults: [] };
  const all = [...REFUND_PRESET_NAMES, NONE].join(', ');
  return {
    value: undefined,
    faults: [
      {
        ko: `값은 쉼표로 나눈 서로 다른 이름이거나 ${NONE} 이어야 합니다: ${all}`,
        en: `must be different names with commas between them, or ${NONE}: ${all}`,
      },
    ],
  };
}
