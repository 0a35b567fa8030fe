/** The dates of a server's certificate, for `zephr doctor`: the client's requests do not give them. */

import type { Socket } from 'node:net';
import { type ConnectionOptions, connect } from 'node:tls';
import { networkError } from '../../../client/transport/network-errors.js';
import { NetworkError } from '../../../core/errors.js';
import { openTunnel } from '../../../net/tunnel.js';

/** From when until when a certificate is valid, in milliseconds since 1970. */
export interface Validity {
  readonly from: number;
  readonly until: number;
}

/**
 * Connects to a server as requests do, through the proxy if there is one, and looks at its certificate.
 * @param timeout milliseconds.
 * @throws NetworkError when there is no trusted connection in time; the signal's reason.
 */
export async function certificateValidity(
  server: string,
  proxy: URL | null,
  { timeout, signal }: { timeout: number; signal: AbortSignal },
): Promise<Validity> {
  const { hostname, host, port } = new URL(server);
  const address = { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port || 443) };
  const ended = AbortSignal.any([signal, AbortSignal.timeout(timeout)]);
  try {
    const tunnel = proxy === null ? null : await openTunnel(proxy, `${hostname}:${address.port}`, ended);
    return await peerValidity({ ...address, ...(tunnel === null ? {} : { socket: tunnel }) }, ended);
  } catch (cause) {
    signal.throwIfAborted();
    throw cause instanceof NetworkError ? cause : networkError(cause, host);
  }
}

/** Does the TLS handshake, with the checks that every request has, and takes the dates of the certificate that came. */
function peerValidity(options: ConnectionOptions & { host: string; socket?: Socket }, signal: AbortSignal) {
  // An address has no server name (RFC 6066 section 3).
  const isName = /[a-z]/i.test(options.host) && !options.host.includes(':');
  return new Promise<Validity>((resolve, reject) => {
    const socket = connect({ ...options, ...(isName ? { servername: options.host } : {}) });
    const giveUp = () => socket.destroy(new Error('it took too long'));
    signal.addEventListener('abort', giveUp, { once: true });
    socket.on('error', reject);
    socket.on('secureConnect', () => {
      signal.removeEventListener('abort', giveUp);
      const { valid_from, valid_to } = socket.getPeerCertificate();
      socket.destroy();
      resolve({ from: Date.parse(valid_from), until: Date.parse(valid_to) });
    });
  });
}
