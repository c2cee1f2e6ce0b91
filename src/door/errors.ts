import {
  type ArgumentsHost,
  Catch,
  HttpException,
  HttpStatus,
  Inject,
  ServiceUnavailableException,
} from '@nestjs/common';
import { type GqlExceptionFilter, GqlArgumentsHost } from '@nestjs/graphql';
import { BaseExceptionFilter } from '@nestjs/core';
import { GraphQLError } from 'graphql';
import type { Logger } from 'pino';
import { newId } from '../database/new-id.js';
import { transientErrorOf } from '../database/retry.js';
import { LOGGER } from '../logging/logger.js';
import { ErrorCode } from '../refusal/error-code.js';
import { languageOf } from './language.js';
import { Forbidden } from '../refusal/forbidden.js';
import { type Language, Refusal } from '../refusal/refusal.js';
import { Unauthenticated } from '../refusal/unauthenticated.js';
import { isGraphql, type ViewersRequest } from './viewer.js';

const INTERNAL_ERROR_TEXTS: Record<Language, (id: string) => string> = {
  ko: (id) => `서버에서 오류가 났습니다. 이 번호를 알려 주시면 찾아보겠습니다: ${id}`,
  en: (id) => `Something went wrong on our side. Tell us this number and we will look into it: ${id}`,
};

const DATABASE_UNAVAILABLE_TEXTS: Record<Language, string> = {
  ko: '지금은 처리할 수 없습니다. 잠시 후 다시 시도해 주세요.',
  en: 'This is not possible at the moment. Please try again shortly.',
};

/**
 * Turns what a resolver or guard throws into what the caller is told: a refusal in the caller's language,
 * DATABASE_UNAVAILABLE, or an INTERNAL_SERVER_ERROR with an id that is also in the log, and nothing else of it.
 */
@Catch()
export class ErrorFilter extends BaseExceptionFilter implements GqlExceptionFilter {
  constructor(@Inject(LOGGER) private readonly logger: Logger) {
    super();
  }

  override catch(exception: unknown, host: ArgumentsHost): unknown {
    if (!isGraphql(host)) {
      const { id } = host.switchToHttp().getRequest<ViewersRequest>();
      return super.catch(this.httpException(exception, id), host);
    }
    const asked = GqlArgumentsHost.create(host);
    const { req } = asked.getContext<{ req: ViewersRequest }>();
    const language = languageOf(req);
    const refusal = refusalOf(exception);
    if (!refusal) return faultError(exception, this.logger, language, { reqId: req.id });
    const { code, details } = refusal;
    const caller = { ownerId: req.pointsViewer?.ownerId, serviceKeyId: req.pointsService?.keyId };
    this.logger.info({ reqId: req.id, code, ...details, ...caller, ...idsAmong(asked.getArgs()) }, 'refused');
    return refusalError(refusal, language);
  }

  /** For the few addresses that are not GraphQL. What is no refusal is answered with 500 and nothing of it. */
  private httpException(exception: unknown, reqId: string | undefined): unknown {
    const status = exception instanceof Refusal ? HTTP_STATUS[exception.code] : undefined;
    if (status !== undefined) return new HttpException((exception as Refusal).message, status);
    if (exception instanceof HttpException) return exception;
    this.logger.error({ reqId, err: exception }, 'a route failed');
    return transientErrorOf(exception) ? new ServiceUnavailableException() : exception;
  }
}

/** The guards of a host's app say by Nest's own exceptions who may not come in. */
function refusalOf(exception: unknown): Refusal | undefined {
  if (exception instanceof Refusal) return exception;
  if (!(exception instanceof HttpException)) return undefined;
  const status: HttpStatus = exception.getStatus();
  if (status === HttpStatus.UNAUTHORIZED) return new Unauthenticated();
  return status === HttpStatus.FORBIDDEN ? new Forbidden() : undefined;
}

/** As ids of orders and payments look. Digits alone are a phone or card number in the wrong place. */
const ID = /^(?!\d+$)[A-Za-z0-9_]{6,40}$/;

/** The order and the payment that a root field was asked about, for the log. */
function idsAmong(args: { merchantUid?: unknown; impUid?: unknown }): {
  merchantUid?: string;
  impUid?: string;
} {
  const idOrNothing = (given: unknown) => (typeof given === 'string' && ID.test(given) ? given : undefined);
  return { merchantUid: idOrNothing(args.merchantUid), impUid: idOrNothing(args.impUid) };
}

const HTTP_STATUS: Partial<Record<ErrorCode, number>> = {
  [ErrorCode.UNAUTHENTICATED]: 401,
  [ErrorCode.FORBIDDEN]: 403,
  [ErrorCode.LOGIN_UNAVAILABLE]: 503,
};

/** An error in our words, ready for the caller. */
export class ToldError extends GraphQLError {}

/** Tells Apollo to answer with the status of a document that does not fit, because nothing of it ran. */
export const REFUSED_AS_A_WHOLE = { http: { status: 400 } };

/** The error that a refusal is told by. @param more `REFUSED_AS_A_WHOLE` where no field is refused but the request. */
export function refusalError(
  refusal: Refusal,
  language: Language,
  more: Partial<typeof REFUSED_AS_A_WHOLE> = {},
): ToldError {
  const { texts, unlogged, extensions } = refusal;
  return new ToldError(texts[language], { extensions: { ...unlogged, ...extensions, ...more } });
}

/** @param about the request; where a field's own resolver has failed, only the logger may know it. */
export function faultError(
  cause: unknown,
  logger: Logger,
  language: Language,
  about: { reqId?: string } = {},
): ToldError {
  if (!transientErrorOf(cause)) return internalError(cause, logger, language, about);
  logger.error({ ...about, err: cause }, 'the database is unavailable');
  return new ToldError(DATABASE_UNAVAILABLE_TEXTS[language], {
    extensions: { code: ErrorCode.DATABASE_UNAVAILABLE, retryable: true },
  });
}

function internalError(cause: unknown, logger: Logger, language: Language, about: object): ToldError {
  const id = newId();
  logger.error({ ...about, err: cause, errorId: id }, 'an operation failed');
  return new ToldError(INTERNAL_ERROR_TEXTS[language](id), {
    extensions: { code: ErrorCode.INTERNAL_SERVER_ERROR, retryable: false, id },
  });
}
