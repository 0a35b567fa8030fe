/**
 * `zephr/intercept`: imported for what it does. From then on a request of this program that names a secret in a header,
 * `Authorization: Bearer ZEPHR_SECRET_API_KEY` say, is made by the zephr proxy of this user, which has the secret. All
 * other requests go as before. A request that cannot go that way is not sent: the name of a secret reaches no host.
 *
 *     node --import zephr/intercept program.js
 */

import { interceptDispatcher } from '../../broker/intercept/dispatcher.js';
import { interceptHttp } from '../../broker/intercept/http.js';
import { ValidationError } from '../../core/errors.js';
import { proxyFiles } from '../../vault/places.js';
import { processTerminal } from '../terminal/terminal.js';

/** Where `zephr proxy start` listens if nothing else is said. */
const USUAL_PORT = 8765;

const terminal = processTerminal();
const text = terminal.env.ZEPHR_PROXY_PORT?.trim() || String(USUAL_PORT);
const port = /^[0-9]{1,5}$/.test(text) ? Number(text) : 0;
if (port < 1 || port > 65_535)
  throw new ValidationError('ZEPHR_PROXY_PORT is no port: 1 to 65535', 'INVALID_PORT');
const proxy = { port, tokenFile: proxyFiles(terminal, port)?.token ?? null };
interceptHttp(proxy);
interceptDispatcher(proxy);
