import { ErrorCode } from './error-code.js';

export type Language = 'ko' | 'en';

/**
 * A "no" that the caller is told: nothing was changed. Each room has its own refusals; door/errors.ts is the one place that
 * turns them into a GraphQL error in the caller's language.
 */
export abstract class Refusal extends Error {
  abstract readonly code: ErrorCode;
  /** Whether the same call may succeed later without anybody changing anything. */
  readonly retryable: boolean = false;
  /** Further `extensions` of the error. Never a secret, an e-mail address or anything about another user. */
  readonly details: Readonly<Record<string, string | number | readonly string[]>> = {};

  /** More `extensions`, for the caller alone: they are personal and not written into the log. */
  readonly unlogged: Readonly<Record<string, unknown>> = {};

  constructor(readonly texts: Readonly<Record<Language, string>>) {
    super(texts.en);
    this.name = new.target.name;
  }

  /**
   * What GraphQL tells of an error that nobody turned into words of ours: that of a host's own resolver, in which a call of
   * ours was refused.
   */
  get extensions(): Readonly<Record<string, unknown>> {
    return { ...this.details, code: this.code, retryable: this.retryable };
  }
}

/** What was sent does not fit; the caller (or its developer) can correct it. */
export class BadUserInput extends Refusal {
  readonly code = ErrorCode.BAD_USER_INPUT;
  override readonly details: Readonly<Record<string, string>>;

  /** @param field the argument that is wrong. */
  constructor(field: string, texts: Record<Language, string>) {
    super(texts);
    this.details = { field };
  }
}
