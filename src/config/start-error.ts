export interface Texts {
  ko: string;
  en: string;
}

/** How a program speaks to whoever starts it: whose language that person reads is not known, so in one line both. */
export function inBothLanguages({ ko, en }: Texts): string {
  return `${ko} / ${en}`;
}

/** Stops a start and can be corrected by whoever starts the program: one line that says what to do, and no stack. */
export class StartError extends Error {
  constructor(texts: Texts | string) {
    super(typeof texts === 'string' ? texts : inBothLanguages(texts));
    this.name = new.target.name;
  }
}
