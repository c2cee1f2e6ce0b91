/** Numbers from 0 to 1 that a seed brings back: RANDOM_SEED, or one of its own that it prints. */
export function randomFrom(seed = Number(process.env.RANDOM_SEED ?? Date.now() % 2 ** 31)): () => number {
  process.stdout.write(`RANDOM_SEED=${seed}\n`);
  // Mulberry32: small, and good enough to shuffle.
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The same items in a random order. */
export function inAnyOrder<Item>(random: () => number, items: Item[]): Item[] {
  return items
    .map((item) => ({ item, place: random() }))
    .toSorted((first, second) => first.place - second.place)
    .map(({ item }) => item);
}
