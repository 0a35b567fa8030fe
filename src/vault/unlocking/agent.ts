/**
 * What keeps a vault unlocked for a time: a process of the same user that holds the key and gives it to whoever can
 * connect to its socket, which is that user and root. A proxy that runs is such a process too.
 */

import { decodeBase64url, encodeBase64url } from '../../core/base64url.js';
import type { Bytes } from '../../core/bytes.js';
import { askLine, type Line, serveLines } from './line-socket.js';

/** What an agent holds. */
export interface HeldKey {
  readonly vaultId: Bytes;
  readonly key: Bytes;
  /** When it forgets the key, in milliseconds since 1970. */
  readonly until: number;
}

/**
 * Asks the agent for the key of a vault.
 * @returns null where there is no agent, or it holds the key of another vault.
 */
export async function askAgent(socket: string, vaultId: Bytes): Promise<HeldKey | null> {
  const answer = await askLine(socket, { want: 'key', vault: encodeBase64url(vaultId) });
  if (answer === null) return null;
  const { key, until } = answer;
  if (typeof key !== 'string' || typeof until !== 'number') return null;
  return { vaultId, key: decodeBase64url(key), until };
}

/** Makes the agent forget its key and end. @returns whether there was one. */
export async function stopAgent(socket: string): Promise<boolean> {
  return (await askLine(socket, { want: 'lock' }))?.locked === true;
}

/**
 * Holds a key until its time is over or somebody locks the vault. An agent that was there before is taken the place of.
 * @param socket in a folder that only its owner can get into.
 * @param now the clock, which goes on while the machine sleeps.
 * @returns what ends with it.
 */
export async function serveKey(
  socket: string,
  held: HeldKey,
  now: () => number,
): Promise<{ readonly ended: Promise<void> }> {
  await stopAgent(socket);
  const end = () => {
    clearInterval(timer);
    held.key.fill(0);
    lines.close();
  };
  const lines = await serveLines(socket, async (message) => {
    if (message.want === 'lock') return { answer: { locked: true }, after: end };
    return { answer: keyFor(message, held, now) };
  });
  // A timer stands still while the machine sleeps, so the clock is looked at.
  const timer = setInterval(() => now() >= held.until && end(), 1_000);
  return { ended: lines.closed };
}

/** What is said to who asks for the key: nothing once its time is over, or when it is that of another vault. */
export function keyFor({ want, vault }: Line, held: HeldKey, now: () => number): Line {
  if (want !== 'key' || vault !== encodeBase64url(held.vaultId) || now() >= held.until) return {};
  return { key: encodeBase64url(held.key), until: held.until };
}
