import { AttentionKind } from '../attention/attention.entity.js';
import type { DifferenceKind } from './compare.js';

/** What a difference is for the operators that nothing heals by itself; the others are healed, or need nobody. */
export const AttentionOf: Partial<Record<DifferenceKind, AttentionKind>> & { NOT_HEALED: AttentionKind } = {
  PG_ONLY_FOREIGN: AttentionKind.PG_ONLY_FOREIGN,
  LOCAL_ONLY: AttentionKind.LOCAL_ONLY,
  AMOUNT_DIFF: AttentionKind.AMOUNT_DIFF,
  CANCEL_LOCAL_ONLY: AttentionKind.CANCEL_LOCAL_ONLY,
  TEST_IN_LIVE: AttentionKind.TEST_IN_LIVE,
  NOT_HEALED: AttentionKind.NOT_HEALED,
};
