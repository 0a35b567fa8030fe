/** Text messages: by a program of the operator's, or by a URL. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, constants } from 'node:fs/promises';
import { platform } from 'node:os';
import { join } from 'node:path';
import { errorCode, ZephrError } from '../../../core/errors.js';
import { type Guard, guardedRequest } from '../../../net/guarded-connection.js';
import { resolveInSystem } from '../../../net/resolve.js';
import { signatureOf } from '../../store/contracts/event.js';
import type { SendText } from './courier.js';

/** How long a program or a URL has for one message, in milliseconds. */
const PATIENCE_MS = 10_000;

/** Windows has no groups of processes, and other ways to find a program. */
const HAS_GROUPS = platform() !== 'win32';

/** A program that sends text messages. */
export interface TextProgram {
  /** Its path, or its name. */
  readonly program: string;
  /** Its environment. A program that is a name is looked for in the folders of its PATH. */
  readonly env: Readonly<Record<string, string>>;
  /** Sends a signal to a process, or, by its negative id, to a group. One that has ended takes none. */
  readonly kill: (pid: number, signal: NodeJS.Signals) => void;
}

/**
 * The way by a program, which is started for each message without a shell: the number is its argument, the text its stdin,
 * and exit code 0 says that it was sent. One that takes too long is killed, and with it what it has started and waits for;
 * what it leaves behind when it ends in time is its own.
 */
export function programWay({ program, env, kill }: TextProgram): SendText {
  return async (to, { short }, signal) => {
    const child = spawn(program, [to], {
      env,
      stdio: ['pipe', 'ignore', 'ignore'],
      // A group of its own, to be killed as one.
      detached: HAS_GROUPS,
      windowsHide: true,
    });
    // A program that does not read its stdin closes it, which is its right.
    child.stdin.on('error', () => undefined);
    child.stdin.end(short);
    let reason: unknown;
    const giveUp = (why: unknown) => {
      reason = why;
      if (HAS_GROUPS && child.pid !== undefined) kill(-child.pid, 'SIGKILL');
      else child.kill('SIGKILL');
    };
    const onAbort = () => giveUp(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    const late = new ZephrError('the program took too long', 'TIMED_OUT');
    const timer = setTimeout(() => giveUp(late), PATIENCE_MS);
    try {
      const [code, killedBy] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
      if (reason !== undefined) throw reason;
      if (code !== 0) throw new ZephrError('the program did not send it', killedBy ?? `EXIT_${code}`);
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
    }
  };
}

/** Why a program cannot be started, by a code of the system's; null where it can. */
export async function whyNotStarted({ program, env }: TextProgram): Promise<string | null> {
  const isPath = program.includes('/') || !HAS_GROUPS;
  const places = isPath ? [program] : (env.PATH ?? '').split(':').map((folder) => join(folder, program));
  let reason = 'ENOENT';
  for (const place of places) {
    try {
      await access(place, constants.X_OK);
      return null;
    } catch (error) {
      // A file that is there and may not be run says more than the places where there is none.
      if (reason === 'ENOENT') reason = errorCode(error) ?? reason;
    }
  }
  return reason;
}

/** Where such a URL may lead: anywhere, for it is the operator's own. */
const ANYWHERE: Guard = {
  policy: { allowsHost: () => true, allowsAddress: () => true },
  resolve: resolveInSystem,
};

/**
 * The way by a URL, which gets `{"to","text"}` as JSON in a POST, signed as webhooks are (section 7), and answers 2xx when
 * it was sent. It follows no redirect.
 * @param secret signs. @param patienceMs how long it has, in milliseconds. Default: 10 s.
 */
export function urlWay(url: string, secret: string, patienceMs = PATIENCE_MS): SendText {
  return async (to, { short }, signal) => {
    const body = JSON.stringify({ to, text: short });
    const headers = {
      'Content-Type': 'application/json',
      'Content-Length': String(Buffer.byteLength(body)),
      'X-Zephr-Signature': signatureOf(body, secret),
      'User-Agent': 'zephr',
    };
    const late = AbortSignal.timeout(patienceMs);
    const request = { method: 'POST', headers, body };
    const either = AbortSignal.any([signal, late]);
    const answer = await guardedRequest(new URL(url), request, ANYWHERE, either).catch((cause: unknown) => {
      if (signal.aborted) throw signal.reason;
      throw late.aborted ? new ZephrError('the URL took too long', 'TIMED_OUT', { cause }) : cause;
    });
    // Its status has decided.
    answer.destroy();
    const status = answer.statusCode ?? 0;
    if (status < 200 || status > 299) throw new ZephrError('the URL did not take it', `HTTP_${status}`);
  };
}
