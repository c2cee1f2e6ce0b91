import { Announcement } from '../announcement/announcement.js';

export interface FailedPiece {
  /** `gateway`: it did not answer, which passes by itself. `fault`: anything else; the log has it. */
  cause: 'gateway' | 'fault';
}

/** A piece of work failed. It is due again. */
export const pieceFailed = new Announcement<FailedPiece>('work.piece-failed');
