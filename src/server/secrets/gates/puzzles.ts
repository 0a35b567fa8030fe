/**
 * Puzzles: work for a reader's program, which costs who tries many links more than who reads one (ALTCHA's proof of work).
 * The server keeps nothing of a puzzle until it is used: its signature says that it was made here, for which secret, and
 * until when it is good.
 */

import { createHmac } from 'node:crypto';
import { createChallenge, verifySolution } from 'altcha-lib/v1';
import type { PuzzleReply } from '../../../core/protocol/gates.js';
import type { Puzzle } from '../../store/contracts/gates.js';

/** How long a puzzle can be shown solved, in milliseconds. */
export const PUZZLE_MS = 10 * 60_000;

/** The largest number to find: half of it are tried on average, which takes a browser about a second. */
const MAX_NUMBER = 100_000;

const ALGORITHM = 'SHA-256';

/** Makes puzzles and checks their solutions. Processes over one store know each other's. */
export class Puzzles {
  readonly #key: string;
  readonly #now: () => number;

  /** @param salt of the store: what nobody else knows. @param now milliseconds since 1970. */
  constructor(salt: string, now: () => number) {
    this.#key = createHmac('sha256', salt).update('zephr/puzzles').digest('hex');
    this.#now = now;
  }

  /** A new puzzle for a secret. */
  async make(id: string): Promise<PuzzleReply> {
    const { challenge, salt, signature } = await createChallenge({
      algorithm: ALGORITHM,
      hmacKey: this.#key,
      maxnumber: MAX_NUMBER,
      params: { secret: id, ends: String(this.#now() + PUZZLE_MS) },
    });
    return { algorithm: ALGORITHM, challenge, salt, signature, maxnumber: MAX_NUMBER };
  }

  /**
   * The puzzle of a secret that a text solves: base64 of JSON, as ALTCHA's widget gives it.
   * @returns null if it solves none.
   */
  async solvedBy(text: string, id: string): Promise<Puzzle | null> {
    const payload = payloadIn(text);
    if (payload === null || !(await verifySolution(payload, this.#key, false))) return null;
    const [name = '', query = ''] = payload.salt.split('?');
    const parameters = new URLSearchParams(query);
    return parameters.get('secret') === id ? { name, endsAt: Number(parameters.get('ends')) } : null;
  }
}

interface Payload {
  readonly algorithm: typeof ALGORITHM;
  readonly challenge: string;
  readonly number: number;
  readonly salt: string;
  readonly signature: string;
}

/** What a text says, if it has the form of a solution. */
function payloadIn(text: string): (Payload & { readonly took: number }) | null {
  let json: unknown;
  try {
    json = JSON.parse(Buffer.from(text, 'base64').toString());
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
  const { algorithm, challenge, number, salt, signature } = Object(json) as Record<string, unknown>;
  const isOne =
    algorithm === ALGORITHM &&
    typeof challenge === 'string' &&
    Number.isSafeInteger(number) &&
    typeof salt === 'string' &&
    typeof signature === 'string';
  return isOne ? { algorithm, challenge, number: Number(number), salt, signature, took: 0 } : null;
}
