/**
 * Guesses by the hundred, at once and from 400 networks: of wrong passphrases and codes as few are judged as the protocol
 * says, over both engines, and who knows only the URL keeps nobody out.
 */

import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { proofHeaders } from '../../src/client/authorization.js';
import { createSecret } from '../../src/client/create/create.js';
import { readSecret } from '../../src/client/read.js';
import { answerRequest } from '../../src/client/requests/answer-request.js';
import { collectAnswers } from '../../src/client/requests/collect-answers.js';
import { createRequest } from '../../src/client/requests/create-request.js';
import { unlockKey } from '../../src/core/crypto/key-schedule.js';
import { parseLink } from '../../src/core/links/reader.js';
import { parseCollectLink } from '../../src/core/links/request-links.js';
import { CODE_TRIES } from '../../src/server/store/contracts/gates.js';
import { codeIn, createIn, until, withServer } from '../support/codes.js';
import { startServerProcess } from '../support/server.js';
import { openSession } from '../support/session.js';
import { ENGINES, newStore, withoutEngine } from '../support/stores.js';

const GUESSES = 900;
const NETWORKS = 400;

/** How many wrong passphrases are judged before the first wait. */
const JUDGED = 10;

const random = () => randomBytes(32).toString('base64url');

/** Every address of this network is this machine; those of Linux need no setting up. */
const addressOf = (index: number) => `127.1.${Math.floor(index / 250)}.${1 + (index % 250)}`;

/** Asks from one of 400 addresses, and gives status and code. */
function ask(url: string, headers: Readonly<Record<string, string>>, agent: Agent, index: number) {
  return new Promise<string>((resolve, reject) => {
    const localAddress = addressOf(index % NETWORKS);
    const outgoing = request(url, { headers, agent, localAddress }, (incoming) => {
      const chunks: Buffer[] = [];
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
      incoming.on('end', () => {
        const { error } = JSON.parse(Buffer.concat(chunks).toString()) as { error?: { code: string } };
        resolve(`${incoming.statusCode} ${error?.code ?? ''}`.trim());
      });
    });
    outgoing.on('error', reject);
    outgoing.end();
  });
}

/** All guesses at once, half of them to each server, and how often each answer came. */
async function guess(
  urls: readonly string[],
  headersOf: (index: number) => Readonly<Record<string, string>>,
): Promise<Record<string, number>> {
  const agent = new Agent({ keepAlive: false, maxSockets: 200 });
  const answers = await Promise.all(
    Array.from({ length: GUESSES }, (_, index) => {
      const url = urls[index % urls.length] ?? '';
      return ask(url, headersOf(index), agent, index);
    }),
  );
  agent.destroy();
  const counts: Record<string, number> = {};
  for (const answer of answers) counts[answer] = (counts[answer] ?? 0) + 1;
  return counts;
}

const LINUX = process.platform === 'linux';

describe.runIf(LINUX).each(ENGINES)('over %s, by way of two servers', (engine) => {
  const skipped = withoutEngine(engine);

  async function servers(): Promise<string[]> {
    const store = await newStore(engine);
    const started = await Promise.all([startServerProcess({ store }), startServerProcess({ store })]);
    onTestFinished(async () => void (await Promise.all(started.map((server) => server.stop()))));
    return started.map(({ url }) => url);
  }

  it.skipIf(skipped)(
    `of ${GUESSES} wrong passphrases at once ten are judged, and one after each wait${skipped}`,
    async () => {
      const urls = await servers();
      const passphrase = 'open sesame';
      const { fullLink } = await createSecret('hunter2', { server: urls[0] ?? '', passphrase });
      const link = parseLink(fullLink);
      const right = proofHeaders(await unlockKey(link.key, passphrase));
      const paths = urls.map((url) => `${url}/api/secrets/${link.id}`);
      const began = performance.now();
      const counts = await guess(paths, () => ({ ...right, 'Zephr-Proof': random() }));
      // The waits are 1 s, 2 s, 4 s and so on, and after each one more is judged.
      const waits = Math.floor(Math.log2((performance.now() - began) / 1000 + 1));
      console.log(`${GUESSES} wrong passphrases from ${NETWORKS} networks: ${JSON.stringify(counts)}`);
      const { '403 WRONG_PASSPHRASE': judged = 0, '429 TOO_MANY_ATTEMPTS': refused = 0, ...others } = counts;
      expect(others).toEqual({});
      expect(judged).toBeGreaterThanOrEqual(JUDGED);
      expect(judged).toBeLessThanOrEqual(JUDGED + waits);
      expect(judged + refused).toBe(GUESSES);
    },
  );

  it.skipIf(skipped)(`${GUESSES} guesses of who knows only the URL keep nobody out${skipped}`, async () => {
    const urls = await servers();
    const passphrase = 'open sesame';
    const { fullLink } = await createSecret('hunter2', { server: urls[0] ?? '', passphrase });
    const paths = urls.map((url) => `${url}/api/secrets/${parseLink(fullLink).id}`);
    const counts = await guess(paths, () => ({ 'Zephr-Proof': random(), 'Zephr-Link-Proof': random() }));
    console.log(`${GUESSES} wrong keys from ${NETWORKS} networks: ${JSON.stringify(counts)}`);
    expect(counts).toEqual({ '403 WRONG_KEY': GUESSES });
    expect(Buffer.from((await readSecret(fullLink, { passphrase })).bytes).toString()).toBe('hunter2');
  });

  it.skipIf(skipped)(
    `${GUESSES} guesses at a collect link open nothing, and close nothing${skipped}`,
    async () => {
      const urls = await servers();
      const { requestLink, collectLink } = await createRequest({ server: urls[0] ?? '' });
      await answerRequest(requestLink, 'hunter2');
      const paths = urls.map((url) => `${url}/api/requests/${parseCollectLink(collectLink).id}/answers`);
      const counts = await guess(paths, () => ({ 'Zephr-Receipt': random() }));
      console.log(`${GUESSES} wrong receipts from ${NETWORKS} networks: ${JSON.stringify(counts)}`);
      expect(counts).toEqual({ '403 WRONG_KEY': GUESSES });
      const [answer] = (await collectAnswers(collectLink)).answers;
      expect(answer?.state).toBe('waiting');
    },
  );
});

describe.runIf(LINUX)('a code', () => {
  it(`is judged five times, of ${GUESSES} guesses at once`, async () => {
    const { folder } = openSession();
    const program = join(folder, 'sms');
    writeFileSync(program, `#!/bin/sh\ncat > ${folder}/part && mv ${folder}/part ${folder}/text\n`, {
      mode: 0o755,
    });
    const session = await withServer(['--sms-command', program, '--sms-countries', '+49']);
    await createIn(session, '--code-to +4930123456');
    await session.sh('zephr get < link');
    await until(() => existsSync(join(folder, 'text')));
    const code = codeIn(readFileSync(join(folder, 'text'), 'utf8').split('\n')[1] ?? '');
    const link = parseLink(readFileSync(join(session.folder, 'link'), 'utf8'));
    const right = proofHeaders(await unlockKey(link.key));
    const counts = await guess([`${link.server}/api/secrets/${link.id}`], (index) => ({
      ...right,
      'Zephr-Code': String((Number(code) + 1 + index) % 1_000_000).padStart(6, '0'),
    }));
    console.log(`${GUESSES} wrong codes from ${NETWORKS} networks: ${JSON.stringify(counts)}`);
    expect(counts).toEqual({ '403 WRONG_CODE': CODE_TRIES, '403 CODE_REQUIRED': GUESSES - CODE_TRIES });
    // The right one is of no use any more, and nothing was used up.
    expect(await session.sh(`zephr get -q --code ${code} < link`)).toMatchObject({ stdout: '' });
    expect((await session.sh('zephr status < link')).stdout).toMatch(/^waiting/);
  });
});
