const POLL_INTERVAL_MS = 500;

/**
 * Calls back when the `npm run` that started us is gone. A SIGTERM to npm ends its shell but never reaches what the
 * shell runs, so that a service manager or a CI job would leave our programs behind.
 */
export function onNpmGone(callback) {
  if (!process.env.npm_lifecycle_event) return;
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    callback();
  }, POLL_INTERVAL_MS);
  timer.unref();
}
