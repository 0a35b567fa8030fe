/**
 * A socket of the file system that processes of one user talk over: a connection for each message, which is one line of
 * JSON, and so is its answer. Who can get to the file can talk.
 */

import { promises } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { isSystemError } from '../../core/errors.js';

/** A message, or an answer. */
export type Line = Readonly<Record<string, unknown>>;

/** What a message is answered with, and what happens once the answer is on its way. */
export interface Answer {
  readonly answer: Line;
  readonly after?: () => void;
}

/** The longest message or answer, in characters. */
const MAX_LINE = 65_536;

/** Whoever listens answers at once, or is not there, in milliseconds. */
const ANSWER_MS = 2_000;

/**
 * Answers messages until it is closed. What was left at that path is replaced.
 * @param socket in a folder that only its owner can get into.
 * @param answer is told by its signal that who asked has gone.
 * @throws Error with the system's `code` where nobody can listen there.
 */
export async function serveLines(
  socket: string,
  answer: (message: Line, gone: AbortSignal) => Promise<Answer>,
): Promise<{ close(): void; readonly closed: Promise<void> }> {
  await promises.rm(socket, { force: true });
  const server = createServer();
  const connections = new Set<Socket>();
  server.on('connection', (connection) => {
    const gone = new AbortController();
    connections.add(connection);
    connection.on('close', () => {
      connections.delete(connection);
      gone.abort();
    });
    // Who asked and went away has no need of an answer.
    connection.on('error', () => undefined);
    void readLine(connection)
      .then((line) => answer(membersOf(line), gone.signal))
      .then(
        ({ answer: text, after }) => connection.end(`${JSON.stringify(text)}\n`, after),
        () => connection.destroy(),
      );
  });
  const closed = new Promise<void>((resolve) => server.on('close', resolve));
  await listen(server, socket);
  await promises.chmod(socket, 0o600);
  return {
    closed,
    close() {
      server.close();
      for (const connection of connections) connection.destroy();
    },
  };
}

/**
 * Sends a message.
 * @param waiting for an answer that a person gives: until when. Default: 2 seconds.
 * @returns its answer; null where nobody listens, and nothing in it where none came.
 * @throws the signal's reason.
 */
export async function askLine(socket: string, message: Line, waiting?: AbortSignal): Promise<Line | null> {
  waiting?.throwIfAborted();
  const connection = connect(socket);
  const end = () => void connection.destroy();
  const timer = waiting === undefined ? setTimeout(end, ANSWER_MS) : undefined;
  waiting?.addEventListener('abort', end);
  try {
    await new Promise((resolve, reject) => connection.once('connect', resolve).once('error', reject));
    connection.on('error', () => undefined);
    connection.write(`${JSON.stringify(message)}\n`);
    const line = await readLine(connection);
    waiting?.throwIfAborted();
    return membersOf(line);
  } catch (error) {
    // No socket, or one that was left behind, or one with too long a path for the system.
    if (isSystemError(error, 'ENOENT', 'ECONNREFUSED', 'ENOTDIR', 'EACCES', 'EINVAL')) return null;
    throw error;
  } finally {
    clearTimeout(timer);
    waiting?.removeEventListener('abort', end);
    end();
  }
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, resolve);
  });
}

/** The first line; what came, when the other side ends or says too much. */
function readLine(connection: Socket): Promise<string> {
  return new Promise((resolve) => {
    let text = '';
    connection.setEncoding('utf8');
    connection.on('data', (chunk: string) => {
      text += chunk;
      if (text.includes('\n') || text.length > MAX_LINE) resolve(text.split('\n')[0] ?? '');
    });
    connection.on('close', () => resolve(text));
  });
}

function membersOf(line: string): Line {
  try {
    return Object.fromEntries(Object.entries(Object(JSON.parse(line))));
  } catch {
    // Not a message.
    return {};
  }
}
