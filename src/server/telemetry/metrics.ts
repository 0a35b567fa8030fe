/** What the server counts. Numbers only: no label holds an id, an address, a path, or other text from a client. */

import type { RequestVerb } from '../store/contracts/store.js';

/** What can happen to secrets. */
export const SECRET_EVENTS = ['created', 'read', 'revoked', 'expired'] as const;

export type SecretEvent = (typeof SECRET_EVENTS)[number];

/** Where the server counts. */
export interface Metrics {
  /** A request was answered. @param route its pattern. @param method as it came: {@link methodLabel} limits them. */
  request(route: string, method: string, status: number, seconds: number): void;
  /** Secrets changed. */
  secrets(event: SecretEvent, count: number): void;
  /** The store answered, or failed. */
  store(verb: RequestVerb, ok: boolean, seconds: number): void;
  /** All numbers, in the format that `contentType` names. */
  text(): Promise<string>;
  readonly contentType: string;
}

const METHODS = ['GET', 'HEAD', 'POST', 'DELETE', 'OPTIONS'];

/** A method as a label: one that the server knows, or `other`. */
export function methodLabel(method: string): string {
  return METHODS.includes(method) ? method : 'other';
}
