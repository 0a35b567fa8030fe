/** What stands between a browser and a server, and interferes. */

import { type IncomingMessage, request, type ServerResponse } from 'node:http';
import { httpHost } from '../support/hosts.js';

/** What becomes of an answer: nothing, only its first half, another answer, or another body. */
export type Interference =
  | 'pass'
  | 'drop'
  | 'cut'
  | { readonly status: number; readonly body: string }
  | ((body: string) => string);

/** A reverse proxy before a server, for the length of a test. */
export interface Front {
  readonly url: string;
  /** Says what becomes, from now on, of the answers to the requests of which `concerns` says yes. */
  interfere(what: Interference, concerns?: (method: string, path: string) => boolean): void;
}

/** Puts a front before `target`. It always sends the request on first. */
export async function frontOf(target: string): Promise<Front> {
  let interference: Interference = 'pass';
  let concerned: (method: string, path: string) => boolean = () => true;
  const url = await httpHost((incoming, outgoing) => {
    // Without encodings, so that bodies can be read and changed.
    const { 'accept-encoding': _, ...headers } = incoming.headers;
    const { method = '', url: path = '' } = incoming;
    const what = concerned(method, path) ? interference : 'pass';
    incoming.pipe(request(`${target}${path}`, { method, headers }, (answer) => pass(answer, outgoing, what)));
  });
  return {
    url,
    interfere(what, concerns = () => true) {
      interference = what;
      concerned = concerns;
    },
  };
}

function pass(answer: IncomingMessage, outgoing: ServerResponse, what: Interference): void {
  const { statusCode = 502, headers } = answer;
  if (what === 'pass') {
    outgoing.writeHead(statusCode, headers);
    answer.pipe(outgoing);
    return;
  }
  const chunks: Buffer[] = [];
  answer.on('data', (chunk: Buffer) => chunks.push(chunk));
  answer.on('end', () => {
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
