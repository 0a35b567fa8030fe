/** Puzzles: made and checked by a server that keeps none, and solved by the client. */

import { expect, it } from 'vitest';
import { createSecret } from '../../src/client/create/create.js';
import { retrieveSecret } from '../../src/client/retrieve.js';
import type { Fetch } from '../../src/client/transport/fetch.js';
import type { PuzzleReply } from '../../src/core/protocol/gates.js';
import { PUZZLE_MS, Puzzles } from '../../src/server/secrets/gates/puzzles.js';
import { createTestServer } from '../../src/testing.js';
import { NOW } from '../support/new-secret.js';
import { encodeSolution, solutionOf } from '../support/puzzles.js';
import { harness, LINK_PROOF, PROOF, refusal, VERSION_2, WITH_PASSPHRASE, WRONG_PROOF } from './harness.js';

const WITH_PROOF = { 'zephr-proof': PROOF };
const ID = 'Ab3_-567890123456789_-';
const GATES = { captcha: true };

const decode = (text: string) =>
  JSON.parse(Buffer.from(text, 'base64').toString()) as Record<string, unknown>;

it('is solved by its number alone, for its secret, until its time is over', async () => {
  const puzzles = new Puzzles('salt', () => NOW);
  const solution = solutionOf(await puzzles.make(ID));
  const solved = await puzzles.solvedBy(solution, ID);
  expect(solved).toEqual({ name: expect.stringMatching(/^[0-9a-f]{24}$/), endsAt: NOW + PUZZLE_MS });
  // Any process over the same store takes it, and no other.
  expect(await new Puzzles('salt', () => NOW).solvedBy(solution, ID)).toEqual(solved);
  expect(await new Puzzles('pepper', () => NOW).solvedBy(solution, ID)).toBeNull();
  expect(await puzzles.solvedBy(solution, ID.replace('A', 'B'))).toBeNull();
});

it('is solved by nothing that was made up or changed', async () => {
  const puzzles = new Puzzles('salt', () => NOW);
  const solution = decode(solutionOf(await puzzles.make(ID)));
  const { number, salt } = solution;
  const later = String(salt).replace(/ends=\d+/, `ends=${NOW + 10 * PUZZLE_MS}`);
  const wrong = [
    { ...solution, number: Number(number) + 1 },
    { ...solution, number: String(number) },
    { ...solution, salt: later },
    { ...solution, salt: [salt] },
    { ...solution, algorithm: 'SHA-1' },
    { ...solution, signature: '0'.repeat(64) },
    // A number whose digits are moved into the salt.
    { ...solution, salt: `${salt}${String(number).slice(0, 1)}`, number: Number(String(number).slice(1)) },
    null,
    [],
    'text',
  ];
  for (const payload of wrong)
    expect([payload, await puzzles.solvedBy(encodeSolution(payload), ID)]).toEqual([payload, null]);
  for (const text of ['', '%%%', encodeSolution({}).slice(3)])
    expect(await puzzles.solvedBy(text, ID)).toBeNull();
});

it('is asked for by who has the key, and gives one view', async () => {
  const { create, call, made, clock } = harness();
  const created = await create({ ...VERSION_2, views: 2, gates: GATES });
  const { id } = (await created.json()) as { id: string };
  const ask = (headers: Record<string, string>, of = id) =>
    call('GET', `/api/secrets/${of}/captcha`, { headers });
  expect(await refusal(ask({}))).toBe('403 PROOF_REQUIRED');
  expect(await refusal(ask({ 'zephr-proof': WRONG_PROOF }))).toBe('403 WRONG_KEY');
  expect(await refusal(ask(WITH_PROOF, await made(VERSION_2)))).toBe('400 INVALID_REQUEST');
  expect(await refusal(ask(WITH_PROOF, 'x'.repeat(22)))).toBe('404 SECRET_NOT_FOUND');
  const puzzle = (await (await ask(WITH_PROOF)).json()) as PuzzleReply;
  const solved = { ...WITH_PROOF, 'zephr-captcha': solutionOf(puzzle) };
  const read = (headers: Record<string, string>) => call('GET', `/api/secrets/${id}`, { headers });
  expect(await refusal(read(WITH_PROOF))).toBe('403 CAPTCHA_REQUIRED');
  expect(await refusal(read({ ...WITH_PROOF, 'zephr-captcha': 'x'.repeat(2_049) }))).toBe(
    '400 INVALID_REQUEST',
  );
  expect((await read(solved)).status).toBe(200);
  expect(await refusal(read(solved))).toBe('403 CAPTCHA_REQUIRED');
  const another = {
    ...WITH_PROOF,
    'zephr-captcha': solutionOf((await (await ask(WITH_PROOF)).json()) as PuzzleReply),
  };
  clock.now += PUZZLE_MS;
  expect(await refusal(read(another))).toBe('403 CAPTCHA_REQUIRED');
  const last = (await (await ask(WITH_PROOF)).json()) as PuzzleReply;
  expect((await read({ ...WITH_PROOF, 'zephr-captcha': solutionOf(last) })).status).toBe(200);
  expect(await refusal(ask(WITH_PROOF))).toBe('410 SECRET_ALREADY_CONSUMED');
});

it('counts wrong passphrases with all others', async () => {
  const { create, call } = harness();
  const { id } = (await (await create({ ...WITH_PASSPHRASE, gates: GATES })).json()) as { id: string };
  const headers = { 'zephr-proof': WRONG_PROOF, 'zephr-link-proof': LINK_PROOF };
  const ask = () => refusal(call('GET', `/api/secrets/${id}/captcha`, { headers }));
  for (let count = 1; count <= 10; count += 1) expect(await ask()).toBe('403 WRONG_PASSPHRASE');
  expect(await ask()).toBe('429 TOO_MANY_ATTEMPTS');
});

it('is solved by the client by itself, under the same claim', async () => {
  const { server, fetch: inner } = createTestServer();
  const asked: { path: string; claim: string | undefined }[] = [];
  const fetch: Fetch = (url, init) => {
    const { pathname } = new URL(url);
    asked.push({
      path: `${init.method} ${pathname.split('/').slice(3).join('/')}`,
      claim: init.headers['Zephr-Claim'],
    });
    return inner(url, init);
  };
  const passphrase = 'correct horse';
  const { fullLink = '' } = await createSecret('s3cret', { server, fetch, passphrase, gates: GATES });
  asked.splice(0);
  expect((await retrieveSecret(fullLink, { fetch, passphrase })).plaintext).toBe('s3cret');
  expect(asked.map(({ path }) => path.replace(/[\w-]{22}/, ':id'))).toEqual([
    'GET :id',
    'GET :id/captcha',
    'GET :id',
    'DELETE :id',
  ]);
  expect(asked[2]?.claim).toBe(asked[0]?.claim);
});

it.each([
  ['is no puzzle', { challenge: 'x' }],
  ['has no solution', { challenge: '0'.repeat(64), maxnumber: 1_000 }],
  ['would take forever', { maxnumber: 1_000_001 }],
])('a client gives up when what a server sets %s', async (_, changes) => {
  const { server, fetch: inner } = createTestServer();
  const fetch: Fetch = async (url, init) => {
    const reply = await inner(url, init);
    if (!url.endsWith('/captcha') || !(reply instanceof Response)) return reply;
    return Response.json({ ...((await reply.json()) as object), ...changes });
  };
  const { fullLink = '' } = await createSecret('x', { server, fetch, gates: GATES });
  await expect(retrieveSecret(fullLink, { fetch })).rejects.toMatchObject({
    name: 'NetworkError',
    code: 'INVALID_REPLY',
  });
  expect((await retrieveSecret(fullLink, { fetch: inner })).plaintext).toBe('x');
});
