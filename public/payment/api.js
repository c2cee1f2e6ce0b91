/**
 * One GraphQL call, and what can go wrong with it.
 */
import { refusalText } from './refusal.js';
import { currentLanguage } from './texts.js';

// Longer than the server's own wait for the gateway (a read, a new gateway token and the read again).
const CALL_TIMEOUT_MS = 40_000;

/** The server was not reached or gave no readable answer: whether it did the work is unknown. */
export const NO_CONNECTION = 'NO_CONNECTION';

/** A refusal by the server (its `extensions.code`), or NO_CONNECTION. */
export class ApiError extends Error {
  /** @param details the error's `extensions` */
  constructor(code, message, { cause, ...details } = {}) {
    super(message, { cause });
    this.name = 'ApiError';
    this.code = code;
    this.details = details;
    this.retryable = details.retryable ?? false;
    this.retryAfterSeconds = details.retryAfterSeconds ?? 0;
  }

  /** What the reader is told, in the language that the page has now. */
  get readerText() {
    return refusalText(this);
  }
}

/**
 * Sends one GraphQL operation and returns its `data`.
 *
 * @param {string | null} accessToken sent as bearer when given
 * @throws {ApiError} the first error of the answer, or NO_CONNECTION
 */
export async function callApi(operation, variables = {}, accessToken = null) {
  const headers = { 'Content-Type': 'application/json', 'Accept-Language': currentLanguage() };
  if (accessToken !== null) headers.Authorization = `Bearer ${accessToken}`;
  const answer = await exchange({
    method: 'POST',
    headers,
    body: JSON.stringify({ query: operation, variables }),
  });
  const [error] = answer.errors ?? [];
  if (error) throw new ApiError(error.extensions?.code ?? 'UNKNOWN', error.message, error.extensions);
  return answer.data;
}

async function exchange(request) {
  let answer;
  // Safari has AbortSignal.timeout since 16.
  const hangUp = new AbortController();
  const timer = setTimeout(() => hangUp.abort(), CALL_TIMEOUT_MS);
  try {
    const response = await fetch('/graphql', { ...request, signal: hangUp.signal });
    // Refusals come with 4xx or 5xx and a GraphQL body; a proxy's error page is not JSON and lands in the catch.
    answer = await response.json();
  } catch (cause) {
    throw new ApiError(NO_CONNECTION, 'no readable answer', { retryable: true, cause });
  } finally {
    clearTimeout(timer);
  }
  if (!answer?.data && !answer?.errors?.length) {
    throw new ApiError(NO_CONNECTION, 'not a GraphQL answer', { retryable: true });
  }
  return answer;
}
