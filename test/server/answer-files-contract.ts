/** What every store is held to where answers to requests have files, with simulated time. Part of the store contract. */

import { beforeEach, describe, expect, test } from 'vitest';
import { CHUNK_BYTES, SEALED_CHUNK_BYTES } from '../../src/core/protocol/chunks.js';
import { type NewUpload, UPLOAD_IDLE_MS } from '../../src/server/store/contracts/chunks.js';
import {
  type AnswerOutcome,
  answererOf,
  type NewAnswer,
  type NewRequest,
} from '../../src/server/store/contracts/requests.js';
import type { NewSecret } from '../../src/server/store/contracts/secrets.js';
import type { Store } from '../../src/server/store/contracts/store.js';
import { chunkOf, newUpload } from '../support/chunks.js';
import { LINK_HASH, newAnswer, newRequest, RECEIPT_HASH } from '../support/new-request.js';
import { NOW, newSecret } from '../support/new-secret.js';
import { RIGHT } from '../support/reading.js';

const MINUTE = 60_000;

/** Runs the contract on the store that `current` returns, a new one for each test. */
export function describeAnswerFilesContract(current: () => Store): void {
  let store: Store;
  beforeEach(() => {
    store = current();
  });

  /** Keeps a request. */
  async function ask(changes: Partial<NewRequest> = {}): Promise<NewRequest> {
    const request = newRequest(changes);
    expect(await store.requests.createRequest(request)).toMatchObject({ outcome: 'created' });
    return request;
  }

  const uploadFor = ({ id, answers }: NewRequest, changes: Partial<NewUpload> = {}) =>
    newUpload({ caller: answererOf(id), mostOpen: answers, ...changes });

  /** Uploads a full chunk and a short one for an answer, and gives the name of the upload. */
  async function uploaded(request: NewRequest, changes: Partial<NewUpload> = {}): Promise<string> {
    const upload = uploadFor(request, changes);
    expect(await store.chunks.beginUpload(upload)).toMatchObject({ outcome: 'begun' });
    await store.chunks.putChunk(upload.id, 0, chunkOf(0, SEALED_CHUNK_BYTES), NOW);
    await store.chunks.putChunk(upload.id, 1, chunkOf(1, 500), NOW);
    return upload.id;
  }

  /** An answer that has the chunks of an upload. */
  function answerWith(request: NewRequest, upload: string, changes: Partial<NewSecret> = {}): NewAnswer {
    const plain = newAnswer(request, changes);
    const bodyHash = plain.secret.idempotency?.bodyHash ?? '';
    return { ...plain, secret: { ...plain.secret, upload: { id: upload, chunks: 2, bodyHash } } };
  }

  const give = (request: NewRequest, answer: NewAnswer): Promise<AnswerOutcome> =>
    store.requests.answer(request.id, answer, LINK_HASH);

  async function received(request: NewRequest, now = NOW) {
    const found = await store.requests.listAnswers(request.id, RECEIPT_HASH, now);
    return found.outcome === 'found' ? found.received : [];
  }

  describe('an answer', () => {
    test('has the chunks of its upload, and who reads it gets them', async () => {
      const request = await ask();
      const answer = answerWith(request, await uploaded(request));
      const { id } = answer.secret;
      expect(await give(request, answer)).toMatchObject({ outcome: 'created', id });
      expect(await store.secrets.consume(id, 'claim', RIGHT, NOW)).toEqual({
        outcome: 'chunks not accepted',
      });
      expect(await store.secrets.consume(id, 'claim', RIGHT, NOW, true)).toMatchObject({
        outcome: 'consumed',
        chunks: 2,
      });
      const fetched = await store.chunks.fetchChunk(id, 'claim', 1, RIGHT, NOW);
      expect(fetched.outcome === 'chunk' && Uint8Array.from(fetched.bytes)).toEqual(chunkOf(1, 500));
      await store.secrets.acknowledge(id, 'claim', NOW);
      await store.purge(NOW);
      expect(await store.chunks.storedBytes(null)).toBe(0);
    });

    test('whose upload is not whole, or not known, takes nothing of the request', async () => {
      const request = await ask();
      const { id } = uploadFor(request);
      expect(await give(request, answerWith(request, id))).toEqual({ outcome: 'unknown upload' });
      const upload = await uploaded(request);
      const wrong = answerWith(request, upload);
      const three = { id: upload, chunks: 3, bodyHash: 'body' };
      expect(await give(request, { ...wrong, secret: { ...wrong.secret, upload: three } })).toEqual({
        outcome: 'incomplete upload',
      });
      expect(await received(request)).toEqual([]);
      expect(await give(request, answerWith(request, upload))).toMatchObject({ outcome: 'created' });
    });

    test('has only an upload for its own request, and no other secret has that', async () => {
      const [request, other] = [await ask(), await ask()];
      const [own, others] = [await uploaded(request), await uploaded(other)];
      const [ofCreates] = [newUpload()];
      await store.chunks.beginUpload(ofCreates);
      await store.chunks.putChunk(ofCreates.id, 0, chunkOf(0, SEALED_CHUNK_BYTES), NOW);
      await store.chunks.putChunk(ofCreates.id, 1, chunkOf(1, 500), NOW);
      for (const upload of [others, ofCreates.id]) {
        expect(await give(request, answerWith(request, upload))).toEqual({ outcome: 'unknown upload' });
      }
      const secret = newSecret({ upload: { id: own, chunks: 2, bodyHash: 'body' } });
      expect(await store.secrets.create(secret)).toEqual({ outcome: 'unknown upload' });
      expect(await give(request, answerWith(request, own))).toMatchObject({ outcome: 'created' });
      expect(await give(other, answerWith(other, others))).toMatchObject({ outcome: 'created' });
    });

    test('sent many times at once is one, and has the chunks', async () => {
      const request = await ask({ answers: 3 });
      const first = answerWith(request, await uploaded(request));
      const { upload, idempotency } = first.secret;
      const twins = Array.from({ length: 7 }, () => newAnswer(request, { upload, idempotency }));
      const outcomes = await Promise.all([first, ...twins].map((answer) => give(request, answer)));
      const [one, ...more] = await received(request);
      expect(more).toEqual([]);
      for (const outcome of outcomes) expect(outcome).toMatchObject({ id: one?.id });
      expect(outcomes.filter(({ outcome }) => outcome === 'created')).toHaveLength(1);
    });

    test('of many at once with one upload, one gets it', async () => {
      const request = await ask({ answers: 5 });
      const upload = await uploaded(request);
      const outcomes = await Promise.all(
        Array.from({ length: 6 }, () => give(request, answerWith(request, upload))),
      );
      expect(outcomes.filter(({ outcome }) => outcome === 'created')).toHaveLength(1);
      expect(outcomes.filter(({ outcome }) => outcome === 'unknown upload')).toHaveLength(5);
      expect(await received(request)).toHaveLength(1);
    });

    test('that comes too late leaves its upload, which is forgotten in time', async () => {
      const request = await ask();
      const upload = await uploaded(request);
      await give(request, newAnswer(request));
      expect(await give(request, answerWith(request, upload))).toEqual({
        outcome: 'closed',
        state: 'answered',
      });
      expect(await store.chunks.findUpload(upload, NOW)).toMatchObject({ bytes: CHUNK_BYTES + 484 });
      await store.purge(NOW + UPLOAD_IDLE_MS);
      expect(await store.chunks.storedBytes(null)).toBe(0);
    });

    test('without the proof of its request binds nothing', async () => {
      const request = await ask();
      const upload = await uploaded(request);
      const answer = answerWith(request, upload);
      expect(await store.requests.answer(request.id, answer, 'w'.repeat(43))).toEqual({
        outcome: 'wrong key',
      });
      expect(await store.chunks.findUpload(upload, NOW)).not.toBeNull();
    });
  });

  describe('uploads for answers', () => {
    test('are open in no greater number than their caller may have, at once or later', async () => {
      const [request, other] = [await ask({ answers: 3 }), await ask()];
      const outcomes = await Promise.all(
        Array.from({ length: 9 }, () => store.chunks.beginUpload(uploadFor(request))),
      );
      expect(outcomes.filter(({ outcome }) => outcome === 'begun')).toHaveLength(3);
      expect(outcomes.filter(({ outcome }) => outcome === 'too many')).toHaveLength(6);
      const fewer = uploadFor(request, { mostOpen: 2 });
      const [open] = outcomes.flatMap((outcome) => ('id' in outcome ? [outcome.id] : []));
      await store.chunks.forgetUpload(open ?? '', NOW);
      expect(await store.chunks.beginUpload(fewer)).toEqual({ outcome: 'too many' });
      expect(await store.chunks.beginUpload(uploadFor(other))).toMatchObject({ outcome: 'begun' });
    });

    test('take the room of who asked, with the answers that come of them', async () => {
      const request = await ask({ answers: 2, caller: 'who asked' });
      await store.secrets.create(newSecret({ caller: 'who asked', blob: new Uint8Array(7) }));
      const upload = await uploaded(request);
      const bytes = CHUNK_BYTES + 484;
      expect(await store.chunks.findUpload(upload, NOW)).toMatchObject({ owner: 'who asked' });
      expect(await store.chunks.storedBytes('who asked')).toBe(bytes + 7);
      expect(await store.chunks.uploadedBytes('who asked')).toBe(bytes);
      await give(request, answerWith(request, upload, { blob: new Uint8Array(100) }));
      expect(await store.chunks.storedBytes('who asked')).toBe(bytes + 107);
      expect(await store.chunks.uploadedBytes('who asked')).toBe(0);
      await give(request, newAnswer(request, { blob: new Uint8Array(20) }));
      expect(await store.chunks.storedBytes('who asked')).toBe(bytes + 127);
      expect(await store.chunks.storedBytes('somebody else')).toBe(0);
    });

    test('begin once for one idempotency key of their request', async () => {
      const [request, other] = [await ask({ answers: 2 }), await ask()];
      const idempotency = { key: 'key-1', bodyHash: 'hash-1' };
      const first = uploadFor(request, { idempotency });
      expect(await store.chunks.beginUpload(first)).toMatchObject({ outcome: 'begun' });
      const again = uploadFor(request, { idempotency, createdAt: NOW + MINUTE });
      expect(await store.chunks.beginUpload(again)).toMatchObject({ outcome: 'replayed', id: first.id });
      expect(await store.chunks.beginUpload(uploadFor(other, { idempotency }))).toMatchObject({
        outcome: 'begun',
      });
    });
  });
}
