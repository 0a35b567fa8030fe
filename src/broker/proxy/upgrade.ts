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
import { type Broker, beginErrand, type Errand, optionsOf, run } from './errand.js';

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
    const forms = options.forms ?? broker.secrets.formsFor(errand.request.url, '');
    let isOver = false;
    const over = async (status: number) => {
      isOver = true;
      await use?.done(status);
    };
    let answer: Upgraded | IncomingMessage;
    let opened: RedactedResponse;
    try {
      answer = await ask(errand, options);
      if (!isUpgraded(answer)) {
        const redacted = redact(answer, forms, 'GET');
        return await passOn(redacted, response, () => over(redacted.status));
      }
      opened = redact(answer.response, forms, 'HEAD');
      await over(opened.status);
    } catch (error) {
      if (!isOver) await use?.failed(left.signal.aborted ? left.signal.reason : error);
      throw error;
    }
    response.detachSocket(socket);
    const lines = [
      `HTTP/1.1 ${opened.status} ${opened.statusText}`,
      ...[...opened.headers, ['Connection', 'Upgrade'], ['Upgrade', 'websocket']].map(
        ([name, value]) => `${name}: ${value}`,
      ),
    ];
    socket.write(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');
    const masked = maskingStream(new Masker(forms, { keepsLength: true }));
    masked.write(answer.head);
    answer.socket.write(head);
    pipeline(answer.socket, masked, socket, () => undefined);
    pipeline(socket, answer.socket, () => undefined);
  } catch (error) {
    refuse(response, error, host);
  }
}

function isUpgraded(answer: Upgraded | IncomingMessage): answer is Upgraded {
  return 'head' in answer;
}

function ask(
  { request, uses }: Errand,
  options: ReturnType<typeof optionsOf>,
): Promise<Upgraded | IncomingMessage> {
  const { reach = [], signal } = options;
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
