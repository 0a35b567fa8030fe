/** One attempt at a request: it goes out once, and its reply comes back, or the error that the reply stands for. */

import { type Bytes, decodeUtf8 } from '../../core/bytes.js';
import { NetworkError } from '../../core/errors.js';
import { MAX_REPLY_BYTES, parseErrorReply } from '../../core/protocol/replies.js';
import { HEADERS } from '../../core/protocol/requests.js';
import type { Deadline } from './deadline.js';
import { readWhole } from './download.js';
import type { FetchReply } from './fetch.js';
import { cutOff, networkError, notZephrServer } from './network-errors.js';

/** A request that is ready to be sent, as often as it takes. */
export interface Attempt {
  readonly url: string;
  /** The host of the URL, for the messages of errors. */
  readonly host: string;
  readonly deadline: Deadline;
  /** Whether the request can be sent again. */
  readonly repeatable: boolean;
  /** Pauses before the second try and each one after it, in milliseconds. Default two, of a second together. */
  readonly pauses?: readonly number[];
  /** Calls fetch. */
  ask(): Promise<FetchReply>;
}

/** A reply with a 2xx status. */
export interface Reply {
  readonly headers: FetchReply['headers'];
  /** The parsed body; `undefined` where there is none. */
  readonly json: unknown;
}

/** A reply with a 2xx status, and its body as it came. */
export interface BytesReply {
  readonly headers: FetchReply['headers'];
  readonly bytes: Bytes;
}

/**
 * Sends a request whose reply is JSON.
 * @throws ApiError for a status of 400 to 599, NetworkError when no usable reply came.
 */
export async function attemptForJson(attempt: Attempt): Promise<Reply> {
  const { reply, bytes } = await exchange(attempt);
  return { headers: reply.headers, json: jsonOf(reply, bytes, attempt.host) };
}

/**
 * Sends a request whose reply is bytes.
 * @throws ApiError and NetworkError as {@link attemptForJson} does.
 */
export async function attemptForBytes(attempt: Attempt): Promise<BytesReply> {
  const { reply, bytes } = await exchange(attempt);
  return { headers: reply.headers, bytes };
}

/** Sends the request and gives its reply, if it is a good one, with the bytes of its body. */
async function exchange(attempt: Attempt): Promise<{ reply: FetchReply; bytes: Bytes }> {
  const { host, deadline } = attempt;
  let part: 'head' | 'body' = 'head';
  let whole: { reply: FetchReply; bytes: Bytes };
  try {
    const reply = await deadline.within(attempt.ask());
    part = 'body';
    const bytes = await deadline.within(readWhole(reply.body, MAX_REPLY_BYTES, host, deadline));
    whole = { reply, bytes };
  } catch (cause) {
    if (deadline.signal.aborted) throw cause;
    throw networkError(cause, host, part);
  }
  checkStatus(whole.reply, whole.bytes, attempt);
  return whole;
}

function isSuccess(status: number): boolean {
  return status >= 200 && status < 300;
}

/**
 * Throws for every status but 2xx.
 * @throws ApiError, NetworkError
 */
function checkStatus(reply: FetchReply, bytes: Bytes, { url, host }: Attempt): void {
  const { status } = reply;
  // In browsers a redirect that was not followed has the status 0 and no headers.
  if (status === 0 || (status >= 300 && status < 400)) throw redirected(reply, url, host);
  if (status < 200 || status > 599) throw notZephrServer(host);
  if (isSuccess(status)) return;
  throw parseErrorReply(status, parseJson(bytes).json, retryAfterSeconds(reply), answerInWords(reply, bytes));
}

/**
 * The JSON of a body; `undefined` for an empty one.
 * @throws NetworkError when it is not JSON: `CONNECTION_LOST` if it is declared as JSON, since then it was cut off
 *   behind a proxy that hid the cut, and else `INVALID_REPLY`. A content coding, for which no request asks, is the latter too.
 */
function jsonOf(reply: FetchReply, bytes: Bytes, host: string): unknown {
  const { json, flaw } = parseJson(bytes);
  if (flaw === undefined) return json;
  const isPlain = reply.headers.get('Content-Encoding') === null;
  const isJson = /^application\/json\b/i.test(reply.headers.get('Content-Type') ?? '');
  throw isPlain && isJson ? cutOff(host, flaw) : notZephrServer(host, flaw, answerInWords(reply, bytes));
}

/** What kind of thing answered in the place of a zephr server: the form of its answer, and the name it gives itself. */
function answerInWords(reply: FetchReply, bytes: Bytes): string {
  const type = reply.headers.get('Content-Type') ?? '';
  const form = /^text\/html\b/i.test(type) ? 'a web page' : "not zephr's";
  const [software] =
    /^[A-Za-z][\w.+-]{0,31}(?:\/[\w.+-]{1,16})?(?![^ ])/.exec(reply.headers.get('Server') ?? '') ?? [];
  const what = bytes.length === 0 ? 'empty' : form;
  return software === undefined ? what : `${what}, from ${software}`;
}

/** The JSON of a body, or the error that says why it is none. */
function parseJson(bytes: Bytes): { json: unknown; flaw?: unknown } {
  if (bytes.length === 0) return { json: undefined };
  try {
    return { json: JSON.parse(decodeUtf8(bytes)) as unknown };
  } catch (flaw) {
    return { json: undefined, flaw };
  }
}

/** The longest host with a port, in characters: a name has at most 253 (RFC 1035 section 3.1, without the root). */
const MAX_HOST_LENGTH = 259;

function redirected(reply: FetchReply, url: string, host: string): NetworkError {
  const location = reply.headers.get('Location');
  const target = location !== null && URL.canParse(location, url) ? new URL(location, url).host : '';
  const to = target === '' || target.length > MAX_HOST_LENGTH ? '' : ` to ${target}`;
  return new NetworkError(`${host} redirects${to}, and redirects are not followed`, host, 'REDIRECTED');
}

/** The longest time to wait that is passed on, in seconds: 31 days, for the longest quotas are monthly. */
const MAX_WAIT_SECONDS = 31 * 24 * 60 * 60;

/** `Retry-After` in seconds (RFC 9110 section 10.2.3, the delay form), if it is at most {@link MAX_WAIT_SECONDS}. */
function retryAfterSeconds(reply: FetchReply): number | undefined {
  const header = reply.headers.get(HEADERS.retryAfter);
  const seconds = header !== null && /^[0-9]{1,7}$/.test(header) ? Number(header) : undefined;
  return seconds === undefined || seconds > MAX_WAIT_SECONDS ? undefined : seconds;
}
