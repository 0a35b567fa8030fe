/** A server that is killed in the middle of its work, and started again on the same store. */

import { expect, onTestFinished, test } from 'vitest';
import { PROOF, PROOF_HASH } from '../server/harness.js';
import { type ServerProcess, startServerProcess } from '../support/server.js';
import { ENGINES, newStore, withoutEngine } from '../support/stores.js';

const WORKERS = 8;

/** A secret whose create was answered with 201, and what was tried with it. */
interface Known {
  readonly id: string;
  readonly blob: string;
  /** `null` for version 1, which is read without. */
  readonly claim: string | null;
  fate: 'waiting' | 'asked for' | 'read' | 'acknowledging' | 'acknowledged';
}

let made = 0;

async function create(url: string): Promise<Known> {
  made += 1;
  const claim = made % 2 ? null : `claim-${made}`.padEnd(22, '_');
  const blob = `blob${made}`.padEnd(made % 7 === 0 ? 40_000 : 400, 'x');
  const response = await fetch(`${url}/api/secrets`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'idempotency-key': `key-${made}` },
    body: JSON.stringify({
      encrypted_blob: blob,
      expiry: 60,
      split_url_mode: false,
      ...(claim !== null && { version: 2, proof_hash: PROOF_HASH }),
    }),
  });
  const { id } = (await response.json()) as { id: string };
  return { id, blob, claim, fate: 'waiting' };
}

/** The blob of a 200, or the status. */
async function read(url: string, { id, claim }: Pick<Known, 'id' | 'claim'>): Promise<string | number> {
  const headers = claim === null ? {} : { 'zephr-proof': PROOF, 'zephr-claim': claim };
  const response = await fetch(`${url}/api/secrets/${id}`, { headers });
  const body = (await response.json()) as { encrypted_blob: string };
  return response.status === 200 ? body.encrypted_blob : response.status;
}

async function acknowledge(url: string, { id, claim }: Known): Promise<void> {
  const headers = { 'zephr-claim': claim ?? '' };
  expect((await fetch(`${url}/api/secrets/${id}`, { method: 'DELETE', headers })).status).toBe(204);
}

/** Creates, reads and acknowledges without a pause; calls `enough` when that many answers came. */
async function work(url: string, answers: number, enough: () => Promise<void>): Promise<Known[]> {
  const known: Known[] = [];
  let ended: Promise<void> | undefined;
  let count = 0;
  const answered = () => {
    count += 1;
    if (count === answers) ended = enough();
  };
  const worker = async () => {
    while (!ended) {
      known.push(await create(url));
      answered();
      const secret = known.find(({ fate }) => fate === 'waiting');
      if (!secret || known.length % 3 === 0) continue;
      secret.fate = 'asked for';
      expect(await read(url, secret)).toBe(secret.blob);
      secret.fate = 'read';
      answered();
      if (secret.claim === null || known.length % 2 === 0) continue;
      secret.fate = 'acknowledging';
      await acknowledge(url, secret);
      secret.fate = 'acknowledged';
      answered();
    }
  };
  const workers = await Promise.allSettled(Array.from({ length: WORKERS }, worker));
  await ended;
  for (const { reason } of workers.filter((result) => result.status === 'rejected')) {
    // Only the kill may have ended a worker.
    expect(reason).toBeInstanceOf(TypeError);
  }
  return known;
}

/** What a read must give after the restart. */
function expected({ fate, claim, blob }: Known): (string | number)[] {
  if (fate === 'waiting') return [blob];
  if (fate === 'acknowledged') return [410];
  if (fate === 'acknowledging') return [blob, 410];
  // A claim reads again, whether its answer arrived or not. Without one, an answer that arrived was the only one.
  if (claim !== null) return [blob];
  return fate === 'read' ? [410] : [blob, 410];
}

/** A server that ends with its test. */
async function start(store: string): Promise<ServerProcess> {
  const server = await startServerProcess({ store });
  onTestFinished(async () => void (await server.stop('SIGKILL')));
  return server;
}

for (const engine of ENGINES) {
  const missing = withoutEngine(engine);
  const name = `a server on ${engine} killed with SIGKILL loses nothing it promised, and gives nothing twice`;
  test.skipIf(missing)(name + missing, async () => {
    const store = await newStore(engine);
    let server = await start(store);
    for (const answers of [150, 400]) {
      const kill = async () => void (await server.stop('SIGKILL'));
      const known = await work(server.url, answers, kill);
      expect(new Set(known.map(({ fate }) => fate)).size).toBeGreaterThan(2);
      server = await start(store);
      for (const secret of known) {
        expect(expected(secret)).toContain(await read(server.url, secret));
        const other = secret.claim === null ? null : 'another-claim-of-nobody';
        expect(await read(server.url, { id: secret.id, claim: other })).toBe(410);
      }
    }
  });
}
