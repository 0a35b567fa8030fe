/** The environment variables of the command: one table, for the code that reads them and for the documents. */

import { readFileSync } from 'node:fs';
import type { Environment } from './terminal.js';

/** Every variable and what it is for; man page and cli/CLI.md show this table. */
export const VARIABLES = {
  ZEPHR_SERVER: 'the server to use',
  ZEPHR_API_KEY: 'the API key, for the server that is set',
  ZEPHR_API_KEY_FILE: 'a file with the API key',
  ZEPHR_EXPIRY: 'how long to keep what is created, as `--expiry`',
  ZEPHR_CONFIG: 'the config file to use',
  ZEPHR_CA_FILE: 'the certificate authorities to trust, as `--ca-file`',
  ZEPHR_CALLBACK_SECRET: 'the secret that signs what `--callback-url` is told',
  ZEPHR_VAULT_KEY_FILE: 'the file that unlocks the vault, as `--vault-key-file`',
  ZEPHR_PROXY_PORT: 'the port of the proxy that `zephr/intercept` asks, in place of 8765',
  XDG_CONFIG_HOME: 'where `zephr/config.json` is, in place of `~/.config`',
  APPDATA: 'the same on Windows',
  XDG_STATE_HOME:
    'where `zephr.db`, `claims`, `creates`, `requests` and `sent.jsonl` are, in `zephr`, in place of `~/.local/state`',
  LOCALAPPDATA: 'the same on Windows',
  XDG_DATA_HOME: 'where `zephr/vault.json` is, in place of `~/.local/share`',
  XDG_RUNTIME_DIR: 'where the sockets of `zephr vault unlock` and of proxies are',
  CREDENTIALS_DIRECTORY: 'where systemd puts `zephr-vault.key`',
  XDG_CACHE_HOME: 'where `zephr` with compiled code is, in place of `~/.cache`',
  HTTPS_PROXY: 'the proxy for https, `http://user:password@host:port`',
  HTTP_PROXY: 'the proxy for http, which is for servers on this machine only',
  ALL_PROXY: 'the proxy for both, where its own variable is missing',
  NO_PROXY: 'hosts that need no proxy, `example.com,10.0.0.1:8443`, or `*`',
  NO_COLOR: 'no colors and no other escape sequences, if it is not empty',
  FORCE_COLOR: 'colors in pipes too, if it is not empty; `0` for none',
  SSL_CERT_FILE: 'the file with the authorities that the system trusts, not on macOS and Windows',
  NODE_EXTRA_CA_CERTS: 'a file with certificates of further authorities to trust, without `--ca-file`',
} as const;

/** Any option of `zephr serve` can be given as a variable too. */
export const SERVE_VARIABLES = {
  name: 'ZEPHR_SERVE_PORT',
  meaning: 'and so on: any option of `zephr serve`, its hyphens as underscores',
} as const;

/** The value of a variable without white space around it; undefined when it is absent or blank. */
export function variable(env: Environment, name: keyof typeof VARIABLES): string | undefined {
  return blankAsAbsent(env[name]);
}

/** A setting without white space around it; a blank one counts as absent. */
export function blankAsAbsent(value: string | undefined): string | undefined {
  const trimmed = value?.trim();
  return trimmed === '' ? undefined : trimmed;
}

declare const __ZEPHR_VERSION__: string | undefined;

/** The version of the package: put in by the bundler, read from package.json when run from source. */
export const VERSION: string =
  typeof __ZEPHR_VERSION__ === 'string' ? __ZEPHR_VERSION__ : versionIn('../../../package.json');

function versionIn(file: string): string {
  const text = readFileSync(new URL(file, import.meta.url), 'utf8');
  const { version } = JSON.parse(text) as { version: string };
  return version;
}
