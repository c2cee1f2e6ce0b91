import accepts from 'accepts';
import type { IncomingMessage } from 'node:http';
import type { Language } from '../refusal/refusal.js';
import type { ViewersRequest } from './viewer.js';

/** The language of the caller's `Accept-Language`; Korean when it asks for neither Korean nor English. */
export function languageOf({ headers }: Pick<ViewersRequest, 'headers'>): Language {
  return accepts({ headers } as IncomingMessage).language(['ko', 'en']) === 'en' ? 'en' : 'ko';
}
