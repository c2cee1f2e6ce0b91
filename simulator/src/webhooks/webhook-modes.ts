import { numberOf } from '../parameters.js';

const DELAY_MAX_MS = 10 * 60_000;
const WINDOW_MAX = 1000;
const ATTEMPTS_MAX = 5;

/** How webhooks are sent. One attempt as JSON, at once, is the real gateway's default (documented). */
export interface WebhookModes {
  /** No webhook at all, as when the console's address is wrong. */
  never: boolean;
  /** Each one so much later; 0 = at once. */
  lateMs: number;
  /** Each one twice (duplicates are possible: documented). */
  twice: boolean;
  /** So many are collected and sent in another order; 0 = in their order. */
  shuffleWindow: number;
  /** `application/x-www-form-urlencoded` instead of JSON: a choice in the gateway's console (documented). */
  form: boolean;
  /** Up to five by agreement with PortOne (documented), on a network error or 5xx. */
  attempts: number;
  /** One minute (documented). */
  retryMs: number;
}

/** The modes cannot be; the text says why. */
export class WebhookModesMistake extends Error {}

const DEFAULT_LATE_MS = 5000;
const DEFAULT_SHUFFLE_WINDOW = 8;
const DEFAULT_RETRY_MS = 60_000;

/**
 * Reads words between commas: `on`, `never`, `late` or `late=2000` (ms), `twice`, `shuffled` or `shuffled=20`, `form`,
 * `attempts=5`, `retry=1000` (ms). What is not named is as the real gateway does it by default.
 * @throws WebhookModesMistake
 */
export function webhookModesOf(text: string): WebhookModes {
  const modes: WebhookModes = {
    never: false,
    lateMs: 0,
    twice: false,
    shuffleWindow: 0,
    form: false,
    attempts: 1,
    retryMs: DEFAULT_RETRY_MS,
  };
  for (const part of text.split(',').map((word) => word.trim())) {
    const [word = '', value] = part.split('=', 2);
    switch (word) {
      case '':
      case 'on':
        break;
      case 'never':
        modes.never = true;
        break;
      case 'late':
        modes.lateMs = whole(part, value, DEFAULT_LATE_MS, DELAY_MAX_MS);
        break;
      case 'twice':
        modes.twice = true;
        break;
      case 'shuffled':
        modes.shuffleWindow = whole(part, value, DEFAULT_SHUFFLE_WINDOW, WINDOW_MAX);
        break;
      case 'form':
        modes.form = true;
        break;
      case 'attempts':
        modes.attempts = whole(part, value, 1, ATTEMPTS_MAX);
        break;
      case 'retry':
        modes.retryMs = whole(part, value, DEFAULT_RETRY_MS, DELAY_MAX_MS);
        break;
      default:
        throw new WebhookModesMistake(
          `webhooks: ${part} is none of on, never, late[=ms], twice, shuffled[=count], form, attempts=1..${ATTEMPTS_MAX}, retry=ms`,
        );
    }
  }
  return modes;
}

/** The same words again. */
export function webhookModesText(modes: WebhookModes): string {
  const words = [
    modes.never ? 'never' : '',
    modes.lateMs > 0 ? `late=${modes.lateMs}` : '',
    modes.twice ? 'twice' : '',
    modes.shuffleWindow > 0 ? `shuffled=${modes.shuffleWindow}` : '',
    modes.form ? 'form' : '',
    modes.attempts > 1 ? `attempts=${modes.attempts}` : '',
    modes.retryMs === DEFAULT_RETRY_MS ? '' : `retry=${modes.retryMs}`,
  ].filter((word) => word !== '');
  return words.length === 0 ? 'on' : words.join(',');
}

/** Where webhooks go; null when the text is empty. @throws WebhookModesMistake */
export function webhookUrlOf(text: string): string | null {
  if (text === '') return null;
  const isWebAddress = URL.canParse(text) && ['http:', 'https:'].includes(new URL(text).protocol);
  if (!isWebAddress) throw new WebhookModesMistake(`webhooks: ${text} is no http or https address`);
  return text;
}

function whole(part: string, value: string | undefined, fallback: number, max: number): number {
  const number = numberOf(value) ?? fallback;
  if (!Number.isSafeInteger(number) || number < 1 || number > max) {
    throw new WebhookModesMistake(`webhooks: ${part} needs a whole number from 1 to ${max}`);
  }
  return number;
}
