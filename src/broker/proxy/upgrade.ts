/**
 * WebSockets (RFC 6455) by way of a proxy: the request that opens one gets its secrets, and what the host says then is
 * masked byte for byte, so that its frames keep their lengths. Other protocols are not spoken: their requests are
 * answered as if they had not asked.
 */

import { type IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { pipeline, Transform } from 'node:stream';
import { guardedUpgrade, type Upgraded } from '../../net/guarded-connection.js';
import { Masker } from '../masking/masker.js';
import { type RedactedResponse, redact } from '../requests/redaction.js';
import { guarded, wireRequest, withSecrets } from '../requests/send.js';
import { passOn, refuse } from './answer.js';
import { type Broker, beginErrand, type Errand, optionsOf, run, toItsEnd } from './errand.js';

/** Compressed frames could not be looked into. */
const EXTENSIONS = /^sec-websocket-extensions$/i;

/** Makes the errand out of a request that asks for another protocol, and runs it. */
export async function upgrade(
  broker: Broker,
  message: IncomingMessage,
  socket: Socket,
  head: Buffer,
  makeErrand: () => Promise<Errand>,
): Promise<void> {
  socket.on('error', () => socket.destroy());
  const response = new ServerResponse(message);
  response.shouldKeepAlive = false;
  response.assignSocket(socket);
  response.on('finish', () => socket.end());
  if (message.headers.upgrade?.toLowerCase() !== 'websocket')
    return run(broker, message, response, makeErrand);
  const left = new AbortController();
  socket.on('close', () => left.abort());
  let host: string | undefined;
  try {
    const errand = await makeErrand();
    host = errand.request.url.host;
    const use = await beginErrand(broker, errand, left.signal);
    const options = optionsOf(broker, errand, left.signal);
    const opened = await toItsEnd(use, left.signal, async (over) => {
      const answer = await ask(errand, options);
      if (isUpgraded(answer)) {
        const redacted = redact(answer.response, options.forms, 'HEAD');
        await over(redacted.status);
        return { ...answer, redacted };
      }
      const redacted = redact(answer, options.forms, 'GET');
      await passOn(redacted, response, () => over(redacted.status));
      return null;
    });
    if (opened === null) return;
    response.detachSocket(socket);
    socket.write(headOf(opened.redacted), 'latin1');
    const masked = maskingStream(new Masker(options.forms, { keepsLength: true }));
    masked.write(opened.head);
    opened.socket.write(head);
    pipeline(opened.socket, masked, socket, () => undefined);
    pipeline(socket, opened.socket, () => undefined);
  } catch (error) {
    refuse(response, error, host);
  }
}

/** The response that agrees, as bytes. */
function headOf({ status, statusText, headers }: RedactedResponse): string {
  const whole = [...headers, ['Connection', 'Upgrade'], ['Upgrade', 'websocket']];
  const lines = [`HTTP/1.1 ${status} ${statusText}`, ...whole.map(([name, value]) => `${name}: ${value}`)];
  return `${lines.join('\r\n')}\r\n\r\n`;
}

function isUpgraded(answer: Upgraded | IncomingMessage): answer is Upgraded {
  return 'head' in answer;
}

function ask(
  { request, uses }: Errand,
  options: ReturnType<typeof optionsOf>,
): Promise<Upgraded | IncomingMessage> {
  const { reach, signal } = options;
  const headers = request.headers.filter(([name]) => !EXTENSIONS.test(name));
  const whole = withSecrets({ ...request, headers }, uses);
  const sent = wireRequest(whole);
  const asking = { ...sent, headers: { ...sent.headers, Connection: 'Upgrade', Upgrade: 'websocket' } };
  return guarded(request.url, reach, options, (guard) => guardedUpgrade(whole.url, asking, guard, signal));
}

function maskingStream(masker: Masker): Transform {
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      for (const piece of masker.push(chunk)) this.push(Buffer.from(piece));
      done();
    },
    flush(done) {
      for (const piece of masker.end()) this.push(piece);
      done();
    },
  });
}
