/** A fault of the database or its folder that stops the start. Its message is one line that says what to do. */
export class DatabaseUnusable extends Error {
  override readonly name = 'DatabaseUnusable';
}
