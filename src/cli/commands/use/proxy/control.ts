/** `zephr proxy stop`, `status`, `approve` and `rotate`: what is said to a proxy that runs. */

import type { WaitingUse } from '../../../../broker/proxy/approvals.js';
import { askLine, type Line } from '../../../../vault/unlocking/line-socket.js';
import { CliError, usageError } from '../../../exit/cli-error.js';
import { EXIT, type ExitCode } from '../../../exit/codes.js';
import type { Context } from '../../../parser/command.js';
import type { CommonFlags } from '../../../settings/settings.js';
import { jsonLine } from '../../../terminal/escape.js';
import type { Terminal } from '../../../terminal/terminal.js';
import { timeInWords } from '../../../terminal/times.js';
import { isAllowedByPerson, loggedAs, requirePerson } from '../../../vault/access.js';
import { type Running, runningProxies } from '../../../vault/approval.js';
import { useIn } from './listening.js';

export type ControlContext = Context<CommonFlags & { readonly port?: number }>;
export type ApproveContext = ControlContext;

const NO_PROXY = 'no proxy of yours is running';

export async function stop({ flags, terminal, reporter }: ControlContext): Promise<ExitCode> {
  const proxy = await one(flags, terminal);
  if (proxy !== null) await askLine(proxy.socket, { want: 'stop' });
  if (flags.json) await terminal.stdout.write(jsonLine({ wasRunning: proxy !== null }));
  else await reporter.info(proxy === null ? NO_PROXY : 'the proxy has ended');
  return EXIT.done;
}

export async function status({ flags, terminal, reporter, now }: ControlContext): Promise<ExitCode> {
  const all = await runningProxies(flags.port, terminal);
  if (flags.json) {
    await terminal.stdout.write(jsonLine({ proxies: all.map((proxy) => proxy.status) }));
  } else {
    for (const { status: about } of all) {
      const until =
        typeof about.until === 'string' ? `, ends ${timeInWords(Date.parse(about.until), now())}` : '';
      const line = `${about.url}  ${about.secrets} secrets, ${about.waiting} uses wait${until}`;
      await terminal.stdout.write(`${line}\n`);
    }
    if (all.length === 0) await reporter.info(NO_PROXY);
  }
  return all.length === 0 ? EXIT.notYet : EXIT.done;
}

export async function rotate({ flags, terminal, reporter }: ControlContext): Promise<ExitCode> {
  const proxy = await one(flags, terminal);
  const answer = proxy && (await askLine(proxy.socket, { want: 'rotate' }));
  if (typeof answer?.tokenFile !== 'string') throw new CliError(EXIT.notFound, 'NO_PROXY_RUNNING', NO_PROXY);
  if (flags.json) await terminal.stdout.write(jsonLine({ tokenFile: answer.tokenFile }));
  else await reporter.info(`the new token is in ${answer.tokenFile}`);
  return EXIT.done;
}

/** Asks a person about each use that waits. @returns exit 11 when none does. */
export async function approve(context: ApproveContext): Promise<ExitCode> {
  const { flags, terminal, reporter } = context;
  const logged = loggedAs('proxy approve', terminal);
  await requirePerson('zephr proxy approve', context, logged, { secrets: [] });
  let asked = 0;
  for (const { socket } of await runningProxies(flags.port, terminal)) {
    for (const use of usesIn(await askLine(socket, { want: 'waiting' }))) {
      asked += 1;
      const who = use.agent === null ? 'A program' : `A program that calls itself ${use.agent}`;
      const what = `${who}: ${use.method} ${use.target} wants ${use.secrets.join(', ')}`;
      const allow = await isAllowedByPerson(what, terminal);
      const answer = await askLine(socket, { want: 'decide', id: use.id, allow });
      if (answer?.decided !== true) await reporter.warn('it no longer waits');
      else await reporter.info(allow ? 'allowed' : 'refused');
    }
  }
  if (asked > 0) return EXIT.done;
  await reporter.info('nothing waits');
  return EXIT.notYet;
}

/** The one that a command is about. @throws CliError exit 2 where several run. */
async function one({ port }: { readonly port?: number }, terminal: Terminal): Promise<Running | null> {
  const all = await runningProxies(port, terminal);
  if (all.length <= 1) return all[0] ?? null;
  const ports = all.map((proxy) => proxy.port).join(', ');
  throw usageError(`several proxies are running, on the ports ${ports}`, 'name one with --port');
}

/** What waits, by the proxy's answer. */
function usesIn(answer: Line | null): WaitingUse[] {
  const uses: unknown = answer?.waiting;
  if (!Array.isArray(uses)) return [];
  return uses.map((use: unknown) => ({ ...useIn(use), id: Number(Object(use).id) }));
}
