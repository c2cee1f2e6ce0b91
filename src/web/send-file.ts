import send from '@fastify/send';
import type { FastifyReply, FastifyRequest } from 'fastify';

/** The file is there, and not as the request wants it: a range beyond its end, or another version. */
const CONDITIONS_UNMET = new Set([412, 416]);

/**
 * Answers with a file of a folder, or as if there were no such address. The caller asks again each time and is answered
 * with 304 while nothing changed, so that a new version is seen at once.
 *
 * @param path as in an address: encoded, with a slash in front.
 */
export async function sendFile(
  request: FastifyRequest,
  reply: FastifyReply,
  folder: string,
  path: string,
): Promise<FastifyReply> {
  const found = await send(request.raw, path, { root: folder, index: false, dotfiles: 'ignore', maxAge: 0 });
  if (found.type !== 'file' && !CONDITIONS_UNMET.has(found.statusCode)) {
    found.stream.destroy();
    reply.callNotFound();
    return reply;
  }
  return reply.code(found.statusCode).headers(found.headers).send(found.stream);
}
