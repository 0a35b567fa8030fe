/** What the server counts. Numbers only: no label holds an id, an address, a path or anything else a client chose. */

import type { RequestVerb } from '../store/contracts/store.js';

/** What can become of secrets. */
export type SecretEvent = 'created' | 'read' | 'revoked' | 'expired';

/** Where the server counts. */
export interface Metrics {
  /** A request was answered. @param route its pattern; {@link methodLabel} bounds the methods. */
  request(route: string, method: string, status: number, seconds: number): void;
  /** Secrets changed. */
  secrets(event: SecretEvent, count: number): void;
  /** The store answered, or failed to. */
  store(verb: RequestVerb, ok: boolean, seconds: number): void;
  /** The numbers, in the form `contentType` says. */
  text(): Promise<string>;
  readonly contentType: string;
}

const METHODS = ['GET', 'HEAD', 'POST', 'DELETE', 'OPTIONS'];

/** A method as a label: those the server has, and `other`. */
export function methodLabel(method: string): string {
  return METHODS.includes(method) ? method : 'other';
}
