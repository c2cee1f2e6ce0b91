import type { Request } from 'express';
import type { Language } from '../refusal/refusal.js';

/** The language of the caller's `Accept-Language`; Korean when it asks for neither Korean nor English. */
export function languageOf(request: Pick<Request, 'acceptsLanguages'>): Language {
  return request.acceptsLanguages('ko', 'en') === 'en' ? 'en' : 'ko';
}
