/** `zephr proxy start`: a proxy in the foreground, until a signal, another command or the end of its time. */

import { rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { logAllowed } from '../../../../broker/audit/uses.js';
import { type RunningProxy, startProxy } from '../../../../broker/proxy/proxy.js';
import { readVaultText } from '../../../../vault/file.js';
import { parseVault } from '../../../../vault/format.js';
import { type ProxyFiles, privateFolder } from '../../../../vault/places.js';
import { requireVault } from '../../../../vault/unlocking/access.js';
import { type HeldKey, keyFor } from '../../../../vault/unlocking/agent.js';
import { usageError } from '../../../exit/cli-error.js';
import { EXIT, type ExitCode } from '../../../exit/codes.js';
import { notPermitted } from '../../../exit/not-permitted.js';
import { messageOf } from '../../../exit/reason.js';
import { replaceFile } from '../../../files/temporary-file.js';
import type { Context } from '../../../parser/command.js';
import { jsonLine } from '../../../terminal/escape.js';
import type { Terminal } from '../../../terminal/terminal.js';
import { timeInWords } from '../../../terminal/times.js';
import { parseTtl, vaultAccess } from '../../../vault/access.js';
import type { PlaceFlags } from '../../../vault/flags.js';
import { placeOf } from '../../../vault/place.js';
import { brokeredSecrets, proxyOptions } from './brokered.js';
import { filesOf, listenToUser } from './listening.js';

export type StartContext = Context<
  PlaceFlags & {
    readonly port: number;
    readonly ttl: string;
    readonly compatNoToken?: boolean;
    readonly egress: 'open' | 'strict';
  }
>;

/** Runs the proxy to its end. */
export async function start({ flags, terminal, reporter, now }: StartContext): Promise<ExitCode> {
  // Node throws this where nobody can catch it.
  if (!terminal.hasNetwork) throw notPermitted('Net');
  const until = now() + parseTtl(flags.ttl);
  const userWithoutToken = flags.compatNoToken ? knownUser(terminal) : undefined;
  const access = vaultAccess(flags, terminal);
  const find = await placeOf(flags, terminal);
  const unlocked = await requireVault(access);
  let { vault } = unlocked;
  const place = await find(vault);
  const options = await proxyOptions('proxy', flags, terminal, now);
  const secrets = brokeredSecrets(vault, place);
  const logged = { ...options, command: 'proxy start' };
  const failed = await logAllowed(logged, { secrets: secrets.names }, now);
  const { port } = flags;
  const proxy = await startProxy({
    ...options,
    port,
    project: place.project,
    secrets,
    userWithoutToken,
  }).catch(async (error: unknown) => {
    await failed(error);
    throw error;
  });
  const reload = async () => {
    vault = await vault.reopen(parseVault(readVaultText(access.storage.path) ?? ''));
    proxy.reload(brokeredSecrets(vault, await find(vault)));
  };
  const ended = new Ending(terminal, until, now, () => {
    void reload().catch((error: unknown) =>
      reporter.warn(`the vault was not read again: ${messageOf(error)}`, 'the secrets from before are used'),
    );
  });
  try {
    // Who has the key for a time alone does not get it for longer in this way.
    const keyUntil = Math.min(until, unlocked.until ?? until);
    const held = { vaultId: vault.id, key: Uint8Array.from(vault.key), until: keyUntil };
    const { token: tokenFile, certificate: caFile } = await openToUser(
      proxy,
      { until, held, now },
      ended,
      terminal,
    );
    const url = `http://127.0.0.1:${proxy.port}`;
    const about = { url, tokenFile, caFile, until: new Date(until).toISOString() };
    await terminal.stdout.write(flags.json ? jsonLine(about) : `${url}\n`);
    await reporter.info(`its token is in ${tokenFile}; it ends ${timeInWords(until, now())}`);
    await ended.wait;
  } finally {
    await ended.run();
    await proxy.close();
  }
  return EXIT.done;
}

/** @throws CliError exit 2 where the system does not say whose a connection is. */
function knownUser({ platform, uid }: Terminal): number {
  if (platform === 'linux' && uid !== undefined) return uid;
  throw usageError('without a token nobody knows here whose a request is', 'leave out --compat-no-token');
}

/** The end of a proxy: what brings it, and what is to be done then. */
class Ending {
  readonly wait: Promise<void>;
  readonly #tasks: (() => unknown)[] = [];
  end: () => void = () => undefined;

  constructor(terminal: Terminal, until: number, now: () => number, onHangup: () => void) {
    this.wait = new Promise((resolve) => {
      this.end = resolve;
      const stop = terminal.onInterrupt((signal) => (signal === 'SIGHUP' ? onHangup() : resolve()));
      // A timer stands still while the machine sleeps, so the clock is looked at.
      const timer = setInterval(() => now() >= until && resolve(), 1_000);
      this.#tasks.push(() => clearInterval(timer), stop);
    });
  }

  add(task: () => unknown): void {
    this.#tasks.push(task);
  }

  async run(): Promise<void> {
    for (const task of this.#tasks.splice(0).reverse()) await task();
  }
}

/** Writes down what clients need where only this user can read it, and listens to the other commands. */
async function openToUser(
  proxy: RunningProxy,
  { until, held, now }: { readonly until: number; readonly held: HeldKey; readonly now: () => number },
  ended: Ending,
  terminal: Terminal,
): Promise<ProxyFiles> {
  const files = filesOf(proxy, terminal);
  await privateFolder(dirname(files.token), terminal.uid);
  const keepToken = () => replaceFile(files.token, `${proxy.token}\n`);
  await keepToken();
  ended.add(() => rm(files.token, { force: true }));
  await replaceFile(files.certificate, proxy.certificate);
  ended.add(() => rm(files.certificate, { force: true }));
  let gives: HeldKey | null = held;
  const close = await listenToUser(proxy, until, terminal, async (message) => {
    const { want } = message;
    if (want === 'key') return { answer: gives === null ? {} : keyFor(message, gives, now) };
    if (want === 'lock') {
      const locked = gives !== null;
      gives?.key.fill(0);
      gives = null;
      return { answer: { locked } };
    }
    if (want === 'stop') return { answer: { stopped: true }, after: () => ended.end() };
    if (want !== 'rotate') return null;
    proxy.rotate();
    await keepToken();
    return { answer: { tokenFile: files.token } };
  });
  ended.add(close);
  return files;
}
