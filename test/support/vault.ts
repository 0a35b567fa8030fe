/** Sessions with a vault: a key file opens it, and what is in it is set by the command itself. */

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openSession, type Session } from './session.js';

export interface VaultSession extends Session {
  /** Where the vault's file is. */
  readonly vault: string;
}

/** A session whose vault opens by a key file that its environment names, and holds these secrets. */
export async function vaultSession(
  secrets: Readonly<Record<string, string>> = {},
  env: NodeJS.ProcessEnv = {},
): Promise<VaultSession> {
  const session = openSession(env);
  const runtime = join(session.folder, 'runtime');
  mkdirSync(runtime, { mode: 0o700 });
  writeFileSync(join(session.folder, 'key'), Buffer.alloc(32, 7), { mode: 0o600 });
  Object.assign(session.env, {
    XDG_RUNTIME_DIR: runtime,
    ZEPHR_VAULT_KEY_FILE: join(session.folder, 'key'),
  });
  for (const [name, value] of Object.entries(secrets)) {
    const { code, stderr } = await session.sh(`zephr vault set ${name}`, { stdin: value });
    if (code !== 0) throw new Error(stderr);
  }
  return { ...session, vault: join(session.folder, '.local/share/zephr/vault.json') };
}
