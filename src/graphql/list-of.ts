/** The `complexity` of a list that is no page. @param lengthMax how long it can be. */
export function listOf(lengthMax: number) {
  return ({ childComplexity }: { childComplexity: number }) => 1 + lengthMax * childComplexity;
}
