/** What may be set, where it was set, and the check of a link version. Light, because every run loads it. */

import { isLinkVersion, type LinkVersion } from '../../core/protocol/link-versions.js';
import { type CliError, usageError } from '../exit/cli-error.js';
import { blankAsAbsent } from '../terminal/environment.js';

/** The keys that `zephr config` knows. A config file may hold others, which are left alone. */
export const CONFIG_KEYS = ['server', 'apiKey', 'expiry', 'link', 'record'] as const;

export type ConfigKey = (typeof CONFIG_KEYS)[number];

/** The keys with one value for the whole file. There is an API key for each server. */
export type TextKey = Exclude<ConfigKey, 'apiKey'>;

/** What a config file sets, as it is written there. */
export interface Config extends Readonly<Partial<Record<TextKey, string>>> {
  /** API keys by the origin of the server that they belong to, such as `https://host:8443`. */
  readonly apiKeys: ReadonlyMap<string, string>;
}

/** A setting as it is written somewhere, and where that is, in words. */
export interface Sourced {
  readonly value: string;
  readonly source: string;
}

/** The source of a setting in the config file. */
export const IN_FILE = 'the config file';

/** The source of a setting that nobody made. */
export const BY_DEFAULT = 'the default';

/** A setting from somewhere; undefined where it is absent or blank. */
export function sourced(value: string | undefined, source: string): Sourced | undefined {
  const present = blankAsAbsent(value);
  return present === undefined ? undefined : { value: present, source };
}

/**
 * The link version that a setting names.
 * @throws CliError exit 2 when it names none.
 */
export function parseLinkVersion(text: string): LinkVersion {
  if (!isLinkVersion(text)) throw noLinkVersion();
  return text;
}

/** Whether a list is kept of what is sent. @throws CliError exit 2 when the setting is neither true nor false. */
export function parseRecord(text: string): boolean {
  if (text !== 'true' && text !== 'false') {
    throw usageError('record is neither true nor false', 'false keeps no list of what you send');
  }
  return text === 'true';
}

/** The error for a word that is no link version. */
export function noLinkVersion(): CliError {
  return usageError('the link version is not v1 or v2', 'v2 is for servers of version 2, v1 for any');
}
