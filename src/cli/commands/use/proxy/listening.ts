/** How a proxy listens to the other commands of its user: at a socket that only this user can get to. */

import { rm } from 'node:fs/promises';
import type { WantedUse } from '../../../../broker/proxy/approvals.js';
import type { RunningProxy } from '../../../../broker/proxy/proxy.js';
import { type ProxyFiles, proxyFiles } from '../../../../vault/places.js';
import { type Answer, type Line, serveLines } from '../../../../vault/unlocking/line-socket.js';
import { CliError, usageError } from '../../../exit/cli-error.js';
import { EXIT } from '../../../exit/codes.js';
import type { Terminal } from '../../../terminal/terminal.js';

/** @throws CliError exit 2 for a user without a place for them. */
export function filesOf({ port }: Pick<RunningProxy, 'port'>, terminal: Terminal): ProxyFiles {
  const files = proxyFiles(terminal, port);
  if (files !== null) return files;
  throw usageError('there is no place for the token of a proxy here', 'set XDG_RUNTIME_DIR');
}

/**
 * Answers what is asked of every proxy, and what `more` answers besides. The folder of the socket is there.
 * @param until when the proxy ends, in milliseconds since 1970; null for that of a command.
 * @returns what ends it.
 */
export async function listenToUser(
  proxy: RunningProxy,
  until: number | null,
  terminal: Terminal,
  more: (message: Line) => Promise<Answer | null> = async () => null,
): Promise<() => Promise<void>> {
  const { socket } = filesOf(proxy, terminal);
  const lines = await serveLines(
    socket,
    async (message, gone) => (await more(message)) ?? { answer: await answerTo(message, proxy, until, gone) },
  ).catch((cause: unknown) => {
    throw new CliError(EXIT.bug, 'NOT_STARTED', `nothing can listen at ${socket}`, { cause });
  });
  return async () => {
    lines.close();
    await rm(socket, { force: true });
  };
}

/** What asks for an answer, and changes no more than what a person is there for. */
async function answerTo(
  { want, id, allow, use }: Line,
  proxy: RunningProxy,
  until: number | null,
  gone: AbortSignal,
): Promise<Line> {
  if (want === 'approve') return { allowed: await proxy.approvals.wait(useIn(use), gone) };
  if (want === 'decide') return { decided: proxy.approvals.decide(Number(id), allow === true) };
  if (want === 'waiting') return { waiting: proxy.approvals.waiting };
  if (want !== 'status') return {};
  return {
    url: `http://127.0.0.1:${proxy.port}`,
    secrets: proxy.secretCount,
    waiting: proxy.approvals.waiting.length,
    until: until === null ? null : new Date(until).toISOString(),
  };
}

/** A use that waits, or is to wait, for a person, as a message has it. */
export function useIn(use: unknown): WantedUse {
  const { agent, method, target, secrets }: Partial<Record<string, unknown>> = { ...Object(use) };
  return {
    agent: typeof agent === 'string' ? agent : null,
    method: String(method),
    target: String(target),
    secrets: Array.isArray(secrets) ? secrets.map(String) : [],
  };
}
