import accepts from 'accepts';
import type { FastifyRequest } from 'fastify';
import type { Language } from '../refusal/refusal.js';

/** The language of the caller's `Accept-Language`; Korean when it asks for neither Korean nor English. */
export function languageOf(request: Pick<FastifyRequest, 'raw'>): Language {
  return accepts(request.raw).language(['ko', 'en']) === 'en' ? 'en' : 'ko';
}
