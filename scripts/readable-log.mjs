/**
 * The JSON lines of a program's log as lines for people, on our own output. Lines that are no JSON pass as they are.
 */
export async function showReadably(stdout) {
  // Not before: it may just have been installed, and production does without it.
  const { default: pretty } = await import('pino-pretty');
  stdout.pipe(
    pretty({
      colorize: process.stdout.isTTY,
      singleLine: true,
      translateTime: 'SYS:HH:MM:ss.l',
      sync: true,
    }),
  );
}
