/** Text messages: by a program of the operator's, or by a URL. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { ZephrError } from '../../../core/errors.js';
import { type Guard, guardedRequest } from '../../../net/guarded-connection.js';
import { resolveInSystem } from '../../../net/resolve.js';
import { signatureOf } from '../../store/contracts/event.js';
import type { SendText } from './courier.js';

/** How long a program or a URL has for one message, in milliseconds. */
const PATIENCE_MS = 10_000;

/**
 * The way by a program, which is started for each message without a shell: the number is its argument, the text its stdin,
 * and exit code 0 says that it was sent.
 */
export function programWay(program: string): SendText {
  return async (to, { short }) => {
    const signal = AbortSignal.timeout(PATIENCE_MS);
    const child = spawn(program, [to], {
      stdio: ['pipe', 'ignore', 'ignore'],
      signal,
      killSignal: 'SIGKILL',
    });
    // A program that does not read its stdin closes it, which is its right.
    child.stdin.on('error', () => undefined);
    child.stdin.end(short);
    const [code] = (await once(child, 'close')) as [number | null];
    if (code !== 0)
      throw new ZephrError('the program did not send it', code === null ? 'KILLED' : `EXIT_${code}`);
  };
}

/** Where such a URL may lead: anywhere, for it is the operator's own. */
const ANYWHERE: Guard = {
  policy: { allowsHost: () => true, allowsAddress: () => true },
  resolve: resolveInSystem,
};

/**
 * The way by a URL, which gets `{"to","text"}` as JSON in a POST, signed as webhooks are (section 7), and answers 2xx when
 * it was sent. @param secret signs.
 */
export function urlWay(url: string, secret: string): SendText {
  return async (to, { short }) => {
    const body = JSON.stringify({ to, text: short });
    const headers = {
      'Content-Type': 'application/json',
      'Content-Length': String(Buffer.byteLength(body)),
      'X-Zephr-Signature': signatureOf(body, secret),
      'User-Agent': 'zephr',
    };
    const signal = AbortSignal.timeout(PATIENCE_MS);
    const answer = await guardedRequest(new URL(url), { method: 'POST', headers, body }, ANYWHERE, signal);
    // Its status has decided.
    answer.destroy();
    const status = answer.statusCode ?? 0;
    if (status < 200 || status > 299) throw new ZephrError('the URL did not take it', `HTTP_${status}`);
  };
}
