/** A proxy for one command: what it is given in place of secrets, and what it is told of the proxy. */

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { NamedSecret } from '../../../../broker/masking/masker.js';
import { type RunningProxy, startProxy } from '../../../../broker/proxy/proxy.js';
import { BrokeredSecrets } from '../../../../broker/proxy/secrets.js';
import { trustStoreOf } from '../../../../broker/proxy/trust-store.js';
import { makePlaceholder } from '../../../../broker/requests/placeholders.js';
import { proxyVariables } from '../../../../broker/running/proxy-environment.js';
import { encodeUtf8 } from '../../../../core/bytes.js';
import { hostName } from '../../../../net/host-name.js';
import { extraAuthorities, trustedBundle } from '../../../../net/system-certificates.js';
import { privateFolder } from '../../../../vault/places.js';
import { splitBoundHost } from '../../../../vault/policy.js';
import type { Surroundings } from '../../../../vault/project.js';
import type { Vault } from '../../../../vault/vault.js';
import { notPermitted } from '../../../exit/not-permitted.js';
import type { Context } from '../../../parser/command.js';
import type { CommonFlags } from '../../../settings/settings.js';
import type { Terminal } from '../../../terminal/terminal.js';
import { secretIn } from '../../../vault/place.js';
import { proxyOptions } from '../proxy/brokered.js';
import { filesOf, listenToUser } from '../proxy/listening.js';
import type { Choice } from './chosen.js';

/** A proxy that runs beside a command. */
export interface CommandProxy {
  /** For the command's environment. */
  readonly variables: Readonly<Record<string, string>>;
  /** What must not show in its output: the values that it does not have, and the token. */
  readonly masked: readonly NamedSecret[];
  /** Ends it. To do so again is no error. */
  end(): Promise<void>;
}

/** What the proxy's token is called where it is masked. */
const TOKEN_NAME = 'PROXY_TOKEN';

/** A placeholder for each of the secrets that is bound to hosts, by its name. */
export function placeholdersFor(
  choices: readonly Choice[],
  vault: Vault,
  place: Surroundings,
): Map<string, string> {
  const secrets = choices.map(({ name }) => secretIn(vault, name, place));
  const bound = secrets.filter(({ policy }) => (policy.hosts ?? []).length > 0);
  return new Map(bound.map(({ name, value }) => [name, makePlaceholder(value)]));
}

/**
 * Starts the proxy.
 * @param placeholders for those secrets that it has, and no others.
 */
export async function startForCommand(
  { flags, terminal, now }: Context<CommonFlags & { readonly egress: 'open' | 'strict' }>,
  vault: Vault,
  place: Surroundings,
  placeholders: ReadonlyMap<string, string>,
): Promise<CommandProxy> {
  // Node throws this where nobody can catch it.
  if (!terminal.hasNetwork) throw notPermitted('Net');
  const secrets = [...placeholders.keys()].map((name) => secretIn(vault, name, place));
  const proxy = await startProxy({
    ...(await proxyOptions('run', flags, terminal, now)),
    port: 0,
    project: place.project,
    secrets: new BrokeredSecrets(secrets.map((one) => ({ ...one, placeholder: placeholders.get(one.name) }))),
    startedBy: terminal.pid,
    isStrict: flags.egress === 'strict',
    env: terminal.env,
  });
  const ends: (() => Promise<void>)[] = [() => proxy.close()];
  const end = async () => {
    for (const task of ends.splice(0).reverse()) await task();
  };
  try {
    const { socket } = filesOf(proxy, terminal);
    await privateFolder(dirname(socket), terminal.uid);
    ends.push(await listenToUser(proxy, null, terminal));
    const folder = await mkdtemp(join(tmpdir(), 'zephr-proxy-'));
    ends.push(() => rm(folder, { recursive: true, force: true }));
    const files = await writeAuthorities(folder, proxy, terminal);
    const hosts = secrets.flatMap(({ policy }) => policy.hosts ?? []);
    const ownHosts = new Set(hosts.map((host) => hostName(splitBoundHost(host).host)));
    const { port, token } = proxy;
    return {
      variables: proxyVariables({ port, token, ownHosts, ...files }, terminal.env),
      masked: [...secrets, { name: TOKEN_NAME, value: encodeUtf8(token) }],
      end,
    };
  } catch (error) {
    await end();
    throw error;
  }
}

/** Who is to be trusted, as files. Certificates are no secrets. */
async function writeAuthorities(
  folder: string,
  { certificate }: RunningProxy,
  { env }: Pick<Terminal, 'env'>,
): Promise<{ readonly bundle: string; readonly forNode: string; readonly forJava: string }> {
  const files = {
    bundle: join(folder, 'bundle.pem'),
    forNode: join(folder, 'node.pem'),
    forJava: join(folder, 'java.p12'),
  };
  const all = `${await trustedBundle(env)}${certificate}`;
  await writeFile(files.bundle, all);
  await writeFile(files.forJava, trustStoreOf(all));
  await writeFile(files.forNode, [...(await extraAuthorities(env)), certificate].join('\n'));
  return files;
}
