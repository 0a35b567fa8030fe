/**
 * What a create with attachments leaves behind when it is broken off, so that another process can go on with it. A key
 * and a nonce seal once (core/protocol/PROTOCOL.md section 3.1): the other process may go on under the same key only if
 * every chunk that was sealed has the same plaintext again, and so its digest is kept before it is.
 */

import type { ChunkJournal } from './upload.js';

/** A create that was broken off. Whoever has this can open the secret: it is for its owner only. */
export interface BrokenOffCreate {
  /** The link's key, as `formatKey` writes it. */
  readonly key: string;
  /** Shows whether a passphrase that is given again is the same. */
  readonly proofHash: string;
  readonly idempotencyKey: string;
  readonly upload: string;
  /** The most bytes that the upload takes. */
  readonly maxBytes: number;
  /** The receipt that the sender gets, in base64url; missing where there is none. */
  readonly receipt?: string;
  /** The body of the create, once all chunks are there. It is sent as it was first made. */
  readonly body?: string;
}

/** Keeps the state of a create that is under way. What it was given is on the disk when it resolves. */
export interface CreateJournal extends ChunkJournal {
  /** What an earlier process left of the same create: the same server, options and sources. */
  readonly earlier: BrokenOffCreate | null;
  /** Begins anew: what was kept before, digests too, is forgotten. */
  begin(create: BrokenOffCreate): Promise<void>;
  /** Adds the body that is about to be sent. */
  noteBody(body: string): Promise<void>;
}

/** Thrown by a journal for a chunk that differs from the one in its place: the source has changed. */
export class SourceChanged extends Error {
  override readonly name = 'SourceChanged';

  constructor() {
    super('a source has changed since the upload began');
  }
}
