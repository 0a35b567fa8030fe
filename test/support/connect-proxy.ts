/** A proxy that knows CONNECT and nothing else (RFC 9110 section 9.3.6), until its test ends. */

import { connect } from 'node:net';
import { tcpHost } from './hosts.js';

export interface ConnectProxy {
  /** `http://127.0.0.1:port`. */
  readonly url: string;
  /** `host:port` and `Proxy-Authorization` of every request so far. */
  readonly requests: { readonly target: string; readonly authorization: string | undefined }[];
}

/**
 * Starts one.
 * @param answer the status for a request; with 200 it connects.
 * @param route where to connect instead of where it was asked to.
 */
export async function connectProxy(
  answer: (authorization: string | undefined) => number = () => 200,
  route: (target: string) => string = (target) => target,
): Promise<ConnectProxy> {
  const requests: ConnectProxy['requests'] = [];
  const url = await tcpHost((near) => {
    let head = '';
    const read = (chunk: Buffer) => {
      head += chunk.toString('latin1');
      if (!head.includes('\r\n\r\n')) return;
      near.off('data', read);
      const [, target = ''] = /^CONNECT (\S+) HTTP\/1\.1\r\n/.exec(head) ?? [];
      const [, authorization] = /\r\nProxy-Authorization: (.*)\r\n/i.exec(head) ?? [];
      requests.push({ target, authorization });
      const status = target === '' ? 405 : answer(authorization);
      if (status !== 200) {
        near.end(`HTTP/1.1 ${status} No\r\nContent-Length: 0\r\n\r\n`);
        return;
      }
      const [, host = '', port] = /^(.*):(\d+)$/.exec(route(target)) ?? [];
      const far = connect(Number(port), host, () => {
        near.write('HTTP/1.1 200 Connection established\r\n\r\n');
        near.pipe(far).pipe(near);
      });
      far.on('error', () => near.end('HTTP/1.1 502 No\r\nContent-Length: 0\r\n\r\n'));
      near.on('close', () => far.destroy());
    };
    near.on('data', read);
  });
  return { url, requests };
}
