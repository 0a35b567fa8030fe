/** Settings that are one of some words: the keys of the config file, and the versions of links. */

import { DEFAULT_SERVER } from '../../core/protocol/limits.js';
import { type CliError, usageError } from '../exit/cli-error.js';

/** What a config file may hold; it may hold more, which is left alone. */
export const CONFIG_KEYS = ['server', 'apiKey', 'expiry', 'link'] as const;

export type ConfigKey = (typeof CONFIG_KEYS)[number];

export const LINK_VERSIONS = ['v1', 'v2'] as const;

export type LinkVersion = (typeof LINK_VERSIONS)[number];

/**
 * A link version by its name.
 * @throws CliError exit 2 when it is none.
 */
export function parseLinkVersion(text: string): LinkVersion {
  const version = LINK_VERSIONS.find((one) => one === text);
  if (version === undefined) throw noLinkVersion();
  return version;
}

/** The error for another word than a link version. */
export function noLinkVersion(): CliError {
  return usageError('the link version is not v1 or v2', 'see --link');
}

/** The link version where none is asked for: what the server is known to speak. */
export function defaultLinkVersion(server: string): LinkVersion {
  return server === DEFAULT_SERVER ? 'v1' : 'v2';
}
