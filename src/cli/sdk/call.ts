/** Requests with secrets, for programs: they name a secret and never have its value. */

import { MOST_REDIRECTS } from '../../broker/requests/send.js';
import { decodeUtf8 } from '../../core/bytes.js';
import { ValidationError } from '../../core/errors.js';
import { surroundings } from '../../vault/project.js';
import { requireVault } from '../../vault/unlocking/access.js';
import { loggedAs } from '../vault/access.js';
import { callAndHold } from '../vault/requests.js';
import { accessTo, forPrograms, quietTerminal } from './caller.js';
import type { SecretSlots, VaultOptions } from './options.js';
import { requestTo, slotsIn } from './request.js';

export interface CallOptions extends VaultOptions, SecretSlots {
  /** Default: `GET`, or `POST` with a body. */
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Not together with `json`. */
  readonly body?: string | Uint8Array;
  /** A body that is sent as JSON. */
  readonly json?: unknown;
  /** Follows redirects, 20 at most: each carries a secret only to where it is bound. Default: no. */
  readonly followRedirects?: boolean;
  /** Who asks, for the log: declared, not proved. */
  readonly agent?: string;
  /** How long all of it may take, in milliseconds. Default: 30,000. */
  readonly timeout?: number;
  readonly signal?: AbortSignal;
}

/** An answer, without the secrets of its request: wherever one stood there is `[masked NAME]`. */
export interface CallResponse {
  readonly status: number;
  /** By their names in lower case: all values of each. */
  readonly headers: Readonly<Record<string, readonly string[]>>;
  readonly body: Uint8Array;
  /** Whether a secret was found in it. */
  readonly redacted: boolean;
  readonly durationMs: number;
  /** The body as UTF-8. @throws TypeError when it is none. */
  text(): string;
  /** The body as JSON. @throws SyntaxError when it is none. */
  json(): unknown;
}

const TIMEOUT_MS = 30_000;

/**
 * Makes an HTTP request with secrets of the vault in it, each of which goes to the hosts that it is bound to. Any answer
 * is one, of status 500 too. Nothing is tried twice.
 * @param url https, or http on this machine.
 * @throws VaultLockedError, SecretNotFoundError, HostNotAllowedError, UseNotAllowedError, NotLoggedError: nothing was
 *   sent. UpstreamError. ValidationError or ZephrError `AMBIGUOUS_REQUEST` for what is no request. What `signal` gives.
 * @example
 * const { status, json } = await callWithSecret('https://api.example.com/v1/me', { bearer: 'API_KEY' });
 */
export async function callWithSecret(url: string | URL, options: CallOptions = {}): Promise<CallResponse> {
  const { signal, timeout = TIMEOUT_MS, agent, followRedirects = false } = options;
  const target = URL.canParse(String(url)) ? new URL(url) : null;
  return forPrograms(async () => {
    if (target === null) throw new ValidationError('that is no URL', 'INVALID_URL');
    const slots = slotsIn(options);
    const terminal = quietTerminal();
    const place = surroundings(options);
    const { vault } = await requireVault(accessTo(options, terminal));
    const deadline = AbortSignal.timeout(timeout);
    const held = await callAndHold(requestTo(target, options, slots), slots, {
      terminal,
      vault,
      place,
      now: Date.now,
      logged: { ...loggedAs('call', terminal), agent },
      redirects: followRedirects ? MOST_REDIRECTS : 0,
      signal: signal === undefined ? deadline : AbortSignal.any([signal, deadline]),
      mostBytes: Number.POSITIVE_INFINITY,
    });
    const { status, headers, body, redacted, milliseconds } = held;
    const text = () => decodeUtf8(body);
    return {
      status,
      headers,
      body,
      redacted,
      durationMs: milliseconds,
      text,
      json: () => JSON.parse(text()),
    };
  }, target?.host);
}
