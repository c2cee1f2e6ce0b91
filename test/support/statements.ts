import { AbstractLogger, type DataSource, type LogLevel, type LogMessage } from 'typeorm';
import { shortened } from './shortened.mjs';

/** The first words of each statement that went to the database, those of one packet together. */
class Packets extends AbstractLogger {
  readonly seen: string[][] = [];
  private packet: string[] | undefined;

  constructor(private readonly onEach: (statement: string) => void) {
    super();
  }

  protected override writeLog(_level: LogLevel, messages: LogMessage | LogMessage[]): void {
    // What goes in one packet is logged in one turn.
    if (!this.packet) {
      this.packet = [];
      this.seen.push(this.packet);
      queueMicrotask(() => {
        this.packet = undefined;
      });
    }
    for (const message of [messages].flat()) {
      const { message: text } = typeof message === 'object' ? message : { message };
      const statement = shortened(String(text));
      this.packet.push(statement);
      this.onEach(statement);
    }
  }

  protected override isLogEnabledFor(type?: string): boolean {
    return type === 'query';
  }
}

/**
 * Shows which statements go to the database while something is done, and which of them in one packet.
 *
 * @param onEach is told each when it begins.
 */
export function watchPackets(
  dataSource: DataSource,
  onEach: (statement: string) => void = () => undefined,
): (work: () => Promise<unknown>) => Promise<string[][]> {
  const packets = new Packets(onEach);
  dataSource.setOptions({ logger: packets, logging: ['query'] });
  return async (work) => {
    packets.seen.length = 0;
    await work();
    return [...packets.seen];
  };
}

/** The same without the packets. */
export function watchStatements(
  ...watched: Parameters<typeof watchPackets>
): (work: () => Promise<unknown>) => Promise<string[]> {
  const during = watchPackets(...watched);
  return async (work) => (await during(work)).flat();
}
