import { Announcement } from '../announcement/announcement.js';

export interface AnsweredOperation {
  /** Its root fields, each once; `OTHER_FIELD` for what the schema does not name, such as `__typename`. */
  fields: string[];
  durationMs: number;
}

export const OTHER_FIELD = 'other';

/** An operation that fits the schema was answered, with data or with errors. */
export const operationAnswered = new Announcement<AnsweredOperation>('graphql.operation-answered');
