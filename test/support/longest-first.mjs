import TestSequencer from '@jest/test-sequencer';

/** Suites of these projects take minutes, so they begin first and the short ones fill the end. */
const LONGEST_FIRST = ['crash', 'instances', 'galera', 'browser', 'e2e', 'integration'];

/** Jest knows how long a suite takes only where it has run before, which is never so in continuous integration. */
export default class LongestFirst extends TestSequencer {
  sort(tests) {
    const rank = ({ context }) => {
      const place = LONGEST_FIRST.indexOf(context.config.displayName.name);
      return place === -1 ? LONGEST_FIRST.length : place;
    };
    // oxlint-disable-next-line unicorn/no-array-sort -- it is the sequencer's own method
    const bySize = super.sort(tests);
    return bySize.toSorted((first, second) => rank(first) - rank(second));
  }
}
