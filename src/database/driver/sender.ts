import type { ObjectLiteral } from 'typeorm';

/** A text without values is sent as it is; one with values is prepared, once for each connection. */
export interface StatementText {
  sql: string;
  values: readonly unknown[];
}

export interface Answer {
  /** The rows of a SELECT; none of anything else. */
  records: ObjectLiteral[];
  /** How many rows a change met; 0 of a SELECT. */
  affected: number;
}

/** What our query runners can do beside TypeORM's own ways, which make a dozen promises for each statement. */
export interface Sender {
  send(text: StatementText): Promise<Answer>;
  /**
   * Only in a transaction: for a statement whose answer nobody needs. It is carried out in its turn, before any statement
   * that comes after it and before the COMMIT. Its error may come with one of these; the transaction cannot be committed then.
   */
  sendLater(text: StatementText): void;
}
