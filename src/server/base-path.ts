/** Sub-path hosting: the routes of a server whose address has a path in it. */

import { getPath } from 'hono/utils/url';

/**
 * A `getPath` for Hono: the path of a request as the routes know it, without the path of `baseUrl`. A request that
 * comes without that has been through a proxy that takes it away, and is served all the same.
 * @param baseUrl as `parseServer` spells it: no trailing slash.
 */
export function pathBelow(baseUrl: string): (request: Request) => string {
  // By the same function as the request's, so that both are decoded alike.
  const prefix = getPath(new Request(baseUrl)).replace(/\/$/, '');
  return (request) => {
    const path = getPath(request);
    if (path !== prefix && !path.startsWith(`${prefix}/`)) return path;
    return path.slice(prefix.length) || '/';
  };
}
