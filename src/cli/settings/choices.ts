/** What the config file may set, and the check of a link version. Light, because every run loads it. */

import { isLinkVersion, type LinkVersion } from '../../core/protocol/link-versions.js';
import { type CliError, usageError } from '../exit/cli-error.js';

/** The keys of a config file. It may hold others, which are left alone. */
export const CONFIG_KEYS = ['server', 'apiKey', 'expiry', 'link'] as const;

export type ConfigKey = (typeof CONFIG_KEYS)[number];

/** What a config file sets, as it is written there. */
export type Config = Readonly<Partial<Record<ConfigKey, string>>>;

/**
 * The link version that a setting names.
 * @throws CliError exit 2 when it names none.
 */
export function parseLinkVersion(text: string): LinkVersion {
  if (!isLinkVersion(text)) throw noLinkVersion();
  return text;
}

/** The error for a word that is no link version. */
export function noLinkVersion(): CliError {
  return usageError('the link version is not v1 or v2', 'see --link');
}
