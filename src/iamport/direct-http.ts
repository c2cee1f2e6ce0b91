import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { type AxiosAdapter, AxiosError } from 'axios';

/**
 * How axios reaches the gateway: straight over Node's own `http`, with half the processor time of axios' own way
 * (docs/adr/0025). It does what calls of a gateway need and no more: agents, a signal that ends all of it, a limit of the
 * unpacked answer, gzip. It follows no redirect and asks no proxy.
 */
export const directHttp: AxiosAdapter = async (config) =>
  new Promise((resolve, reject) => {
    const { method = 'GET', headers, signal, maxContentLength: bytesMax = -1 } = config;
    const url = `${config.baseURL}${config.url}`;
    const [send, agent] = url.startsWith('https:')
      ? [httpsRequest, config.httpsAgent]
      : [httpRequest, config.httpAgent];
    const request = send(url, { method: method.toUpperCase(), headers: headers.toJSON(), agent });
    const fail = (message: string, code: string | undefined) => {
      reject(new AxiosError(message, code, config, request));
      request.destroy();
    };
    signal?.addEventListener?.('abort', () => fail('the caller waits no longer', AxiosError.ERR_CANCELED));
    request.on('error', (error: NodeJS.ErrnoException) => fail(error.message, error.code));
    request.on('response', (answer) => {
      const isPacked = answer.headers['content-encoding'] === 'gzip';
      const body = isPacked ? pipeline(answer, createGunzip(), () => undefined) : answer;
      const parts: Buffer[] = [];
      let bytes = 0;
      body.on('data', (part: Buffer) => {
        bytes += part.length;
        parts.push(part);
        if (bytesMax >= 0 && bytes > bytesMax)
          fail('a longer answer than expected', AxiosError.ERR_BAD_RESPONSE);
      });
      // The gateway has begun to answer, so this is not the end of a kept connection that nobody used.
      body.on('error', (error) => fail(error.message, AxiosError.ERR_BAD_RESPONSE));
      body.on('end', () => {
        const { statusCode: status = 0, statusMessage: statusText = '' } = answer;
        const data = Buffer.concat(parts).toString();
        resolve({ data, status, statusText, headers: {}, config, request });
      });
    });
    request.end(config.data);
  });
