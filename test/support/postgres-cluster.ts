/** A PostgreSQL of a test's own, for what nobody may do to the one that all tests share. */

import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { onTestFinished } from 'vitest';
import { deadHost } from './hosts.js';
import { makeCertificate } from './self-signed.js';

const run = promisify(execFile);

/** Where Debian has a folder for each version. */
const VERSIONS = '/usr/lib/postgresql';

const programs = existsSync(VERSIONS)
  ? readdirSync(VERSIONS).map((version) => join(VERSIONS, version, 'bin'))
  : (process.env.PATH ?? '').split(':');

/** The folder of PostgreSQL's programs, the newest there is. */
const bin = programs.filter((folder) => existsSync(join(folder, 'pg_ctl'))).at(-1);

/** Why tests that need a PostgreSQL of their own are skipped, to append to their name. In CI they never are. */
export const withoutCluster =
  process.env.CI === 'true' || bin !== undefined ? '' : ` (skipped: no pg_ctl in ${VERSIONS} or on the PATH)`;

/** A PostgreSQL server with an empty database. */
export interface Cluster {
  /** The address of its database. */
  readonly address: string;
  /** Path of its certificate, which signs itself, if it is secure. */
  readonly certificate: string | undefined;
  /** Stops it as `mode` says (`immediate` is a crash: it recovers from its log afterwards) and starts it again. */
  restart(mode: 'fast' | 'immediate'): Promise<void>;
}

/** Makes one and starts it; it ends with the test. @param secure speaks TLS, with a certificate for 127.0.0.1. */
export async function startCluster({ secure = false } = {}): Promise<Cluster> {
  if (bin === undefined) throw new Error('there is no pg_ctl');
  // Not below the folder for temporary files of whoever runs the tests: its own user must get there.
  const folder = mkdtempSync('/tmp/zephr-postgres-');
  const { port } = new URL(await deadHost());
  const data = join(folder, 'data');
  const control = async (...words: string[]) => {
    await asOwner(join(bin, 'pg_ctl'), '-D', data, '-l', join(folder, 'log'), '-w', ...words);
  };
  onTestFinished(async () => {
    await control('stop', '-m', 'immediate').finally(() => rmSync(folder, { recursive: true }));
  });
  const certificate = secure ? makeCertificate(folder, 'server') : undefined;
  if (isRoot) await run('chown', ['-R', 'postgres', folder]);
  await asOwner(join(bin, 'initdb'), '-D', data, '--auth=trust', '--username=postgres', '--no-sync');
  const tls =
    certificate && `-c ssl=on -c ssl_cert_file=${certificate.cert} -c ssl_key_file=${certificate.key}`;
  const options = ['-o', `-p ${port} -k ${folder} -c listen_addresses=127.0.0.1 ${tls ?? ''}`];
  await control('start', ...options);
  return {
    address: `postgres://postgres@127.0.0.1:${port}/postgres`,
    certificate: certificate?.cert,
    restart: (mode) => control('restart', '-m', mode, ...options),
  };
}

const isRoot = userInfo().uid === 0;

/** Runs a program of PostgreSQL; those refuse to be root. What they start keeps none of our pipes open. */
async function asOwner(program: string, ...words: string[]): Promise<void> {
  const command = isRoot ? ['runuser', '-u', 'postgres', '--', program] : [program];
  const script = '"$@" > /dev/null < /dev/null 2>&1';
  await run('sh', ['-c', script, 'sh', ...command, ...words], { cwd: '/' });
}
