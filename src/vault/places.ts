/** Where a vault is, and where what must not be on a disk can be. */

import { promises } from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';
import { isSystemError, ZephrError } from '../core/errors.js';

/** A user of this machine. */
export interface User {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly platform: NodeJS.Platform;
  /** The home directory, or null for a user who has none. */
  readonly home: string | null;
}

/**
 * The vault's file: in `$XDG_DATA_HOME/zephr`, by default in `~/.local/share`, or, on Windows, in `%LOCALAPPDATA%`
 * (XDG Base Directory Specification). Null where the user has no home directory and no variable names a folder.
 */
export function vaultPath(user: User): string | null {
  return placeOf(user, 'XDG_DATA_HOME', join('.local', 'share'), 'vault.json');
}

/** The socket of what keeps a vault unlocked. Null where there is no place for one: on Windows, and as above. */
export function agentSocket(user: User): string | null {
  if (user.platform === 'win32') return null;
  const runtime = absolute(user.env.XDG_RUNTIME_DIR);
  if (runtime !== undefined) return join(runtime, 'zephr', 'vault.sock');
  return placeOf(user, 'XDG_STATE_HOME', join('.local', 'state'), join('run', 'vault.sock'));
}

/** Where a proxy that listens on a port keeps what programs of its user need. */
export interface ProxyFiles {
  /** Its token, and a line end. */
  readonly token: string;
  /** The certificate of its authority, in PEM. */
  readonly certificate: string;
  /** The socket that it is told by what to do. */
  readonly socket: string;
}

/** The files of a proxy that listens on `port`. Null as for {@link agentSocket}. */
export function proxyFiles(user: User, port: number): ProxyFiles | null {
  const vault = agentSocket(user);
  if (vault === null) return null;
  const start = join(dirname(vault), `proxy-${port}`);
  return { token: `${start}.token`, certificate: `${start}.pem`, socket: `${start}.sock` };
}

/** The sockets of proxies of this user, by their ports. Some may have been left behind. */
export async function proxySockets(
  user: User,
): Promise<{ readonly port: number; readonly socket: string }[]> {
  const agent = agentSocket(user);
  if (agent === null) return [];
  const folder = dirname(agent);
  const names = await promises.readdir(folder).catch((error: unknown) => {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR')) return [];
    throw error;
  });
  return names
    .flatMap((name) => {
      const [, port] = /^proxy-([1-9][0-9]*)\.sock$/.exec(name) ?? [];
      return port === undefined ? [] : [{ port: Number(port), socket: join(folder, name) }];
    })
    .sort((left, right) => left.port - right.port);
}

/**
 * Makes a folder for its owner only, or checks that it is one.
 * @param owner the user's id; undefined where the system has none.
 * @throws ZephrError `UNSAFE_FOLDER` when others can get in; Error with the system's `code`.
 */
export async function privateFolder(path: string, owner: number | undefined): Promise<void> {
  await promises.mkdir(path, { recursive: true, mode: 0o700 });
  const found = await promises.lstat(path);
  const isOurs = owner === undefined || (found.uid === owner && (found.mode & 0o077) === 0);
  if (!found.isDirectory() || !isOurs)
    throw new ZephrError(`others can get into ${path}: it is not for its owner only`, 'UNSAFE_FOLDER');
}

function placeOf({ env, platform, home }: User, variable: string, inHome: string, file: string) {
  const named = absolute(env[variable]) ?? (platform === 'win32' ? absolute(env.LOCALAPPDATA) : undefined);
  if (named !== undefined) return join(named, 'zephr', file);
  return home === null ? null : join(home, inHome, 'zephr', file);
}

/** A folder that a variable names. One that is not absolute is to be ignored (XDG Base Directory Specification). */
function absolute(value: string | undefined): string | undefined {
  const path = value?.trim();
  return path !== undefined && path !== '' && isAbsolute(path) ? path : undefined;
}
