/**
 * Shows that a piece of work goes on, and how it ended.
 *
 * @param show `{ begins(name, databaseName, steps), step(count = 1), ends(ok) }`
 */
export async function withProgress(show, name, kind, steps, work) {
  show.begins(name, kind, steps);
  try {
    const result = await work();
    show.ends(true);
    return result;
  } catch (error) {
    show.ends(false);
    throw error;
  }
}
