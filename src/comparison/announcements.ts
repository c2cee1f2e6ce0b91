import { Announcement } from '../announcement/announcement.js';
import type { DifferenceKind } from './compare.js';

/** A comparison found a difference and healed it. */
export const differenceHealed = new Announcement<{ kind: DifferenceKind }>('comparison.difference-healed');
