import { AbstractLogger, type DataSource, type LogLevel, type LogMessage } from 'typeorm';
import { shortened } from './shortened.mjs';

/** The first words of each statement that went to the database. */
class Statements extends AbstractLogger {
  readonly seen: string[] = [];

  constructor(private readonly onEach: (statement: string) => void) {
    super();
  }

  protected override writeLog(_level: LogLevel, messages: LogMessage | LogMessage[]): void {
    for (const message of [messages].flat()) {
      const { message: text } = typeof message === 'object' ? message : { message };
      const statement = shortened(String(text));
      this.seen.push(statement);
      this.onEach(statement);
    }
  }

  protected override isLogEnabledFor(type?: string): boolean {
    return type === 'query';
  }
}

/** Shows which statements go to the database while something is done. @param onEach is told each when it begins. */
export function watchStatements(
  dataSource: DataSource,
  onEach: (statement: string) => void = () => undefined,
): (work: () => Promise<unknown>) => Promise<string[]> {
  const statements = new Statements(onEach);
  dataSource.setOptions({ logger: statements, logging: ['query'] });
  return async (work) => {
    statements.seen.length = 0;
    await work();
    return [...statements.seen];
  };
}
