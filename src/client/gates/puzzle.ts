/** Puzzles of a server (core/protocol/PROTOCOL.md section 9): fetched and solved, for a reader who is asked for one. */

import { MAX_PUZZLE_NUMBER, type PuzzleReply } from '../../core/protocol/gates.js';
import { invalidReply, object } from '../../core/protocol/replies.js';
import { HEADERS } from '../../core/protocol/requests.js';
import { checkReply } from '../transport/network-errors.js';
import { send, type TransportOptions } from '../transport/send.js';
import { findNumber } from './find-number.js';

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
  const { challenge, salt } = puzzle;
  const number = await findNumber({ challenge, salt, maxnumber }, signal);
  return checkReply(url, () => {
    if (number === null) throw invalidReply('the puzzle');
    return btoa(JSON.stringify({ ...signed, number }));
  });
}
