/**
 * Links that a mail gateway or a search engine wrapped in one of its own, so that it is asked first. Only the hosts that
 * are named here are taken for wrappers, and nothing is asked: the link is in the wrapper's URL.
 */

import { decodeBase64url } from '../base64url.js';
import { decodeUtf8 } from '../bytes.js';

/**
 * The URL in a wrapper, or null for a URL that is no wrapper. A fragment that the wrapper was left with belongs to what
 * is in it: it is where a user agent would go on with it (RFC 9110 section 10.2.2).
 */
export function unwrapped(url: URL): string | null {
  const target = targetOf(url);
  if (target === null) return null;
  return target.includes('#') ? target : target + url.hash;
}

function targetOf(url: URL): string | null {
  const { hostname, pathname, searchParams } = url;
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return null;
  if (hostname.endsWith('.safelinks.protection.outlook.com')) return searchParams.get('url');
  if (hostname === 'www.google.com' && pathname === '/url') {
    return searchParams.get('q') ?? searchParams.get('url');
  }
  if (hostname === 'urldefense.com' || hostname === 'urldefense.proofpoint.com') return urlDefenseTarget(url);
  return null;
}

/** Proofpoint's three spellings: percent-encoded, with `-` for `%` and `_` for `/`, and in the path. */
function urlDefenseTarget({ pathname, search, searchParams }: URL): string | null {
  const target = searchParams.get('u');
  if (pathname === '/v1/url') return target;
  if (pathname === '/v2/url') {
    return target === null ? null : percentDecoded(target.replaceAll('-', '%').replaceAll('_', '/'));
  }
  const [, starred, replaced] = /^\/v3\/__(.+?)__;([A-Za-z0-9_-]*)/.exec(pathname + search) ?? [];
  return starred === undefined || replaced === undefined ? null : unstarred(starred, replaced);
}

/** The third spelling: each `*` stands for the next of the characters in `replaced`, which is base64url. */
function unstarred(starred: string, replaced: string): string | null {
  let characters: string[];
  try {
    characters = [...decodeUtf8(decodeBase64url(replaced))];
  } catch {
    // A damaged wrapper holds no link that could be read.
    return null;
  }
  let missing = false;
  const target = starred.replace(/\*/g, () => {
    const character = characters.shift();
    missing ||= character === undefined;
    return character ?? '';
  });
  // Some gateways take one of the two slashes behind the scheme for superfluous.
  return missing ? null : target.replace(/^(https?:\/)(?!\/)/i, '$1/');
}

function percentDecoded(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    // As above.
    return null;
  }
}
