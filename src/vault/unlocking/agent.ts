/**
 * What keeps a vault unlocked for a time: a process of the same user that holds the key and gives it to whoever can
 * connect to its socket, which is that user and root. A message is one line of JSON, and so is its answer.
 */

import { chmod, rm } from 'node:fs/promises';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { decodeBase64url, encodeBase64url } from '../../core/base64url.js';
import type { Bytes } from '../../core/bytes.js';
import { isSystemError } from '../../core/errors.js';

/** What an agent holds. */
export interface HeldKey {
  readonly vaultId: Bytes;
  readonly key: Bytes;
  /** When it forgets the key, in milliseconds since 1970. */
  readonly until: number;
}

/** The longest message, in bytes; an answer is shorter. */
const MAX_MESSAGE = 4_096;

/** An agent answers at once, or is none, in milliseconds. */
const ANSWER_MS = 2_000;

/**
 * Asks the agent for the key of a vault.
 * @returns null where there is no agent, or it holds the key of another vault.
 */
export async function askAgent(socket: string, vaultId: Bytes): Promise<HeldKey | null> {
  const answer = await exchange(socket, { want: 'key', vault: encodeBase64url(vaultId) });
  if (answer === null) return null;
  const { key, until } = answer;
  if (typeof key !== 'string' || typeof until !== 'number') return null;
  return { vaultId, key: decodeBase64url(key), until };
}

/** Makes the agent forget its key and end. @returns whether there was one. */
export async function stopAgent(socket: string): Promise<boolean> {
  return (await exchange(socket, { want: 'lock' }))?.locked === true;
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
  await rm(socket, { force: true });
  const server = createServer();
  const connections = new Set<Socket>();
  const end = () => {
    clearInterval(timer);
    held.key.fill(0);
    server.close();
    for (const connection of connections) connection.destroy();
  };
  // A timer stands still while the machine sleeps, so the clock is looked at.
  const timer = setInterval(() => now() >= held.until && end(), 1_000);
  server.on('connection', (connection) => {
    connections.add(connection);
    connection.on('close', () => connections.delete(connection));
    // Who asked and went away has no need of an answer.
    connection.on('error', () => undefined);
    void readLine(connection).then((line) => {
      const { want, vault } = membersOf(line);
      if (want === 'lock') return connection.end(`{"locked":true}\n`, end);
      const isOurs = typeof vault === 'string' && vault === encodeBase64url(held.vaultId);
      if (want !== 'key' || !isOurs || now() >= held.until) return connection.end('{}\n');
      return connection.end(`${JSON.stringify({ key: encodeBase64url(held.key), until: held.until })}\n`);
    });
  });
  const ended = new Promise<void>((resolve) => server.on('close', resolve));
  await listen(server, socket);
  await chmod(socket, 0o600);
  return { ended };
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, resolve);
  });
}

async function exchange(
  socket: string,
  message: Readonly<Record<string, string>>,
): Promise<Readonly<Record<string, unknown>> | null> {
  const connection = connect(socket);
  const timer = setTimeout(() => connection.destroy(), ANSWER_MS);
  try {
    await new Promise((resolve, reject) => connection.once('connect', resolve).once('error', reject));
    connection.on('error', () => undefined);
    connection.write(`${JSON.stringify(message)}\n`);
    return membersOf(await readLine(connection));
  } catch (error) {
    // No socket, or one that was left behind, or one with too long a path for the system.
    if (isSystemError(error, 'ENOENT', 'ECONNREFUSED', 'ENOTDIR', 'EACCES', 'EINVAL')) return null;
    throw error;
  } finally {
    clearTimeout(timer);
    connection.destroy();
  }
}

/** The first line; what came, when the other side ends or says too much. */
function readLine(connection: Socket): Promise<string> {
  return new Promise((resolve) => {
    let text = '';
    connection.setEncoding('utf8');
    connection.on('data', (chunk: string) => {
      text += chunk;
      if (text.includes('\n') || text.length > MAX_MESSAGE) resolve(text.split('\n')[0] ?? '');
    });
    connection.on('close', () => resolve(text));
  });
}

function membersOf(line: string): Readonly<Record<string, unknown>> {
  try {
    return Object.fromEntries(Object.entries(Object(JSON.parse(line))));
  } catch {
    // Not a message.
    return {};
  }
}
