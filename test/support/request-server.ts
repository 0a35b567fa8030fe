/** The calls of core/protocol/PROTOCOL.md section 8 in front of a server that has those of section 4, as a client sees them. */

import { createHash, randomBytes } from 'node:crypto';
import type { Fetch, FetchInit } from '../../src/client/transport/fetch.js';
import type { AnswerBody, RequestBody } from '../../src/core/protocol/secret-requests.js';

interface Kept {
  readonly body: RequestBody;
  readonly expiresAt: number;
  readonly answers: {
    id: string;
    wrapped_key: string;
    created_at: string;
    expires_at: string;
    state: string;
  }[];
  cancelled: boolean;
}

/** A fetch that answers the calls about requests itself, and passes on all others, those of the answers' secrets too. */
export function withRequests(server: string, inner: Fetch): Fetch {
  const requests = new Map<string, Kept>();

  async function answer(one: Kept, init: FetchInit): Promise<Response> {
    const { wrapped_key, ...body } = JSON.parse(String(init.body)) as AnswerBody;
    const { secret_expiry: expiry, answer_views: views = 1 } = one.body;
    const created = await inner(`${server}/api/secrets`, {
      ...init,
      headers: { 'Content-Type': 'application/json', 'Idempotency-Key': randomBytes(9).toString('hex') },
      body: JSON.stringify({ ...body, expiry, views }),
    });
    const { id, expires_at } = (await jsonOf(created)) as { id: string; expires_at: string };
    one.answers.push({ id, wrapped_key, expires_at, created_at: new Date().toISOString(), state: 'waiting' });
    return reply(201, { id, expires_at });
  }

  return async (url, init) => {
    const { pathname, searchParams } = new URL(url);
    const [matched, id, answers] = /\/api\/requests(?:\/([^/]+)(\/answers)?)?$/.exec(pathname) ?? [];
    if (matched === undefined) {
      const passed = await inner(url, init);
      const [, secret] = /\/api\/secrets\/([^/]+)$/.exec(pathname) ?? [];
      for (const { answers: all } of requests.values()) {
        const read = all.find((one) => one.id === secret);
        if (read !== undefined && init.method === 'GET' && passed.status === 200) read.state = 'read';
      }
      return passed;
    }
    if (id === undefined) {
      const body = JSON.parse(String(init.body)) as RequestBody;
      const made = randomBytes(16).toString('base64url');
      const expiresAt = Date.now() + body.expiry * 60_000;
      requests.set(made, { body, expiresAt, answers: [], cancelled: false });
      return reply(201, { id: made, expires_at: new Date(expiresAt).toISOString() });
    }
    const one = requests.get(id);
    if (one === undefined) return refusal(404, 'REQUEST_NOT_FOUND');
    const isFromAsker = (answers !== undefined && init.method === 'GET') || init.method === 'DELETE';
    const shown = init.headers[isFromAsker ? 'Zephr-Receipt' : 'Zephr-Proof'] ?? '';
    if (hashOf(shown) !== (isFromAsker ? one.body.receipt_hash : one.body.proof_hash))
      return refusal(403, 'WRONG_KEY');
    if (init.method === 'DELETE') {
      one.cancelled = true;
      return reply(204);
    }
    if (init.method === 'POST') {
      const { state } = stateOf(one);
      return state === 'open' ? answer(one, init) : refusal(410, `REQUEST_${state.toUpperCase()}`);
    }
    if (answers === undefined) {
      const { public_key, suite, sealed_message, secret_expiry, answers: most = 1 } = one.body;
      const shownTo = { public_key, suite, sealed_message, secret_expiry, answers: most };
      return reply(200, { ...shownTo, ...stateOf(one), limits: { blob: 1 << 20 } });
    }
    const until = Date.now() + Number(searchParams.get('wait') ?? 0) * 1000;
    while (Date.now() < until && stateOf(one).state === 'open' && one.answers.length === 0) {
      init.signal.throwIfAborted();
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    return reply(200, { ...stateOf(one), answers: one.answers });
  };
}

function stateOf({ body, answers, cancelled, expiresAt }: Kept) {
  const answers_left = (body.answers ?? 1) - answers.length;
  const over = expiresAt < Date.now() ? 'expired' : 'open';
  const state = cancelled ? 'cancelled' : answers_left === 0 ? 'answered' : over;
  return { state, answers_left, expires_at: new Date(expiresAt).toISOString() };
}

function hashOf(text: string): string {
  return createHash('sha256').update(Buffer.from(text, 'base64url')).digest('base64url');
}

async function jsonOf(answer: Awaited<ReturnType<Fetch>>): Promise<unknown> {
  const chunks: Uint8Array[] = [];
  const reader = answer.body?.getReader();
  for (;;) {
    const { done, value } = (await reader?.read()) ?? { done: true };
    if (done || value === undefined) return JSON.parse(Buffer.concat(chunks).toString());
    chunks.push(value);
  }
}

function reply(status: number, json?: unknown): Response {
  const headers = { 'Content-Type': 'application/json', Date: new Date().toUTCString() };
  return new Response(json === undefined ? null : JSON.stringify(json), { status, headers });
}

function refusal(status: number, code: string): Response {
  return reply(status, { error: { code, message: code.toLowerCase() } });
}
