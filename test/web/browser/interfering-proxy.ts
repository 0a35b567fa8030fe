/** A reverse proxy between a browser and a server that drops, cuts or changes responses. */

import { type IncomingMessage, request, type ServerResponse } from 'node:http';
import { httpHost } from '../../support/hosts.js';

/** What the proxy does with a response: pass it, drop it, cut it in half, replace it, or change its body. */
export type Interference =
  | 'pass'
  | 'drop'
  | 'cut'
  | { readonly status: number; readonly body: string }
  | ((body: string) => string);

export interface InterferingProxy {
  readonly url: string;
  /** From now on does this with the responses to the requests for which `concerns` is true; default all. */
  interfere(what: Interference, concerns?: (method: string, path: string) => boolean): void;
}

/** Starts a proxy in front of `target`, until the test ends. It always forwards the request first. */
export async function startInterferingProxy(target: string): Promise<InterferingProxy> {
  let interference: Interference = 'pass';
  let concerned: (method: string, path: string) => boolean = () => true;
  const url = await httpHost((incoming, outgoing) => {
    // Without encodings, so that the proxy can change bodies.
    const { 'accept-encoding': _, ...headers } = incoming.headers;
    const { method = '', url: path = '' } = incoming;
    const what = concerned(method, path) ? interference : 'pass';
    incoming.pipe(
      request(`${target}${path}`, { method, headers }, (response) => respond(response, outgoing, what)),
    );
  });
  return {
    url,
    interfere(what, concerns = () => true) {
      interference = what;
      concerned = concerns;
    },
  };
}

function respond(response: IncomingMessage, outgoing: ServerResponse, what: Interference): void {
  const { statusCode = 502, headers } = response;
  if (what === 'pass') {
    outgoing.writeHead(statusCode, headers);
    response.pipe(outgoing);
    return;
  }
  const chunks: Buffer[] = [];
  response.on('data', (chunk: Buffer) => chunks.push(chunk));
  response.on('end', () => {
    const body = Buffer.concat(chunks);
    if (what === 'drop') outgoing.destroy();
    else if (what === 'cut') {
      outgoing.writeHead(statusCode, headers);
      outgoing.write(body.subarray(0, body.length / 2), () => outgoing.destroy());
    } else if (typeof what === 'function') {
      const { 'content-length': _, ...rest } = headers;
      outgoing.writeHead(statusCode, rest).end(what(body.toString()));
    } else outgoing.writeHead(what.status).end(what.body);
  });
}
