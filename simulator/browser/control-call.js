const REQUEST_TIMEOUT_MS = 10_000;
/** The shop may take half a minute for a webhook. */
const RESEND_TIMEOUT_MS = 60_000;

/** Asks the simulator itself. @throws Error with the simulator's reason. */
export async function control(method, path, body) {
  const response = await fetch(`/_simulator${path}`, {
    method,
    headers: { 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(path.endsWith('/webhook') ? RESEND_TIMEOUT_MS : REQUEST_TIMEOUT_MS),
  });
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.error);
  return answer;
}
