/**
 * One actor's decisions, all of them from the seed of the run and the actor's name: the same seed makes everybody decide
 * the same things in the same order again, however the machine interleaves them.
 */
export class Decisions {
  private state: number;

  constructor(seed: number, actor: string) {
    this.state = seed;
    for (const character of actor) this.state = Math.imul(this.state ^ character.charCodeAt(0), 0x01000193);
  }

  /** A whole number from `min` to `max`, both included. */
  whole(min: number, max: number): number {
    return min + Math.floor(this.next() * (max - min + 1));
  }

  /** @param probability from 0 to 1. */
  happens(probability: number): boolean {
    return this.next() < probability;
  }

  pick<Choice>(choices: readonly Choice[]): Choice {
    const choice = choices[this.whole(0, choices.length - 1)];
    if (choice === undefined) throw new Error('there is nothing to choose from');
    return choice;
  }

  /** mulberry32: small, and good enough for a test. */
  private next(): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }
}
