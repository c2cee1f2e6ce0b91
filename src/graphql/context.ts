import type { Request, Response } from 'express';

/** Who is calling, as far as the access token says. */
export interface Viewer {
  userId: string;
}

/** What resolvers get for one request. */
export interface GraphqlContext {
  req: Request & { user?: Viewer };
  res: Response;
}
