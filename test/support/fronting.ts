/** An HTTP server in front of another, whose answers a fetch may change: a server that lies, to a real client. */

import type { Fetch } from '../../src/client/transport/fetch.js';
import { httpHost } from './hosts.js';

/** Headers of one connection, which the next one has its own of. */
const OF_THE_CONNECTION = ['connection', 'content-length', 'host', 'keep-alive', 'transfer-encoding'];

/**
 * Passes requests on to a server until the test ends.
 * @param wrap makes the fetch that answers from the one that reaches the server.
 * @returns its URL.
 */
export async function fronting(target: string, wrap: (fetch: Fetch, url: string) => Fetch): Promise<string> {
  const reach: Fetch = (url, init) => fetch(`${target}${new URL(url).pathname}${new URL(url).search}`, init);
  let answering: Fetch = reach;
  const own = await httpHost(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const gone = new AbortController();
    response.on('close', () => gone.abort());
    const headers = Object.fromEntries(
      Object.entries(request.headersDistinct).flatMap(([name, values = []]) =>
        OF_THE_CONNECTION.includes(name) ? [] : [[canonical(name), values.join(', ')]],
      ),
    );
    try {
      const reply = (await answering(`${own}${request.url}`, {
        method: request.method ?? 'GET',
        headers,
        redirect: 'manual',
        signal: gone.signal,
        ...(chunks.length === 0 ? {} : { body: new Uint8Array(Buffer.concat(chunks)) }),
      })) as Response;
      const body = Buffer.from(await reply.arrayBuffer());
      const kept = [...reply.headers].filter(([name]) => !OF_THE_CONNECTION.includes(name));
      response.writeHead(reply.status, Object.fromEntries(kept)).end(body);
    } catch {
      // The client went away, or the server behind did.
      response.destroy();
    }
  });
  answering = wrap(reach, own);
  return own;
}

/** A header's name as clients write it: `zephr-proof` as `Zephr-Proof`. */
function canonical(name: string): string {
  return name.replace(/(^|-)[a-z]/g, (letter) => letter.toUpperCase());
}

/** The answers in a reply. */
export type Answers = { id: string; wrapped_key: string; state: string }[];

/** A reply about a request, which may be changed. Only a list has answers: for other calls they are missing. */
export interface ChangeableReply {
  answers: Answers;
  [member: string]: unknown;
}

/**
 * A server that changes what it answers.
 * @param change gets the call, its method and its path behind `/api/`, and the reply.
 */
export function lying(fetch: Fetch, change: (call: string, json: ChangeableReply) => void): Fetch {
  return async (url, init) => {
    const reply = (await fetch(url, init)) as Response;
    const text = await reply.text();
    if (text === '') return new Response(null, { status: reply.status });
    const json = JSON.parse(text) as ChangeableReply;
    change(`${init.method} ${new URL(url).pathname.replace(/^.*\/api\//, '')}`, json);
    const headers = { 'Content-Type': 'application/json', 'Zephr-Claim': init.headers['Zephr-Claim'] ?? '' };
    return new Response(JSON.stringify(json), { status: reply.status, headers });
  };
}
