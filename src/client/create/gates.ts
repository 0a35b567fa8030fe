/** The gates of a create: as a caller gives them, as the server is told of them, and whether it can keep them. */

import { parseDuration } from '../../core/duration.js';
import { ValidationError } from '../../core/errors.js';
import { parseInstant } from '../../core/instants.js';
import {
  type CodeTarget,
  type GateOffer,
  type GatesBody,
  offersFor,
  parseGates,
} from '../../core/protocol/gates.js';
import { serverHealth } from '../health.js';
import type { TransportOptions } from '../transport/send.js';

/**
 * What readers must pass besides the key. The server sees it, and forgets it with the secret. A ValidationError
 * `INVALID_GATES` for what breaks a rule, and `GATE_NOT_OFFERED` where the server is not set up for one of them: before
 * anything of the secret is sent.
 */
export interface SecretGates {
  /** They come from one of these IP addresses or networks in CIDR notation, 1 to 50. */
  addresses?: readonly string[];
  /** They come from one of these countries, by ISO 3166-1 alpha-2 (`'FR'`), 1 to 50. Unknown addresses do not. */
  countries?: readonly string[];
  /** They come later: a time of ISO 8601 with its zone, or how long from now, such as `'2h'`. */
  notBefore?: string;
  /** Their program solves a puzzle first. */
  captcha?: boolean;
  /** They have the code that is sent to this mail address or phone number. Asking for it takes an API key. */
  code?: CodeTarget;
}

/** How a caller gets at its server. */
interface Target extends TransportOptions {
  readonly server: string;
  readonly apiKey?: string | null | undefined;
}

/** Where a duration counts from, while only the form of gates is checked. */
const ANY_TIME = Date.UTC(2030, 0, 1);

/**
 * Checks what can be checked without a server.
 * @throws ValidationError `INVALID_GATES`.
 */
export function checkGates(gates: SecretGates): void {
  bodyOf(gates, ANY_TIME);
}

/**
 * What a server is told of gates, once it has said that it offers all of them.
 * @throws ValidationError `INVALID_GATES`, before it is asked, and `GATE_NOT_OFFERED`; ApiError and NetworkError as
 *   `serverHealth` does.
 */
export async function agreedGates(
  gates: SecretGates,
  { server, apiKey, ...transport }: Target,
): Promise<GatesBody> {
  checkGates(gates);
  const health = await serverHealth({ ...transport, server, apiKey: apiKey ?? null });
  // By the server's clock: that is the one which lets readers in.
  const body = bodyOf(gates, health.time ?? Date.now());
  const missing = offersFor(body).find((offer) => !health.gates?.includes(offer));
  if (missing === undefined) return body;
  const { host } = new URL(server);
  throw new ValidationError(`${host} ${WITHOUT[missing]}`, 'GATE_NOT_OFFERED');
}

/** What a server cannot do that lacks an offer. */
const WITHOUT: Readonly<Record<GateOffer, string>> = {
  addresses: 'cannot hold readers to addresses',
  countries: 'cannot hold readers to countries',
  not_before: 'cannot hold back a secret until a time',
  captcha: 'sets readers no puzzles',
  email: 'sends no codes by mail',
  phone: 'sends no codes to phones',
};

/** @param now what durations count from, in milliseconds since 1970. */
function bodyOf({ addresses, countries, notBefore, captcha, code }: SecretGates, now: number): GatesBody {
  return parseGates({
    ...(addresses === undefined ? {} : { addresses }),
    ...(countries === undefined ? {} : { countries }),
    ...(notBefore === undefined ? {} : { not_before: instantIn(notBefore, now) }),
    ...(captcha ? { captcha: true } : {}),
    ...(code === undefined ? {} : { code }),
  });
}

/** A time as it travels. What is none stays as it is, for {@link parseGates} to refuse. */
function instantIn(text: string, now: number): string {
  const seconds = typeof text === 'string' ? parseDuration(text) : null;
  const time = seconds === null ? parseInstant(text) : now + seconds * 1000;
  return time === null ? text : new Date(time).toISOString();
}
