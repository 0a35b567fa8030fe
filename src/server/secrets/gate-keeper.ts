/** Gates between requests and the store: which of them this server offers, and who comes to them. */

import { createHmac } from 'node:crypto';
import { parseInstant } from '../../core/instants.js';
import {
  GATE_OFFERS,
  type GateOffer,
  type GatesBody,
  type GatesReply,
  offersFor,
  type PuzzleReply,
} from '../../core/protocol/gates.js';
import {
  type GateRefusal,
  type Gates,
  namesOf,
  type Recipient,
  type Visitor,
} from '../store/contracts/gates.js';
import type { Puzzles } from './gates/puzzles.js';
import { ServiceError } from './service-error.js';

/** What a reader comes with, besides its proofs. */
export interface Visit {
  /** The IP address of the reader. */
  readonly address: string;
  /** A solved puzzle, as it came. */
  readonly captcha: string | null;
  /** Six digits. */
  readonly code: string | null;
}

/** What a server is set up with. */
export interface GateMeans {
  /** Makes puzzles. Default: none are set. */
  readonly puzzles?: Puzzles | undefined;
  /** Tells the country of an address, or null. Default: countries cannot be asked for. */
  readonly countryOf?: ((address: string) => string | null) | undefined;
  /** How codes are made and sent. Default: they cannot be asked for. */
  readonly codes?: CodeMeans | undefined;
}

/** How a server sends codes. */
export interface CodeMeans {
  /** Of the store: what nobody else knows. */
  readonly salt: string;
  readonly by: readonly Recipient['by'][];
  /** What the phone numbers begin with that it sends to, such as `+49`. */
  readonly phoneCodes: readonly string[];
}

/** Knows the gates that a server is set up for. */
export class GateKeeper {
  /** What can be asked for at a create, in the order of `GATE_OFFERS`. */
  readonly offers: readonly GateOffer[];
  readonly #means: GateMeans;

  constructor(means: GateMeans = {}) {
    this.#means = means;
    const isOffered: Readonly<Record<GateOffer, boolean>> = {
      addresses: true,
      countries: means.countryOf !== undefined,
      not_before: true,
      captcha: means.puzzles !== undefined,
      email: means.codes?.by.includes('email') ?? false,
      phone: means.codes?.by.includes('phone') ?? false,
    };
    this.offers = GATE_OFFERS.filter((offer) => isOffered[offer]);
  }

  /**
   * The gates of a create, as they are kept.
   * @param asked `null` for none. @param mayAsk whether its caller has an API key, which codes take.
   * @param firstEnd the earliest time at which what has the gates can expire, in milliseconds since 1970.
   * @throws ServiceError `GATE_NOT_OFFERED`, `API_KEY_REQUIRED` or `INVALID_GATES`.
   */
  accept(asked: GatesBody | null, hasKey: boolean, firstEnd: number): Gates | null {
    if (asked === null) return null;
    const missing = offersFor(asked).find((offer) => !this.offers.includes(offer));
    if (missing !== undefined) {
      throw new ServiceError('GATE_NOT_OFFERED', `this server is not set up for the gate ${missing}`);
    }
    if (asked.code !== undefined && !hasKey) {
      throw new ServiceError('API_KEY_REQUIRED', 'codes are sent for callers with an API key only');
    }
    const code = recipientOf(asked.code);
    const { phoneCodes = [] } = this.#means.codes ?? {};
    if (code?.by === 'phone' && !phoneCodes.some((prefix) => code.to.startsWith(prefix))) {
      throw new ServiceError('INVALID_GATES', 'this server sends no codes to phones of that country');
    }
    const notBefore = parseInstant(asked.not_before);
    if (notBefore !== null && notBefore >= firstEnd) {
      throw new ServiceError('INVALID_GATES', 'not_before is not before the expiry');
    }
    return {
      addresses: asked.addresses ?? null,
      countries: asked.countries ?? null,
      notBefore,
      captcha: asked.captcha ?? null,
      code,
    };
  }

  /** Who comes to the gates of a secret. */
  async visitor(id: string, { address, captcha, code }: Visit): Promise<Visitor> {
    const { puzzles, countryOf } = this.#means;
    const puzzle = captcha === null || puzzles === undefined ? null : await puzzles.solvedBy(captcha, id);
    const codeMac = code === null ? null : this.macOf(id, code);
    return { address, country: countryOf?.(address) ?? null, puzzle, codeMac };
  }

  /** What is kept of a code: an HMAC of its digits, for this secret. */
  macOf(id: string, digits: string): string {
    const salt = this.#means.codes?.salt ?? '';
    return createHmac('sha256', `zephr/codes ${salt}`).update(`${id} ${digits}`).digest('base64url');
  }

  /** Under what the messages to a recipient are counted: a name that does not give it away. */
  counterOf({ by, to }: Recipient): string {
    const salt = this.#means.codes?.salt ?? '';
    // What follows a plus sign in a mail address leads to the same mailbox with most who offer one (RFC 5233).
    const name = by === 'email' ? to.toLowerCase().replace(/\+[^@]*/, '') : to;
    return `code ${createHmac('sha256', `zephr/recipients ${salt}`).update(name).digest('base64url')}`;
  }

  /** A puzzle for the readers of a secret. @throws ServiceError `GATE_NOT_OFFERED` where none are set any more. */
  async puzzle(id: string): Promise<PuzzleReply> {
    const { puzzles } = this.#means;
    if (puzzles === undefined) throw new ServiceError('GATE_NOT_OFFERED', 'this server sets no puzzles');
    return puzzles.make(id);
  }
}

/** What a status tells of gates: no list, and of an address or number so much that its owner knows it. */
export function shownGates(gates: Gates): GatesReply {
  const { notBefore, code } = gates;
  return {
    gates: namesOf(gates),
    ...(notBefore === null ? {} : { not_before: new Date(notBefore).toISOString() }),
    ...(code === null ? {} : { sent_to: masked(code) }),
  };
}

/** The error for a reader that does not get through. What would have let it through is not said. */
export function gateError(refusal: GateRefusal): ServiceError {
  const used = 'nothing was used up';
  switch (refusal.outcome) {
    case 'address not allowed':
      return new ServiceError('ADDRESS_NOT_ALLOWED', `it cannot be read from this address; ${used}`);
    case 'country not allowed':
      return new ServiceError('COUNTRY_NOT_ALLOWED', `it cannot be read from this country; ${used}`);
    case 'too early': {
      const { waitMs } = refusal;
      return new ServiceError('TOO_EARLY', `it cannot be read yet; ${used}`, { waitMs });
    }
    case 'captcha required':
      return new ServiceError('CAPTCHA_REQUIRED', `a puzzle has to be solved to read it; ${used}`);
    case 'code required':
      return new ServiceError('CODE_REQUIRED', `it takes a code that is sent to its reader; ${used}`);
    case 'wrong code':
      return new ServiceError('WRONG_CODE', `the code is wrong; ${used}`);
  }
}

/** Whether a store's outcome is that of a gate. */
export function isGateRefusal(outcome: { readonly outcome: string }): outcome is GateRefusal {
  return Object.hasOwn(OUTCOMES, outcome.outcome);
}

const OUTCOMES: Readonly<Record<GateRefusal['outcome'], true>> = {
  'address not allowed': true,
  'country not allowed': true,
  'too early': true,
  'captcha required': true,
  'code required': true,
  'wrong code': true,
};

function recipientOf(code: GatesBody['code']): Gates['code'] {
  if (code === undefined) return null;
  return 'email' in code ? { by: 'email', to: code.email } : { by: 'phone', to: code.phone };
}

/** `a…@e….org`, or `+49…56`. */
export function masked({ by, to }: NonNullable<Gates['code']>): string {
  if (by === 'phone') return `${to.slice(0, 3)}…${to.slice(-2)}`;
  const [name = '', domain = ''] = to.split('@');
  const top = domain.slice(domain.lastIndexOf('.'));
  return `${name.slice(0, 1)}…@${domain.slice(0, 1)}…${top}`;
}
