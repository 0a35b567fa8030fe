/** Messages of JSON-RPC 2.0, as the Model Context Protocol uses them over stdio: one on a line of UTF-8. */

import { decodeUtf8 } from '../../core/bytes.js';

/** The id of a request. The protocol allows no null. */
export type RequestId = string | number;

export interface RpcRequest {
  readonly id: RequestId;
  readonly method: string;
  readonly params: Readonly<Record<string, unknown>>;
}

export interface RpcNotification {
  readonly method: string;
  readonly params: Readonly<Record<string, unknown>>;
}

/** What a peer sent: `other` is an answer to something that was never asked. */
export type Incoming =
  | { readonly kind: 'request'; readonly request: RpcRequest }
  | { readonly kind: 'notification'; readonly notification: RpcNotification }
  | { readonly kind: 'other' }
  | { readonly kind: 'invalid'; readonly id: RequestId | null; readonly error: RpcError };

/** Error codes of JSON-RPC 2.0, section 5.1. */
export const RPC_CODES = {
  parse: -32_700,
  invalidRequest: -32_600,
  methodNotFound: -32_601,
  invalidParams: -32_602,
  internal: -32_603,
} as const;

/** An error that a peer gets. Its message repeats nothing of what the peer sent. */
export class RpcError extends Error {
  override readonly name = 'RpcError';
  readonly code: number;

  constructor(kind: keyof typeof RPC_CODES, message: string) {
    super(message);
    this.code = RPC_CODES[kind];
  }
}

export type Outgoing =
  | { readonly id: RequestId; readonly result: object }
  | { readonly id: RequestId | null; readonly error: RpcError }
  | { readonly method: string; readonly params: object };

/** A message as JSON, without a line end in it. */
export function formatMessage(message: Outgoing): string {
  if (!('error' in message)) return JSON.stringify({ jsonrpc: '2.0', ...message });
  const { code, message: text } = message.error;
  return JSON.stringify({ jsonrpc: '2.0', id: message.id, error: { code, message: text } });
}

/**
 * Reads a line: one message, or several in an array, which version 2025-03-26 alone allows.
 * @returns the messages, and whether they came in an array.
 */
export function readLine(line: Uint8Array): {
  readonly messages: readonly Incoming[];
  readonly isBatch: boolean;
} {
  let value: unknown;
  try {
    value = JSON.parse(decodeUtf8(line));
  } catch {
    // What a parser says of it would repeat it.
    return { messages: [invalid(null, 'parse', 'the line is not JSON in UTF-8')], isBatch: false };
  }
  if (!Array.isArray(value)) return { messages: [readMessage(value)], isBatch: false };
  if (value.length > 0) return { messages: value.map(readMessage), isBatch: true };
  return { messages: [invalid(null, 'invalidRequest', 'the batch is empty')], isBatch: false };
}

function readMessage(value: unknown): Incoming {
  if (!isObject(value)) return invalid(null, 'invalidRequest', 'a message is an object');
  const { jsonrpc, id, method, params = {} } = value;
  const ownId = isId(id) ? id : null;
  if (jsonrpc !== '2.0') return invalid(ownId, 'invalidRequest', 'jsonrpc is "2.0"');
  if (method === undefined && ('result' in value || 'error' in value)) return { kind: 'other' };
  if (typeof method !== 'string') return invalid(ownId, 'invalidRequest', 'method is a string');
  if (!isObject(params)) return invalid(ownId, 'invalidParams', 'params is an object');
  if (!('id' in value)) return { kind: 'notification', notification: { method, params } };
  if (ownId === null) return invalid(null, 'invalidRequest', 'id is a string or a whole number');
  return { kind: 'request', request: { id: ownId, method, params } };
}

function invalid(id: RequestId | null, kind: keyof typeof RPC_CODES, message: string): Incoming {
  return { kind: 'invalid', id, error: new RpcError(kind, message) };
}

export function isId(value: unknown): value is RequestId {
  return typeof value === 'string' || (typeof value === 'number' && Number.isSafeInteger(value));
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
