/** What may be done with a secret, as people write it: hosts, the place in a request, methods. */

import { ValidationError } from '../core/errors.js';
import type { Policy } from './records.js';
import { readSlot } from './request-slots.js';

const HOST =
  /^(?:\[[0-9A-Fa-f:.]{2,45}\]|(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)*[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)$/;

/**
 * A host that a secret is bound to: `host`, `host:port` or `host/path*`, in lower case.
 * @throws ValidationError `INVALID_BINDING`.
 */
export function parseBoundHost(text: string): string {
  const { host, port, path = '' } = splitBoundHost(text);
  const isPort = port === undefined || (Number(port) >= 1 && Number(port) <= 65_535);
  const isPath = !/[?#]/.test(path) && !path.slice(0, -1).includes('*');
  if (!HOST.test(host) || host.length > 253 || !isPort || !isPath) {
    throw invalid('a host is written as api.example.com, api.example.com:8443 or api.example.com/v1/*');
  }
  return `${host.toLowerCase()}${port === undefined ? '' : `:${Number(port)}`}${path}`;
}

/** The parts of a bound host; its host is empty for a text that is none. */
export function splitBoundHost(text: string): {
  readonly host: string;
  readonly port: string | undefined;
  /** With its slash, and perhaps a `*` at its end. */
  readonly path: string | undefined;
} {
  const [, host = '', port, path] = /^(\[[^\]]*\]|[^:/]*)(?::([0-9]{1,5}))?(\/[!-~]*)?$/.exec(text) ?? [];
  return { host, port, path };
}

/**
 * Where in a request a secret stands.
 * @throws ValidationError `INVALID_BINDING`.
 */
export function parseSlotName(text: string): string {
  if (readSlot(text) !== null) return text;
  throw invalid('--as is bearer, basic, header:<name>, query:<name>, body:<a.b> or form:<name>');
}

/**
 * A method of HTTP, in capitals.
 * @throws ValidationError `INVALID_BINDING`.
 */
export function parseMethod(text: string): string {
  if (/^[A-Za-z]{1,20}$/.test(text)) return text.toUpperCase();
  throw invalid('methods are written as GET,POST');
}

/** Whether a process may have the secret in its environment: an unbound one, or one whose binding says so. */
export function isForProcesses({ hosts, run }: Policy): boolean {
  return (hosts ?? []).length === 0 || run === true;
}

function invalid(message: string): ValidationError {
  return new ValidationError(message, 'INVALID_BINDING');
}
