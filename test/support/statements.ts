import { AbstractLogger, type DataSource, type LogLevel, type LogMessage } from 'typeorm';
import { shortened } from './shortened.mjs';

/** The first words of each statement that went to the database. */
class Statements extends AbstractLogger {
  readonly seen: string[] = [];

  protected override writeLog(_level: LogLevel, messages: LogMessage | LogMessage[]): void {
    for (const message of [messages].flat()) {
      const { message: text } = typeof message === 'object' ? message : { message };
      this.seen.push(shortened(String(text)));
    }
  }

  protected override isLogEnabledFor(type?: string): boolean {
    return type === 'query';
  }
}

/** Shows which statements go to the database while something is done. */
export function watchStatements(dataSource: DataSource): (work: () => Promise<unknown>) => Promise<string[]> {
  const statements = new Statements();
  dataSource.setOptions({ logger: statements, logging: ['query'] });
  return async (work) => {
    statements.seen.length = 0;
    await work();
    return [...statements.seen];
  };
}
