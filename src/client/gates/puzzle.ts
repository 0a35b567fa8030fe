/** Puzzles of a server (core/protocol/PROTOCOL.md section 9): fetched and solved, for a reader who is asked for one. */

import { type Bytes, encodeUtf8, equalBytes } from '../../core/bytes.js';
import { MAX_PUZZLE_NUMBER, type PuzzleReply } from '../../core/protocol/gates.js';
import { invalidReply, object } from '../../core/protocol/replies.js';
import { HEADERS } from '../../core/protocol/requests.js';
import { sha256 } from '../../core/web-crypto.js';
import { checkReply } from '../transport/network-errors.js';
import { send, type TransportOptions } from '../transport/send.js';

/** Numbers that are tried at once: so many that WebCrypto's threads have work, and the event loop goes on in between. */
const AT_ONCE = 256;

/**
 * Has a server set a puzzle, and solves it.
 * @param secret the secret's URL in the server's API. @param proofs what shows that the reader has its key.
 * @returns the header that shows it solved.
 * @throws ApiError, NetworkError, also when it is no puzzle or has no solution; the reason of `signal`.
 */
export async function solvedPuzzle(
  secret: string,
  proofs: Readonly<Record<string, string>>,
  options: TransportOptions,
): Promise<Record<string, string>> {
  const url = `${secret}/captcha`;
  const { json } = await send({ method: 'GET', url, headers: proofs }, options);
  const puzzle = checkReply(url, () => parsePuzzle(json));
  return { [HEADERS.captcha]: await solve(puzzle, url, options.signal) };
}

/** @throws ValidationError `INVALID_REPLY`. */
function parsePuzzle(json: unknown): PuzzleReply {
  const { algorithm, challenge, salt, signature, maxnumber } = object(json);
  if (algorithm !== 'SHA-256') throw invalidReply('algorithm');
  if (typeof challenge !== 'string' || !/^[0-9a-f]{64}$/.test(challenge)) throw invalidReply('challenge');
  if (typeof salt !== 'string' || !/^[\x21-\x7e]{1,512}$/.test(salt)) throw invalidReply('salt');
  if (typeof signature !== 'string' || !/^[0-9a-f]{64}$/.test(signature)) throw invalidReply('signature');
  const isCount = typeof maxnumber === 'number' && Number.isSafeInteger(maxnumber) && maxnumber >= 1;
  if (!isCount || maxnumber > MAX_PUZZLE_NUMBER) throw invalidReply('maxnumber');
  return { algorithm, challenge, salt, signature, maxnumber };
}

/** The solution of a puzzle, as it travels. */
async function solve(puzzle: PuzzleReply, url: string, signal: AbortSignal | undefined): Promise<string> {
  const { maxnumber, ...signed } = puzzle;
  const wanted = bytesOf(puzzle.challenge);
  for (let from = 0; from <= maxnumber; from += AT_ONCE) {
    signal?.throwIfAborted();
    const hashes = await Promise.all(
      Array.from({ length: AT_ONCE }, (_, place) => sha256(encodeUtf8(`${puzzle.salt}${from + place}`))),
    );
    const place = hashes.findIndex((hash) => equalBytes(hash, wanted));
    if (place >= 0) return btoa(JSON.stringify({ ...signed, number: from + place }));
  }
  return checkReply(url, () => {
    throw invalidReply('the puzzle');
  });
}

/** The bytes of a hash in hex. */
function bytesOf(hex: string): Bytes {
  return Uint8Array.from(hex.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));
}
