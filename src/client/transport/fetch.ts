/** The part of the Fetch Standard (https://fetch.spec.whatwg.org) that the client needs of the fetch it is given. */

import type { Bytes } from '../../core/bytes.js';

/** What a request is sent with. */
export interface FetchInit {
  readonly method: string;
  readonly headers: Record<string, string>;
  /** A string is sent as UTF-8; bytes are a chunk of files. */
  readonly body?: string | Bytes;
  /** Redirects are not followed: the reply is the redirect itself, or in browsers one of status 0. */
  readonly redirect: 'manual';
  /** Ends the request, or the reading of its reply. */
  readonly signal: AbortSignal;
}

/** Reads the body of a reply. */
export interface FetchReader {
  /** The next bytes, or `done` at the end. It rejects when the connection is lost before the end. */
  read(): Promise<{ done: boolean; value?: Uint8Array | undefined }>;
  /** Says that the rest of the body is not wanted. */
  cancel(reason?: unknown): Promise<void>;
}

/** A reply of any status. */
export interface FetchReply {
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  readonly body: { getReader(): FetchReader } | null;
}

/** `globalThis.fetch`, or a function that does as much of it. It rejects when no reply came, and never for a status. */
export type Fetch = (url: string, init: FetchInit) => Promise<FetchReply>;
