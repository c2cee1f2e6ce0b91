/** Which pieces: those that nobody has looked at yet, or those whose look came to nothing. */
export type Look = 'first' | 'again';

/** Pieces that were taken at once. */
export interface Batch<Piece> {
  pieces: Piece[];
  /** No more are taken at once, so there may be more. */
  isFull: boolean;
}

/**
 * One kind of work that becomes due, in the room that it is about. Each kind has a worker of its own (see worker.ts), so
 * that a flood of one does not keep the others waiting; and so have first looks, which must not wait behind repeated ones
 * that the gateway does not answer.
 *
 * A piece may be done twice without harm, so a death in the middle needs no care of its own. It comes to an end: done, not
 * due any more after its last attempt, which becomes an attention, or asked on as long as the gateway does not answer.
 */
export interface Work<Piece> {
  /** Takes what is due, so that nobody else does it until its lease ends (see claim.ts). */
  take(): Promise<Batch<Piece>>;

  /** What a piece is about, for the log. */
  nameOf(piece: Piece): Record<string, string | undefined>;

  /** Does one of them. One that throws is due again by its lease. */
  do(piece: Piece): Promise<void>;

  /** Calls `wake` whenever something is due at once. @returns what ends that. */
  listen?(wake: () => void): () => void;
}
