const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const FRAME_INTERVAL_MS = 120;
// Where lines stay (a log, a CI job) one now and then is enough.
const LINE_INTERVAL_MS = 10_000;

/**
 * Shows that `title` goes on, with the time and, when `percent` is given, how far it is.
 * One moving line on a terminal, plain lines elsewhere.
 */
export function startProgress(title, percent) {
  const out = process.stderr;
  const startedAt = Date.now();
  const seconds = () => `${Math.round((Date.now() - startedAt) / 1000)}s`;
  const state = () => (percent ? `${String(percent()).padStart(3)}%  ${seconds()}` : seconds());
  let frame = 0;

  const show = () => {
    if (out.isTTY) {
      frame = (frame + 1) % FRAMES.length;
      out.write(`\r\x1b[K${FRAMES[frame]} ${title}  ${state()}`);
    } else {
      out.write(`… ${title}  ${state()}\n`);
    }
  };
  show();
  const timer = setInterval(show, out.isTTY ? FRAME_INTERVAL_MS : LINE_INTERVAL_MS);

  return {
    end(ok) {
      clearInterval(timer);
      out.write(`${out.isTTY ? '\r\x1b[K' : ''}${ok ? '✓' : '✗'} ${title}  ${seconds()}\n`);
    },
  };
}
