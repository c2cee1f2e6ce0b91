import { type ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { type GqlContextType, GqlExecutionContext } from '@nestjs/graphql';
import { AuthGuard } from '@nestjs/passport';
import type { GraphqlContext } from '../graphql/context.js';
import { IS_PUBLIC } from '../graphql/public.decorator.js';
import { Unauthenticated } from '../refusal/unauthenticated.js';

/** Closes every resolver and route that is not marked `@Public()` to callers without a valid access token. */
@Injectable()
export class JwtAuthGuard extends AuthGuard('jwt') {
  constructor(private readonly reflector: Reflector) {
    super();
  }

  override canActivate(
    context: ExecutionContext,
  ): ReturnType<InstanceType<ReturnType<typeof AuthGuard>>['canActivate']> {
    const isPublic = this.reflector.getAllAndOverride<boolean | undefined>(IS_PUBLIC, [
      context.getHandler(),
      context.getClass(),
    ]);
    return isPublic === true || super.canActivate(context);
  }

  override getRequest(context: ExecutionContext): unknown {
    return context.getType<GqlContextType>() === 'graphql'
      ? GqlExecutionContext.create(context).getContext<GraphqlContext>().req
      : context.switchToHttp().getRequest();
  }

  override handleRequest<TViewer>(error: unknown, viewer: TViewer | false | null): TViewer {
    if (error) throw error;
    if (!viewer) throw new Unauthenticated();
    return viewer;
  }
}
