const RECENT_LIMIT = 1000;

/** One gateway call; `status` is null while it is not answered. */
export interface NotedRequest {
  method: string;
  path: string;
  status: number | null;
}

/** How often each gateway call was made, for tests and tools that must know who called and how often. */
export class RequestLog {
  private counts = new Map<string, number>();
  private recent: NotedRequest[] = [];
  private total = 0;

  /** Counts a call when it arrives, so that one that never gets an answer counts too. */
  note(method: string, template: string, path: string): NotedRequest {
    const key = `${method} ${template}`;
    const noted: NotedRequest = { method, path, status: null };
    this.counts.set(key, (this.counts.get(key) ?? 0) + 1);
    this.recent.push(noted);
    if (this.recent.length > RECENT_LIMIT) this.recent.shift();
    this.total += 1;
    return noted;
  }

  summary(): { total: number; counts: Record<string, number>; recent: readonly NotedRequest[] } {
    return { total: this.total, counts: Object.fromEntries(this.counts), recent: this.recent };
  }

  reset(): void {
    this.counts = new Map();
    this.recent = [];
    this.total = 0;
  }
}
