/**
 * News between the tabs of this site, where the browser has a way for it; without one a tab asks when it is looked at.
 */

const CHANNEL = 'point-top-up.session';
const STORAGE_KEY = 'point-top-up.news';

export class Tabs {
  #channel;

  /** @param onNews called with what another tab has told */
  constructor(onNews) {
    this.#channel = openChannel();
    if (this.#channel !== null) {
      this.#channel.addEventListener('message', ({ data }) => onNews(data));
      return;
    }
    globalThis.addEventListener('storage', ({ key, newValue }) => {
      if (key === STORAGE_KEY && newValue !== null) onNews(JSON.parse(newValue).news);
    });
  }

  tell(news) {
    if (this.#channel !== null) {
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a channel, not a window
      this.#channel.postMessage(news);
      return;
    }
    try {
      // Only a change is told to the others, so no two news are the same.
      localStorage.setItem(STORAGE_KEY, JSON.stringify({ news, at: Date.now() }));
      localStorage.removeItem(STORAGE_KEY);
    } catch {
      // Storage may be blocked; the other tabs ask when they are looked at.
    }
  }
}

/** Safari has it since 15.4; where cookies are blocked it is there and throws. */
function openChannel() {
  try {
    return new BroadcastChannel(CHANNEL);
  } catch {
    return null;
  }
}
