/** The versions of links, as options and settings spell them. */

import type { Version } from '../key.js';
import { DEFAULT_SERVER } from './limits.js';

/** Every version that a link can be asked for in. */
export const LINK_VERSIONS = ['v1', 'v2'] as const;

export type LinkVersion = (typeof LINK_VERSIONS)[number];

/** Whether `value`, an option or a setting, is a link version. */
export function isLinkVersion(value: unknown): value is LinkVersion {
  return LINK_VERSIONS.some((version) => version === value);
}

/**
 * The version of a link where none was asked for: the highest that its server is known to speak, which is version 1 for
 * `https://zephr.io` and version 2 for every other server.
 * @param server as `parseServer` spells it
 */
export function defaultLinkVersion(server: string): LinkVersion {
  return server === DEFAULT_SERVER ? 'v1' : 'v2';
}

/** The protocol version (PROTOCOL.md sections 2 and 3) of a link of this version. */
export function protocolVersion(link: LinkVersion): Version {
  return link === 'v1' ? 1 : 2;
}
