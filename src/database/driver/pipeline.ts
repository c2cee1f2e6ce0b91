import type { QueryError } from 'mysql2';
import type { StatementText } from './sender.js';

/** What mysql2 queues: it is given each packet that the database sends while its turn lasts. */
interface Command {
  /** Sends its own packet when it is given none. @returns true when its turn is over. */
  execute(packet: unknown, connection: Connection): boolean;
  onResult?: (error: QueryError) => void;
  /** Of the execution of a prepared statement: what is executed, as soon as it is prepared. */
  statement?: unknown;
}

type End = (error: QueryError | null, answer?: unknown) => void;

/** The part of mysql2's connection that is used here. */
export interface Connection {
  sequenceId: number;
  stream: { cork(): void; uncork(): void };
  config: object;
  addCommand(command: Command): Command;
  query(sql: string, end: End): unknown;
  execute(sql: string, values: readonly unknown[], end: End): unknown;
}

/** The packets of a command are numbered: its own is 0. */
const NUMBER_OF_FIRST_ANSWER = 1;

/**
 * Commands of mysql2 as one that it queues. By itself it sends a command when the one before was answered; the protocol lets
 * a client send any number, and the database answers them in their order.
 */
class Pipeline implements Command {
  private readonly sent: Command[] = [];

  constructor(private readonly waiting: Command[]) {}

  execute(packet: unknown, connection: Connection): boolean {
    if (packet) {
      const isOver = this.sent[0]?.execute(packet, connection) ?? true;
      if (!isOver) return false;
      this.sent.shift();
      connection.sequenceId = NUMBER_OF_FIRST_ANSWER;
    }
    this.sendWaiting(connection);
    return this.sent.length === 0;
  }

  /** The connection was lost. */
  onResult = (error: QueryError): void => {
    for (const command of [...this.sent, ...this.waiting]) command.onResult?.(error);
  };

  private sendWaiting(connection: Connection): void {
    if (this.waiting.length === 0) return;
    connection.stream.cork();
    for (let [next] = this.waiting; next && !this.isStillPrepared(next); [next] = this.waiting) {
      this.waiting.shift();
      const isOver = next.execute(undefined, connection);
      if (!isOver) this.sent.push(next);
    }
    connection.stream.uncork();
  }

  /** The command before it has been sent and asks the database to prepare its statement. */
  private isStillPrepared(command: Command): boolean {
    return 'statement' in command && command.statement === undefined && this.sent.length > 0;
  }
}

/**
 * Sends statements in one go. Each is carried out whatever became of those before it: where these have to undo it, the caller
 * must have seen to that (see mysql-query-runner.ts).
 *
 * @param end is told of each, in their order; of the first that fails at the latest when the connection is lost.
 */
export function sendInOneGo(
  connection: Connection,
  texts: readonly StatementText[],
  end: (text: StatementText, error: QueryError | null, answer: unknown) => void,
): void {
  const commands: Command[] = [];
  const collector = collectorFor(connection, commands);
  for (const text of texts) {
    const endOfIt: End = (error, answer) => end(text, error, answer);
    if (text.values.length === 0) collector.query(text.sql, endOfIt);
    else collector.execute(text.sql, text.values, endOfIt);
  }
  connection.addCommand(new Pipeline(commands));
}

/**
 * mysql2 makes its commands itself, and queues them at once: this one makes them as the connection would, and keeps them. It is
 * no heir of the connection and changes nothing of it, because V8 makes slow what changes and has heirs, and a closure that is
 * put into an object that lives took the commands, and all that they had read, into the old generation with it.
 */
function collectorFor(connection: Connection, commands: Command[]): Pick<Connection, 'query' | 'execute'> {
  const collector = Object.create(Object.getPrototypeOf(connection) as object) as Connection;
  const addCommand = (command: Command) => {
    commands.push(command);
    return command;
  };
  return Object.assign(collector, { config: connection.config, addCommand });
}

/** A row of an answer: its values by their columns. */
export type Row = Readonly<Record<string, unknown>>;

/**
 * Whether a server answers statements that come in one go. ProxySQL may send them to different databases, and Aurora of MySQL
 * 5.7 may lose them (seen by other drivers, which do not do it there: MySqlConnector 1088 and 1465,
 * mariadb-connector-nodejs 202, CONJ-386).
 */
export async function takesPipelines(rowsOf: (sql: string) => Promise<readonly Row[]>): Promise<boolean> {
  // ProxySQL answers these very words by itself.
  const [comment = {}] = await rowsOf('select @@version_comment limit 1');
  if (Object.values(comment).some((text) => String(text).includes('ProxySQL'))) return false;
  const [aurora] = await rowsOf(`SHOW VARIABLES LIKE 'aurora_version'`);
  if (!aurora) return true;
  const [version = {}] = await rowsOf('SELECT VERSION()');
  return !Object.values(version).some((text) => String(text).startsWith('5.'));
}
