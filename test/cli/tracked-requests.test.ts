/** Keeping track of requests and of answers: their lines in the list, their states, and cancelling. */

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { decodeBase64url } from '../../src/core/base64url.js';
import { deriveCollectKeys } from '../../src/core/crypto/request.js';
import { httpHost } from '../support/hosts.js';
import { startServerProcess } from '../support/server.js';
import type { Session } from '../support/session.js';
import { sharedServer } from '../support/shared-server.js';
import { ENGINES, newStore, withoutEngine } from '../support/stores.js';

const server = sharedServer();

const stateOf = ({ folder }: Session) => join(folder, '.local/state/zephr');
const linesOf = (session: Session) => {
  const path = join(stateOf(session), 'sent.jsonl');
  const text = existsSync(path) ? readFileSync(path, 'utf8') : '';
  const lines = text.split('\n').filter((line) => line !== '');
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
};

/** Asks for answers, with the link in the file `link`, and gives the id. */
async function ask({ sh }: Session, options = ''): Promise<string> {
  const { stdout } = await sh(`zephr request --json ${options}`);
  const { id, requestLink } = JSON.parse(stdout) as { id: string; requestLink: string };
  await sh('printf %s "$LINK" > link', { env: { LINK: requestLink } });
  return id;
}

describe.each(ENGINES)('over %s', (engine) => {
  it.skipIf(withoutEngine(engine))(
    `a request is followed, cancelled and forgotten, and so is the answer of who gave it${withoutEngine(engine)}`,
    { timeout: 120_000 },
    async () => {
      const process = await startServerProcess({ store: await newStore(engine) });
      const asker = server.session({ ZEPHR_SERVER: process.url });
      const id = await ask(asker, "--answers 3 --views 2 --memo 'from bob'");
      const giver = server.session();
      const link = readFileSync(join(asker.folder, 'link'), 'utf8');

      expect((await asker.sh('zephr ls')).stdout).toMatch(
        new RegExp(`^${id.slice(0, 8)} {2}open {6}.* ago +0/3 +from bob\n$`),
      );
      expect((await asker.sh(`zephr status '${id}'`)).stdout).toMatch(/^open, 3 to come, expires in 1 day/);
      expect(
        await asker.sh(`zephr status --is open '${id}'; zephr status --is answered '${id}'`),
      ).toMatchObject({ code: 11, stdout: '' });

      await giver.sh(`for n in 1 2; do echo hunter$n | zephr give -q --memo "for ops $n" '${link}'; done`);
      const given = JSON.parse((await giver.sh('zephr ls --json')).stdout) as {
        secrets: Record<string, unknown>[];
      };
      expect(given.secrets).toMatchObject([
        { kind: 'secret', state: 'waiting', views: 2, memo: 'for ops 2', request: id },
        { kind: 'secret', state: 'waiting', viewsLeft: 2, memo: 'for ops 1' },
      ]);
      expect(await asker.sh(`zephr get -q -- ${id}`)).toMatchObject({ stdout: 'hunter1\n' });
      expect((await giver.sh('zephr ls')).stdout).toMatch(/0\/2 +for ops 2\n.* 1\/2 +for ops 1\n$/);
      expect((await asker.sh(`zephr status '${id}'`)).stdout).toMatch(
        /^open, 2 answers came, 2 of them not read yet, 1 to come, expires/,
      );
      // Who gave an answer takes it back.
      expect((await giver.sh(`zephr revoke -q '${String(given.secrets[0]?.id)}'`)).code).toBe(0);

      expect((await asker.sh(`zephr revoke '${id}'`)).stderr).toBe(
        'cancelled: nobody can answer it any more; zephr get takes what came\n',
      );
      expect((await giver.sh(`echo late | zephr give '${link}'`)).code).toBe(6);
      expect(JSON.parse((await asker.sh('zephr stats --json')).stdout)).toMatchObject({
        states: { waiting: 0, read: 0, expired: 0, revoked: 0 },
        requests: {
          states: { open: 0, answered: 0, expired: 0, cancelled: 1 },
          created: { today: 1, thisWeek: 1, thisMonth: 1, total: 1 },
        },
      });
      expect((await asker.sh('zephr ls --state cancelled')).stdout).toContain(id.slice(0, 8));
      expect((await asker.sh('zephr ls --state waiting')).stdout).toBe('');
      expect((await asker.sh('zephr ls --forget')).stderr).toBe('1 of them dropped from the list\n');
      await process.stop();
    },
  );
});

describe('many requests', () => {
  const HOUR = 60 * 60_000;
  const expiresAt = new Date(Date.now() + HOUR).toISOString();
  const OPEN = JSON.stringify({ state: 'open', expires_at: expiresAt, answers_left: 1, answers: [] });

  /** A session whose list has so many open requests at a server. */
  function withRequests(url: string, count: number): Session {
    const session = server.session({ ZEPHR_SERVER: url });
    mkdirSync(stateOf(session), { recursive: true });
    const line = (place: number) =>
      JSON.stringify({
        ...{ kind: 'request', server: url, id: `request-${place}`.padEnd(22, '_'), receipt: 'A'.repeat(43) },
        ...{ createdAt: new Date().toISOString(), expiresAt, answers: 1 },
      });
    const lines = Array.from({ length: count }, (_, place) => `${line(place)}\n`);
    writeFileSync(join(stateOf(session), 'sent.jsonl'), lines.join(''));
    return session;
  }

  it('are asked about side by side, and so many at a time that a server bears it', async () => {
    const [count, atOnce] = [50, 16];
    let [asked, most] = [0, 0];
    const held: ServerResponse[] = [];
    const url = await httpHost((_, response) => {
      asked += 1;
      most = Math.max(most, held.push(response));
      // None gets an answer before as many as may come have come.
      if (held.length === atOnce || asked === count) for (const one of held.splice(0)) one.end(OPEN);
    });
    const { code, stdout } = await withRequests(url, count).sh('zephr ls');
    expect([code, asked, most]).toEqual([0, count, atOnce]);
    expect(stdout.match(/ {2}open {2}/g)).toHaveLength(count);
  });

  it('at a server that is away are not all asked about in vain', async () => {
    let asked = 0;
    const url = await httpHost((request) => {
      asked += 1;
      request.socket.destroy();
    });
    const session = withRequests(url, 1_000);
    expect((await session.sh('zephr ls')).code).toBe(8);
    expect(asked).toBeLessThan(200);
    expect((await session.sh('zephr ls --offline')).stdout.match(/ {2}open {2}/g)).toHaveLength(1_000);
  });
});

describe('the line of a request', () => {
  it('holds the receipt, and nothing that opens an answer', async () => {
    const session = server.session();
    const id = await ask(session, '-m canary-of-the-message');
    const request = JSON.parse(readFileSync(join(stateOf(session), 'requests', `${id}.json`), 'utf8')) as {
      seed: string;
    };
    const { receipt, linkSecret } = await deriveCollectKeys(decodeBase64url(request.seed));
    const [line] = linesOf(session);
    expect(line).toMatchObject({
      kind: 'request',
      id,
      receipt: Buffer.from(receipt).toString('base64url'),
      answers: 1,
    });
    const text = readFileSync(join(stateOf(session), 'sent.jsonl'), 'utf8');
    const secret = Buffer.from(linkSecret).toString('base64url');
    for (const canary of [request.seed, secret, 'canary', 'r1.', 'c1.']) expect(text).not.toContain(canary);
    const shown = await session.sh(`zephr ls --json; zephr status --json '${id}'`);
    expect(shown.stdout).not.toContain(String(line?.receipt));
  });

  it('is not there with --no-record, nor where the config has none; what is kept answers for it', async () => {
    const session = server.session();
    const { stdout } = await session.sh('zephr request -q --no-record');
    const [, collect] = stdout.split('\n');
    await session.sh('zephr config set -q record false');
    const id = await ask(session);
    await session.sh('echo hunter2 | zephr give -q "$(cat link)"');
    expect(linesOf(session)).toEqual([]);
    expect((await session.sh(`zephr status '${id.slice(0, 9)}'`)).stdout).toMatch(
      /^answered, an answer came/,
    );
    expect((await session.sh(`zephr status '${collect}'`)).stdout).toMatch(/^open, 1 to come/);
    expect(await session.sh(`zephr revoke --json '${collect}'`)).toMatchObject({
      stdout: expect.stringMatching(/^\{"cancelled":true,"requestId":"[\w-]{22}"\}\n$/),
    });
    expect((await session.sh(`zephr status --is cancelled '${collect}'`)).code).toBe(0);
    expect((await session.sh('zephr request --no-record --memo x')).code).toBe(2);
  });
});

describe('status --wait', () => {
  it('of a request ends when it is answered, with 6 when it was cancelled, and with 11 when the time is over', async () => {
    const session = server.session();
    const answered = await ask(session);
    expect((await session.sh(`zephr status --wait --for 1s '${answered}'`)).code).toBe(11);
    const waited = await session.sh(
      `zephr status --wait '${answered}' > out & echo a | zephr give -q "$(cat link)"; wait $!; code=$?; cat out; exit $code`,
    );
    expect(waited.code).toBe(0);
    expect(waited.stdout).toMatch(/^answered, an answer came, 1 of them not read yet\n$/);
    const cancelled = await ask(session);
    await session.sh(`zephr revoke -q '${cancelled}'`);
    expect((await session.sh(`zephr status --wait '${cancelled}'`)).code).toBe(6);
    expect((await session.sh(`zephr revoke '${answered}'`)).code).toBe(6);
  });
});
