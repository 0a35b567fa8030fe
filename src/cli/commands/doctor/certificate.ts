/** The dates of a server's certificate, for `zephr doctor`: the client's requests do not give them. */

import type { Socket } from 'node:net';
import { type ConnectionOptions, connect } from 'node:tls';
import { networkError } from '../../../client/transport/network-errors.js';
import { NetworkError } from '../../../core/errors.js';
import { hostName, portOf, serverName } from '../../../net/host-name.js';
import { openTunnel, tlsOptions } from '../../../net/tunnel.js';
import type { Connection } from '../../settings/connection.js';

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
  { proxy, trust }: Pick<Connection, 'proxy' | 'trust'>,
  { timeout, signal }: { timeout: number; signal: AbortSignal },
): Promise<Validity> {
  const url = new URL(server);
  const { hostname, host } = url;
  const { authorities } = trust;
  const address = { host: hostName(hostname), port: portOf(url), ...tlsOptions(authorities) };
  const ended = AbortSignal.any([signal, AbortSignal.timeout(timeout)]);
  try {
    const tunnel =
      proxy === null ? null : await openTunnel(proxy, `${hostname}:${address.port}`, ended, authorities);
    return await peerValidity({ ...address, ...(tunnel === null ? {} : { socket: tunnel }) }, ended);
  } catch (cause) {
    signal.throwIfAborted();
    throw cause instanceof NetworkError ? cause : networkError(cause, host);
  }
}

/** Does the TLS handshake, with the checks that every request has, and takes the dates of the certificate that came. */
function peerValidity(options: ConnectionOptions & { host: string; socket?: Socket }, signal: AbortSignal) {
  return new Promise<Validity>((resolve, reject) => {
    const socket = connect({ ...options, servername: serverName(options.host) });
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
