import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import send from '@fastify/send';
import accepts from 'accepts';
import type { FastifyReply, FastifyRequest } from 'fastify';

/** The file is there, and not as the request wants it: a range beyond its end, or another version. */
const CONDITIONS_UNMET = new Set([412, 416]);
const PACKABLE = /^(text\/|application\/(javascript|json)|image\/svg)/;
const HASH_LENGTH = 22;

/** In the order in which we like to send them. Each file is packed once, so it may take a while. */
const PACKERS = {
  br: (plain: Buffer) =>
    promisify(brotliCompress)(plain, { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } }),
  gzip: (plain: Buffer) => promisify(gzip)(plain, { level: constants.Z_BEST_COMPRESSION }),
};
type Coding = keyof typeof PACKERS;

/** One version of a file, as it was read and as it is packed. */
interface Content {
  changedAtMs: number;
  hash: string;
  plain: Buffer;
  packed: Map<Coding, Promise<Buffer>>;
}

/**
 * Files of a folder, read and packed once for each version of them. A browser asks again each time and is answered with
 * 304 while the content is the same, whichever server it asks: a new version is seen at once.
 */
export class StaticFiles {
  readonly #contents = new Map<string, Content>();

  /** @param render what is sent in the place of a file's text, by the path in its address. */
  constructor(
    private readonly folder: string,
    private readonly render: Record<string, (text: string) => string> = {},
  ) {}

  /**
   * Answers with a file, or as if there were no such address.
   *
   * @param path as in an address: encoded, with a slash in front.
   */
  async send(request: FastifyRequest, reply: FastifyReply, path: string): Promise<FastifyReply> {
    const found = await send(request.raw, path, {
      root: this.folder,
      index: false,
      dotfiles: 'ignore',
      cacheControl: false,
      // Their values would differ between servers, and be the same for two versions that a build gave one date.
      etag: false,
      lastModified: false,
    });
    if (found.type !== 'file') {
      found.stream.destroy();
      if (CONDITIONS_UNMET.has(found.statusCode))
        return reply.code(found.statusCode).headers(found.headers).send();
      reply.callNotFound();
      return reply;
    }
    reply.headers({ ...found.headers, 'cache-control': 'no-cache', vary: varyOf(reply) });
    // A part of a file is a part of it as it is.
    if (found.statusCode !== 200) return reply.code(found.statusCode).send(found.stream);

    found.stream.destroy();
    const content = await this.#read(found.metadata.path, found.metadata.stat.mtimeMs, this.render[path]);
    const coding = PACKABLE.test(String(found.headers['Content-Type'])) ? codingFor(request) : undefined;
    const body = coding ? await packed(content, coding) : content.plain;
    const isPacked = coding !== undefined && body.length < content.plain.length;
    const etag = isPacked ? `"${content.hash}-${coding}"` : `"${content.hash}"`;
    reply.header('etag', etag);
    if (isKnown(request, etag)) {
      return reply.removeHeader('content-length').removeHeader('content-type').code(304).send();
    }
    if (isPacked) reply.header('content-encoding', coding);
    const sent = isPacked ? body : content.plain;
    return reply.header('content-length', sent.length).send(sent);
  }

  async #read(file: string, changedAtMs: number, render?: (text: string) => string): Promise<Content> {
    const known = this.#contents.get(file);
    if (known?.changedAtMs === changedAtMs) return known;
    const read = await readFile(file);
    const plain = render ? Buffer.from(render(read.toString())) : read;
    const hash = createHash('sha256').update(plain).digest('base64url').slice(0, HASH_LENGTH);
    const content = { changedAtMs, hash, plain, packed: new Map() };
    this.#contents.set(file, content);
    return content;
  }
}

function packed({ plain, packed: done }: Content, coding: Coding): Promise<Buffer> {
  const begun = done.get(coding) ?? PACKERS[coding](plain);
  done.set(coding, begun);
  return begun;
}

function codingFor(request: FastifyRequest): Coding | undefined {
  const accepted = accepts(request.raw).encodings();
  return (Object.keys(PACKERS) as Coding[]).find((coding) => accepted.includes(coding));
}

/** A proxy that packs by itself marks our tag as weak. */
function isKnown(request: FastifyRequest, etag: string): boolean {
  const tags = (request.headers['if-none-match'] ?? '').split(',').map((tag) => tag.trim());
  return tags.some((tag) => tag.replace(/^W\//, '') === etag);
}

function varyOf(reply: FastifyReply): string {
  return [reply.getHeader('vary'), 'Accept-Encoding'].filter(Boolean).join(', ');
}
