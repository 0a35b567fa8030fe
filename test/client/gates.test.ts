/** Gates at the client: what is asked of a server before anything of a secret is sent, and what is believed of its answer. */

import { expect, it } from 'vitest';
import { createSecret } from '../../src/client/create/create.js';
import type { SecretGates } from '../../src/client/create/gates.js';
import { solvedPuzzle } from '../../src/client/gates/puzzle.js';
import { createRequest } from '../../src/client/requests/create-request.js';
import { retrieveSecret } from '../../src/client/retrieve.js';
import { secretStatus } from '../../src/client/status.js';
import type { Fetch } from '../../src/client/transport/fetch.js';
import { createTestServer } from '../../src/testing.js';

const ADDRESSES: SecretGates = { addresses: ['127.0.0.1'] };

/** A server in memory, and the requests that it gets. */
function watched() {
  const { server, fetch: inner, advance } = createTestServer();
  const asked: string[] = [];
  const bodies: string[] = [];
  let ahead = 0;
  const fetch: Fetch = async (url, init) => {
    asked.push(`${init.method} ${new URL(url).pathname.replace(/[A-Za-z0-9_-]{22}/, ':id')}`);
    bodies.push(String(init.body));
    const reply = await inner(url, init);
    if (reply instanceof Response) reply.headers.set('Date', new Date(Date.now() + ahead).toUTCString());
    return reply;
  };
  const later = (ms: number) => {
    ahead += ms;
    advance(ms);
  };
  return { options: { server, fetch }, asked, bodies, advance: later };
}

/** The same, which changes the JSON of its answers at a path. */
function lying(path: string, change: (json: Record<string, unknown>) => object) {
  const { options, asked } = watched();
  const fetch: Fetch = async (url, init) => {
    const reply = await options.fetch(url, init);
    if (new URL(url).pathname !== path) return reply;
    const json = JSON.parse(await new Response(reply.body as ReadableStream).text()) as Record<
      string,
      unknown
    >;
    return new Response(JSON.stringify(change(json)), { status: reply.status });
  };
  return { options: { ...options, fetch }, asked };
}

it('a create asks what is offered, and then for that', async () => {
  const { options, asked, bodies } = watched();
  const { fullLink } = await createSecret('x', { ...options, gates: ADDRESSES });
  expect(asked).toEqual(['GET /api/health', 'POST /api/secrets']);
  expect(JSON.parse(bodies[1] ?? '')).toMatchObject({ gates: { addresses: ['127.0.0.1'] } });
  expect(await secretStatus(fullLink ?? '', options)).toMatchObject({ gates: ['addresses'] });
  expect((await retrieveSecret(fullLink ?? '', options)).plaintext).toBe('x');
  await createSecret('x', options);
  expect(asked.at(-1)).toBe('POST /api/secrets');
  expect(asked.filter((one) => one.includes('health'))).toHaveLength(1);
});

it('what is not offered is refused before anything is sent', async () => {
  const { options, asked } = watched();
  for (const create of [
    () => createSecret('x', { ...options, gates: { countries: ['FR'] } }),
    () => createRequest({ ...options, gates: { countries: ['FR'] } }),
  ]) {
    await expect(create()).rejects.toMatchObject({ name: 'ValidationError', code: 'GATE_NOT_OFFERED' });
    expect(asked.splice(0)).toEqual(['GET /api/health']);
  }
  const old = lying('/api/health', ({ gates: _, ...health }) => health);
  await expect(createSecret('x', { ...old.options, gates: ADDRESSES })).rejects.toMatchObject({
    code: 'GATE_NOT_OFFERED',
  });
});

it('what breaks a rule is refused before anything is asked', async () => {
  const { options, asked } = watched();
  for (const gates of [{}, { addresses: ['localhost'] }, { notBefore: 'tomorrow' }, { countries: ['UK'] }]) {
    await expect(createSecret('x', { ...options, gates })).rejects.toMatchObject({ code: 'INVALID_GATES' });
    await expect(createRequest({ ...options, gates })).rejects.toMatchObject({ code: 'INVALID_GATES' });
  }
  await expect(createSecret('x', { ...options, link: 'v1', gates: ADDRESSES })).rejects.toMatchObject({
    code: 'NEEDS_VERSION_2',
  });
  expect(asked).toEqual([]);
});

it('a secret is taken back from a server that does not keep its gates, and so is a request', async () => {
  const server = lying('/api/secrets', (reply) => ({ ...reply, kept: ['receipt_hash'] }));
  await expect(createSecret('x', { ...server.options, gates: ADDRESSES })).rejects.toMatchObject({
    name: 'NetworkError',
    code: 'GATES_NOT_KEPT',
    message: 'zephr.test would let readers past the gates; the secret was revoked',
  });
  expect(server.asked.at(-1)).toBe('DELETE /api/secrets/:id');
  const other = lying('/api/requests', ({ kept: _, ...reply }) => reply);
  await expect(createRequest({ ...other.options, gates: ADDRESSES })).rejects.toMatchObject({
    code: 'GATES_NOT_KEPT',
    message: 'zephr.test would let readers past the gates; the request was cancelled',
  });
  expect(other.asked.at(-1)).toBe('DELETE /api/requests/:id');
});

it('a time from now counts by the clock of the server', async () => {
  const { options, advance } = watched();
  advance(20 * 60_000);
  const { fullLink = '' } = await createSecret('x', { ...options, gates: { notBefore: '10m' } });
  const { notBefore = '', createdAt } = await secretStatus(fullLink, options);
  // `Date` has whole seconds.
  const ms = Date.parse(notBefore) - Date.parse(createdAt);
  expect(Math.abs(ms - 600_000)).toBeLessThan(5_000);
  await expect(retrieveSecret(fullLink, options)).rejects.toMatchObject({
    code: 'TOO_EARLY',
    statusCode: 403,
  });
  advance(10 * 60_000 + 1_000);
  expect((await retrieveSecret(fullLink, options)).plaintext).toBe('x');
});

it('files have gates as well', async () => {
  const { options } = watched();
  const attachments = [{ name: 'a', content: new Uint8Array(5) }];
  const { fullLink = '' } = await createSecret('', {
    ...options,
    attachments,
    gates: { addresses: ['192.0.2.1'] },
  });
  await expect(retrieveSecret(fullLink, options)).rejects.toMatchObject({ code: 'ADDRESS_NOT_ALLOWED' });
  expect(await secretStatus(fullLink, options)).toMatchObject({ state: 'waiting', viewsLeft: 1, chunks: 1 });
});

it.each([0, 0.5, 1_000_001, 2 ** 53])(
  'a puzzle of %s numbers is none, and gets no work',
  async (maxnumber) => {
    const hex = 'a'.repeat(64);
    const puzzle = { algorithm: 'SHA-256', challenge: hex, salt: 'x', signature: hex, maxnumber };
    const solved = solvedPuzzle(
      `https://zephr.test/api/secrets/${'A'.repeat(22)}`,
      {},
      {
        fetch: async () => Response.json(puzzle),
      },
    );
    await expect(solved).rejects.toMatchObject({
      code: 'INVALID_REPLY',
      message: expect.stringContaining('maxnumber is wrong'),
    });
  },
);
