/**
 * What is in a config file, as JSON and as settings. API keys are in `apiKeys`, by the origin of their server. A
 * single `apiKey` beside `server`, as files that were written by hand or for zephr 1 have it, belongs to that server
 * alone: it is read as if it were in `apiKeys`, and the first change of the file moves it there, so that it does not
 * follow when `server` is set anew.
 */

import { ZephrError } from '../../core/errors.js';
import { parseServer } from '../../core/link.js';
import { DEFAULT_SERVER } from '../../core/protocol/limits.js';
import { usageError } from '../exit/cli-error.js';
import { originOf } from './api-key.js';
import type { Config, TextKey } from './choices.js';

/** The members of the JSON object. */
export type Members = Readonly<Record<string, unknown>>;

/** One change of a config file; without a value it removes. */
export type Edit =
  | { readonly key: TextKey; readonly value: string | undefined }
  /** @property origin of the server that the API key belongs to. */
  | { readonly key: 'apiKey'; readonly origin: string; readonly value: string | undefined };

const TEXT_KEYS = ['server', 'expiry', 'link', 'record'] as const satisfies readonly TextKey[];

/**
 * The members in a file's text; an empty file has none.
 * @throws CliError exit 2 when it is no JSON object. The text is not quoted, because it may hold a key.
 */
export function parseMembers(text: string, path: string): Members {
  let json: unknown;
  try {
    json = text.trim() === '' ? {} : JSON.parse(text);
  } catch (cause) {
    throw usageError(`the config file ${path} is not JSON`, undefined, cause);
  }
  if (!isObject(json)) throw usageError(`the config file ${path} is not a JSON object`);
  return json;
}

/**
 * The settings among the members.
 * @throws CliError exit 2 when one has a value of a wrong kind.
 */
export function configOf(members: Members, path: string): Config {
  const config: Partial<Record<TextKey, string>> = {};
  for (const key of TEXT_KEYS) {
    const value = text(members, key, path);
    if (value !== undefined) config[key] = value;
  }
  return { ...config, apiKeys: apiKeysOf(members, path) };
}

/**
 * The members after a change. What zephr does not know stays as it is.
 * @throws CliError exit 2 as {@link configOf}, and when the file's single `apiKey` has no server to be kept for.
 */
export function editedMembers(members: Members, edit: Edit, path: string): Members {
  if (edit.key !== 'apiKey') {
    const { [edit.key]: _, ...rest } = withApiKeysByServer(members, edit.key === 'server', path);
    return edit.value === undefined ? rest : { ...rest, [edit.key]: edit.value };
  }
  const { apiKey: _, apiKeys: __, ...rest } = members;
  const keys = new Map(apiKeysOf(members, path));
  if (edit.value === undefined) keys.delete(edit.origin);
  else keys.set(edit.origin, edit.value);
  return keys.size === 0 ? rest : { ...rest, apiKeys: Object.fromEntries(keys) };
}

/** The members with a single `apiKey` moved to its server. */
function withApiKeysByServer(members: Members, changesServer: boolean, path: string): Members {
  if (text(members, 'apiKey', path) === undefined) return members;
  if (originBeside(members, path) === null) {
    if (!changesServer) return members;
    throw usageError(
      `the API key in the config file ${path} is for a server that cannot be used`,
      'remove it first: zephr config unset apiKey',
    );
  }
  const { apiKey: _, ...rest } = members;
  return { ...rest, apiKeys: Object.fromEntries(apiKeysOf(members, path)) };
}

function apiKeysOf(members: Members, path: string): Map<string, string> {
  const keys = new Map<string, string>();
  const single = text(members, 'apiKey', path);
  const origin = originBeside(members, path);
  if (single !== undefined && origin !== null) keys.set(origin, single);
  const byServer = own(members, 'apiKeys');
  if (byServer === undefined || byServer === null) return keys;
  if (!isObject(byServer)) throw wrongKind('apiKeys', 'an object', path);
  for (const server of Object.keys(byServer)) {
    const key = text(byServer, server, path, 'an API key');
    if (key !== undefined) keys.set(originNamed(server, path), key);
  }
  return keys;
}

/** The origin of the server that the file sets; null where its value is no server. */
function originBeside(members: Members, path: string): string | null {
  try {
    return originOf(parseServer(text(members, 'server', path) ?? DEFAULT_SERVER));
  } catch (error) {
    if (error instanceof ZephrError) return null;
    throw error;
  }
}

function originNamed(server: string, path: string): string {
  try {
    return originOf(parseServer(server));
  } catch (cause) {
    // The name is not quoted: a key may have been pasted in its place.
    throw usageError(
      `in the config file ${path} an API key is for something that is no server`,
      'write it as https://host, or use zephr config set apiKey --server https://host',
      cause,
    );
  }
}

/** The text under a key; undefined where it is absent, null or empty. */
function text(members: Members, key: string, path: string, what = key): string | undefined {
  const value = own(members, key);
  if (value === undefined || value === null || value === '') return undefined;
  // As people write it who know JSON.
  if (key === 'record' && typeof value === 'boolean') return String(value);
  if (typeof value !== 'string') throw wrongKind(what, 'a string', path);
  return value;
}

function own(members: Members, key: string): unknown {
  return Object.hasOwn(members, key) ? members[key] : undefined;
}

function wrongKind(what: string, kind: string, path: string) {
  return usageError(`in the config file ${path} the value of ${what} is not ${kind}`);
}

function isObject(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
