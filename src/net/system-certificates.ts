/** The certificate authorities that the operating system trusts, beside Node's own. Loaded when they are needed. */

import { readFile } from 'node:fs/promises';
import { platform } from 'node:os';
import * as tls from 'node:tls';
import { isSystemError } from '../core/errors.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** Newer versions of Node know the authorities: 22.15, and from 23.9 on. */
const { getCACertificates } = tls as typeof tls & {
  readonly getCACertificates?: (kind: 'default' | 'system') => string[];
};

/** Where distributions keep all authorities in one file; the first that is there counts. */
const BUNDLES = [
  // Debian, Ubuntu, Arch, Gentoo, Alpine
  '/etc/ssl/certs/ca-certificates.crt',
  // Fedora, Red Hat
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem',
  // openSUSE
  '/etc/ssl/ca-bundle.pem',
  // BSD
  '/etc/ssl/cert.pem',
  '/usr/local/share/certs/ca-root-nss.crt',
] as const;

/**
 * Node's authorities and the system's. `SSL_CERT_FILE` names the system's file, as it does for OpenSSL and curl.
 * @returns undefined when the system has none that can be found: on macOS and Windows, with a Node that cannot ask.
 */
export async function systemAuthorities(env: Environment): Promise<readonly string[] | undefined> {
  const own = getCACertificates?.('default') ?? [...tls.rootCertificates, ...(await extraAuthorities(env))];
  const system = onUnix() ? await bundle(env) : getCACertificates?.('system');
  return system === undefined || system.length === 0 ? undefined : [...own, ...system];
}

/** Variables by which programs are told whom to trust instead. */
const BUNDLE_VARIABLES = [
  'SSL_CERT_FILE',
  'CURL_CA_BUNDLE',
  'REQUESTS_CA_BUNDLE',
  'GIT_SSL_CAINFO',
  'AWS_CA_BUNDLE',
  'NODE_EXTRA_CA_CERTS',
] as const;

/**
 * All that programs of this user may trust, in PEM: what the system does, and what variables name. Where the system has
 * nothing that can be read, Node's own.
 */
export async function trustedBundle(env: Environment): Promise<string> {
  const system = onUnix() ? await bundle({}) : (getCACertificates?.('system') ?? []);
  const paths = new Set(BUNDLE_VARIABLES.flatMap((name) => env[name] || []));
  const named = await Promise.all([...paths].map(textOf));
  const all = [...(system.length === 0 ? tls.rootCertificates : system), ...named];
  return `${[...new Set(all)].map((text) => text?.trim() ?? '').join('\n')}\n`;
}

function onUnix(): boolean {
  return platform() !== 'win32' && platform() !== 'darwin';
}

async function bundle({ SSL_CERT_FILE }: Environment): Promise<string[]> {
  for (const path of SSL_CERT_FILE ? [SSL_CERT_FILE, ...BUNDLES] : BUNDLES) {
    const text = await textOf(path);
    if (text !== undefined) return [text];
  }
  return [];
}

/** What Node adds to its own: a list that is given to it replaces these too. */
export async function extraAuthorities({ NODE_EXTRA_CA_CERTS }: Environment): Promise<string[]> {
  const text = NODE_EXTRA_CA_CERTS ? await textOf(NODE_EXTRA_CA_CERTS) : undefined;
  return text === undefined ? [] : [text];
}

/** A file's text; undefined where it cannot be read: then this is not where the system keeps them. */
async function textOf(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR', 'EACCES', 'EPERM', 'EISDIR')) return undefined;
    throw error;
  }
}
