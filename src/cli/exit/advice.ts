/** What to do about an error, by its code: the line behind `zephr: hint:`. */

import { PolicyError } from '../../broker/broker-error.js';
import { ApiError, type ZephrError } from '../../core/errors.js';
import { inWords } from '../../core/waiting-time.js';
import { type ErrorCode, lookUp } from './error-codes.js';
import { libsqlAdvice } from './sqlite-advice.js';

/** By code; the error's own message says what happened. */
const ADVICE = {
  ADDRESS_NOT_ALLOWED: 'read it from where its sender expects you, or ask the sender',
  AMBIGUOUS_LINK: 'give one link, with its own key',
  API_KEY_REQUIRED:
    'ask whoever runs the server for one (zephr keys new), and set ZEPHR_API_KEY_FILE or zephr config set apiKey',
  CONNECTION_LOST: 'run the same command again; if it happens each time, is that a zephr server?',
  COUNTRY_NOT_ALLOWED: 'read it from where its sender expects you, or ask the sender',
  CONNECTION_REFUSED: 'is the server running? zephr serve starts one; --server or ZEPHR_SERVER names another',
  EMPTY_SECRET: 'pipe a secret in: echo "$PASSWORD" | zephr',
  GATES_NOT_KEPT: 'ask its operator to update it, or send without gates',
  GATE_NOT_OFFERED: 'leave that gate out, or name another server; zephr doctor says what a server offers',
  GEOIP_NOT_READABLE: '--geoip names a file of countries of addresses, such as GeoLite2-Country.mmdb',
  GEOIP_NOT_USABLE: '--geoip names a file of countries of addresses, such as GeoLite2-Country.mmdb',
  HOST_NOT_AVAILABLE: '--host names an address of this machine; 0.0.0.0 is all of them',
  HOST_NOT_FOUND: 'check the name of the server, and your network',
  INVALID_API_KEY: 'check ZEPHR_API_KEY, ZEPHR_API_KEY_FILE and the config file',
  INVALID_EXPIRY: 'write it as 5m, 1h30m, 7d or 1w; most servers take up to 30d',
  INVALID_KEY: 'copy the whole link again, to its last character',
  INVALID_LINK: 'copy the whole link again: https://host/secret/<id>#<key>',
  INVALID_PROXY: 'write it as http://host:port, unset it, or name the server in NO_PROXY',
  INVALID_REPLY: 'check --server: does that address belong to a zephr server?',
  INVALID_SERVER: 'write it as https://host, or http://127.0.0.1:8787',
  LOG_FAILED: 'is its disk full, or its folder not yours? zephr vault log shows what is in it',
  LINK_PROOF_NOT_KEPT: 'ask its operator to update it, or send without a passphrase',
  MISSING_KEY: 'paste the whole link; a key that came apart from it is given with --key-file or --key',
  NEEDS_VERSION_2: 'use --link v2, on a server that speaks it',
  NO_KEYCHAIN: 'is a keychain there, and unlocked? a key file or zephr vault unlock do without',
  NO_SUCH_SLOT: 'leave out --vault-key-file, or unlock it as it was locked',
  NO_VAULT: 'zephr vault set NAME makes one',
  NOT_FOUND: 'a zephr server answers there, but not at that path: check the path of --server or of the link',
  NOT_A_STORE: 'or name another with --store',
  PAYLOAD_TOO_LARGE: 'zephr doctor says how much the server takes: compress it, or send it in parts',
  PORT_NOT_ALLOWED: '--port names the port; 0 is one that is free',
  PORT_TAKEN: 'is another server running? --port names another port; 0 is one that is free',
  NOT_HTTPS: 'write the URL with https',
  PROXY_REFUSED: 'check HTTPS_PROXY (HTTP_PROXY for http), or name the server in NO_PROXY',
  PROXY_UNREACHABLE: 'check HTTPS_PROXY (HTTP_PROXY for http), or name the server in NO_PROXY',
  RESPONSE_WITHHELD: 'ask for another form of it: text in UTF-8, plain, gzip, br or deflate',
  SECRET_ALREADY_CONSUMED: 'if that was not you, whoever read it knows the secret: change it',
  SECRET_EXPIRED: 'ask the sender for a new link',
  SECRET_NOT_FOUND: 'check the link and its server; a secret is forgotten a day after its expiry',
  SECRET_REVOKED: 'ask the sender for a new link',
  STORE_BUSY: 'try again when it is free, or name another with --store',
  STORE_DAMAGED: 'or name another with --store',
  STORE_FULL: 'free some space, or name a place on another disk with --store',
  STORE_FOLDER_MISSING: 'only the folder of the default store is made; --store names the file',
  STORE_IS_DIRECTORY: 'or name another with --store',
  STORE_MISSING: 'or name another with --store',
  STORE_NOT_SUPPORTED: '--store takes a path, memory: or postgres://host/database',
  STORE_NOT_TRUSTED: 'a private authority? name its certificate in NODE_EXTRA_CA_CERTS',
  STORE_NOT_WRITABLE: 'or name another with --store',
  STORE_REFUSED: 'check the address of --store; PGUSER and PGPASSWORD count too',
  STORE_TOO_NEW: 'a newer zephr wrote it: update this one',
  STORE_UNAVAILABLE: 'try again in a moment',
  STORE_UNREACHABLE: 'check the address in --store',
  STORE_UNUSABLE: 'or name another with --store',
  TIMEOUT: 'try again, or allow more time with --timeout',
  TLS_NOT_READABLE: '--tls-cert names the certificate and --tls-key its key, both in PEM',
  TLS_NOT_USABLE: '--tls-cert names the certificate and --tls-key its key, both in PEM',
  VAULT_DAMAGED: 'put back a copy of the file, or remove it and set the secrets again',
  VAULT_LOCKED: 'name a key file with --vault-key-file, or run zephr vault unlock at a terminal',
  VAULT_TOO_NEW: 'update zephr',
  WRONG_OPENER: 'is it the key of this vault? zephr vault status says which vault it is',
  UNKNOWN_KEY_VERSION: 'update zephr',
  UPSTREAM_FAILED: 'check the host and the network; a request with a secret is not tried twice',
  UNSUPPORTED_BY_SERVER: 'use --link v1 if its weaker promises are enough',
  UPGRADE_REQUIRED: 'stay within that, or use an API key of a larger tier',
  WRONG_KEY: 'check the key and the passphrase; nothing was used up',
  WRONG_PASSPHRASE: 'try the passphrase again; nothing was used up',
} as const satisfies Partial<Record<ErrorCode, string>>;

/** A server whose disk is full takes secrets again when some have expired. */
const SERVER_FULL = 'try again later, or ask who runs the server to make room';

/** Where the bundle is; from source there is no such place, and the working directory is the clone. */
const PROGRAM_FOLDER = typeof __dirname === 'string' ? __dirname : '.';

/** What to do about an error of core, client, net, server or broker; undefined when there is nothing to say. */
export function adviceFor(error: ZephrError): string | undefined {
  if (error instanceof PolicyError && error.change !== null)
    return `to allow it, a person runs: ${error.change}`;
  if (error instanceof ApiError && error.retryAfter !== undefined)
    return `try again ${inWords(error.retryAfter)}`;
  if (error instanceof ApiError && error.code === 'STORE_FULL' && error.isVerdict) return SERVER_FULL;
  if (error instanceof ApiError && !error.isVerdict) return adviceForOther(error.statusCode);
  if (error.code === 'NO_SQLITE') return libsqlAdvice(PROGRAM_FOLDER);
  if (error.code === 'TLS_ERROR') return tlsAdvice(error.message);
  return lookUp(ADVICE, error.code);
}

/** What to do about the answer of something that is no zephr server, by its status. */
function adviceForOther(status: number): string | undefined {
  switch (status) {
    case 401:
    case 403:
    case 407:
    case 511:
      return 'a login gateway or a firewall on the way may have answered: sign in there, or ask who runs it';
    case 404:
      return 'check --server: does that address, with its path, belong to a zephr server?';
    case 413:
      return 'a proxy on the way may take less than the server: ask who runs it, or send it in parts';
    case 431:
      return 'what is sent besides the secret is too long: is the API key a key, and nothing but it? ZEPHR_API_KEY_FILE names a file with one line';
    default:
      return undefined;
  }
}

/** What to do about TLS, by the reason of Node or OpenSSL that a message ends with. */
function tlsAdvice(message: string): string {
  const [, reason = ''] = /\((\w+)\)$/.exec(message) ?? [];
  switch (reason) {
    case 'CERT_HAS_EXPIRED':
      return 'its certificate has expired: tell whoever runs the server; and is the clock here right?';
    case 'CERT_NOT_YET_VALID':
      return 'its certificate is not valid yet: is the clock here right?';
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return 'its certificate is for another name: check the name of the server';
    case 'EPROTO':
    case 'ERR_SSL_WRONG_VERSION_NUMBER':
    case 'ERR_SSL_PACKET_LENGTH_TOO_LONG':
      return 'that port does not speak https: check --server';
    default:
      return 'a private authority? name its certificate with --ca-file, or in NODE_EXTRA_CA_CERTS';
  }
}
