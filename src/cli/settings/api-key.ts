/**
 * API keys: which server one belongs to, what one may look like, and how one is shown. A server is its origin (scheme,
 * host and port), because whoever runs that host sees all of its paths.
 */

import { CliError, usageError } from '../exit/cli-error.js';
import { readApiKeyFile } from '../files/secret-file.js';
import { variable } from '../terminal/environment.js';
import type { Terminal } from '../terminal/terminal.js';
import { type Config, IN_FILE, type Sourced, sourced } from './choices.js';

/** The origin of a server, under which its API key is kept. @param server a URL in the spelling of `parseServer`. */
export function originOf(server: string): string {
  return new URL(server).origin;
}

/** Whether a request can carry `text` as an API key: printable ASCII without spaces. The rest is its server's business. */
export function canBeApiKey(text: string): boolean {
  return /^[\x21-\x7e]+$/.test(text);
}

/** The error for an API key that no request can carry. @param source where it came from, in words. */
export function unusableApiKey(source: string): CliError {
  return usageError(
    `the API key from ${source} holds a space or a character outside ASCII`,
    'copy the whole key again, and nothing else',
  );
}

/** A key cut down to what tells it from others: `zeph_...abcd`. */
export function maskedApiKey(key: string): string {
  const tail = key.length >= 20 ? key.slice(-4) : '';
  return `${key.startsWith('zeph_') ? 'zeph_' : ''}...${tail}`;
}

/** An API key, and what to warn of in the file that it is from. */
export interface SourcedApiKey extends Sourced {
  readonly warning?: string;
}

/**
 * The API key for a server: the environment's belongs to whichever server is set, the config file's to one server each.
 * @throws CliError (exit 2) when a file cannot be read, or the key cannot be sent.
 */
export async function apiKeyFor(
  server: string,
  { apiKeys }: Config,
  terminal: Terminal,
): Promise<SourcedApiKey | undefined> {
  const found =
    sourced(variable(terminal.env, 'ZEPHR_API_KEY'), 'ZEPHR_API_KEY') ??
    (await apiKeyFromFile(terminal)) ??
    sourced(apiKeys.get(originOf(server)), IN_FILE);
  if (found !== undefined && !canBeApiKey(found.value)) throw unusableApiKey(found.source);
  return found;
}

async function apiKeyFromFile(terminal: Terminal): Promise<SourcedApiKey | undefined> {
  const source = 'ZEPHR_API_KEY_FILE';
  const path = variable(terminal.env, source);
  if (path === undefined) return undefined;
  try {
    const { line, warning } = await readApiKeyFile(path, terminal);
    return { value: line, source, ...(warning === undefined ? {} : { warning }) };
  } catch (error) {
    if (!(error instanceof CliError) || error.code !== 'USAGE') throw error;
    throw usageError(error.message, 'ZEPHR_API_KEY_FILE names that file', error);
  }
}
