/** Keeping track of what was sent: the list, its secrets by their ids, and waiting for their readers. */

import { createHash } from 'node:crypto';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { startServerProcess } from '../support/server.js';
import type { Session } from '../support/session.js';
import { sharedServer } from '../support/shared-server.js';
import { ENGINES, newStore, withoutEngine } from '../support/stores.js';
import { UNPRIVILEGED, withoutModes } from '../support/unprivileged.js';

const server = sharedServer();

const listOf = ({ folder }: Session) => join(folder, '.local/state/zephr/sent.jsonl');

const linesOf = (session: Session): Record<string, unknown>[] =>
  readFileSync(listOf(session), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);

/** The words of each line of `zephr ls`: short id, state, and the rest. */
const columns = (stdout: string) =>
  stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => ({
      id: line.slice(0, 8),
      state: line.slice(10).split(' ')[0],
      label: line.split(/ {2,}/).at(-1),
    }));

/** Everything below a folder that is a file, as text. */
function allText(folder: string): string {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'latin1'))
    .join('\n');
}

describe.each([...ENGINES, 'memory'] as const)('over %s', (engine) => {
  const without = engine === 'memory' ? '' : withoutEngine(engine);
  it.skipIf(without)(
    `a sender follows secrets, revokes them, and forgets them${without}`,
    { timeout: 120_000 },
    async () => {
      const store = engine === 'memory' ? 'memory:' : await newStore(engine);
      const process = await startServerProcess({ store });
      const session = server.session({ ZEPHR_SERVER: process.url });
      const { sh } = session;
      await sh(
        'mkdir out; echo a | zephr -q --memo "for bob" > out/a; echo b | zephr -q -H db --link v1 > out/b',
      );
      await sh('echo c | zephr -q --views 2 > out/c');
      expect(columns((await sh('zephr ls')).stdout).map(({ state, label }) => [state, label])).toEqual([
        ['waiting', '0/2'],
        ['waiting', 'db'],
        ['waiting', 'for bob'],
      ]);
      await sh('zephr get -q < out/a; zephr get -q < out/b; zephr get -q < out/c');
      const { secrets } = JSON.parse((await sh('zephr ls --json')).stdout) as {
        secrets: Record<string, unknown>[];
      };
      expect(secrets).toMatchObject([
        { state: 'waiting', viewsLeft: 1 },
        { state: 'read', viewsLeft: 0, hint: 'db' },
        { state: 'read', memo: 'for bob' },
      ]);
      const id = String(secrets[0]?.id);
      expect(await sh(`zephr revoke '${id.slice(0, 7)}'`)).toMatchObject({
        code: 0,
        stderr: 'revoked: nobody can read it any more\n',
      });
      expect((await sh('zephr get < out/c')).code).toBe(6);
      expect(columns((await sh('zephr ls --state revoked')).stdout)).toHaveLength(1);
      expect(JSON.parse((await sh('zephr stats --json')).stdout)).toEqual({
        states: { waiting: 0, read: 2, expired: 0, revoked: 1 },
        created: { today: 3, thisWeek: 3, thisMonth: 3, total: 3 },
        requests: {
          states: { open: 0, answered: 0, expired: 0, cancelled: 0 },
          created: { today: 0, thisWeek: 0, thisMonth: 0, total: 0 },
        },
      });
      expect((await sh('zephr ls --forget')).stderr).toBe('3 of them dropped from the list\n');
      expect(await sh('zephr ls')).toMatchObject({ stdout: '', stderr: 'there is nothing in the list\n' });
      await process.stop();
    },
  );
});

describe('the list', () => {
  it('is for its owner, and holds nothing that reads what was sent', async () => {
    const session = server.session();
    const { stdout } = await session.sh('echo canary-of-the-secret | zephr -q --json');
    const { fullLink, secretId } = JSON.parse(stdout) as { fullLink: string; secretId: string };
    await session.sh(`zephr ls; zephr status '${secretId}'; zephr revoke -q '${secretId}'; zephr ls`);
    expect(statSync(listOf(session)).mode & 0o777).toBe(0o600);
    const key = fullLink.split('#v2.')[1] ?? '';
    expect(key).toHaveLength(43);
    const text = allText(session.folder);
    expect(text).toContain(secretId);
    const proof = createHash('sha256').update(Buffer.from(key, 'base64url')).digest('base64url');
    for (const canary of [
      key,
      fullLink,
      'canary-of-the-secret',
      Buffer.from(key, 'base64url').toString('latin1'),
      proof,
    ]) {
      expect(text).not.toContain(canary);
    }
  });

  it('gets no line with --no-record, and none where the config says so', async () => {
    const session = server.session();
    await session.sh(
      'echo a | zephr -q --no-record > l1; zephr config set -q record false; echo a | zephr -q > l2',
    );
    expect(existsSync(listOf(session))).toBe(false);
    const { code, stderr } = await session.sh('echo a | zephr --no-record --memo x');
    expect(stderr).toContain('--memo is for the list');
    expect(code).toBe(2);
  });

  it('is no error where it cannot be kept', async () => {
    const session = server.session();
    writeFileSync(join(session.folder, '.local'), '');
    expect(await session.sh('echo a | zephr -q > link; zephr get -q < link')).toMatchObject({
      code: 0,
      stdout: 'a\n',
    });
    expect(await session.sh('zephr ls')).toMatchObject({ code: 0, stdout: '' });
  });

  it.skipIf(withoutModes !== '')(
    `that is mostly out of date is read also where it cannot be written${withoutModes}`,
    async () => {
      const session = server.session();
      await session.sh('echo a | zephr -q --memo one > link');
      const [{ server: url, id } = {}] = linesOf(session);
      const state = `${JSON.stringify({ server: url, id, state: 'waiting', viewsLeft: 1 })}\n`;
      appendFileSync(listOf(session), state.repeat(1_100));
      const ls = 'zephr ls > out; code=$?; cat out; exit $code';
      const shown = await session.sh(`chmod -R a-w .local/state; ${UNPRIVILEGED}sh -c '${ls}'`);
      expect(shown).toMatchObject({ code: 0, stderr: '' });
      expect(columns(shown.stdout).map(({ label }) => label)).toEqual(['one']);
      expect(linesOf(session)).toHaveLength(1_101);
      // Two at once that can write it leave one list, whole.
      await session.sh('chmod -R u+w .local/state; zephr ls -q > a & zephr ls -q > b; wait');
      expect(linesOf(session)).toHaveLength(1);
      expect(columns((await session.sh('cat a b')).stdout)).toHaveLength(2);
    },
  );

  it('goes on after damaged lines, and says once that there are some', async () => {
    const session = server.session();
    await session.sh('echo a | zephr -q --memo one > link');
    appendFileSync(listOf(session), 'not json\n{"kind":"secret","server":"x","id":"y"}\n{"kind":"sec');
    await session.sh('echo a | zephr -q --memo two > link');
    appendFileSync(listOf(session), '{"kind":"later","server":"https://h","id":"AAAAAAAAAAAAAAAAAAAAAA"}\n');
    const { stdout, stderr } = await session.sh('zephr ls');
    expect(columns(stdout).map(({ label }) => label)).toEqual(['two', 'one']);
    expect(stderr).toMatch(/^zephr: warning: 3 lines are damaged in .*sent\.jsonl, and left out\n$/);
    await session.sh('zephr ls --forget -q');
    expect(linesOf(session).map(({ kind }) => kind)).toEqual(['secret', 'secret', 'later']);
  });

  it('keeps every line of creates that run at the same time', async () => {
    const session = server.session();
    await session.sh('for i in 1 2 3 4 5 6; do (echo a | zephr -q --memo $i > link$i) & done; wait');
    expect(
      linesOf(session)
        .map(({ memo }) => memo)
        .sort(),
    ).toEqual(['1', '2', '3', '4', '5', '6']);
  });

  it('is filtered by time, text, count and place', async () => {
    const session = server.session();
    for (const memo of ['alpha', 'beta', 'Alphabet'])
      await session.sh(`echo a | zephr -q --memo ${memo} > link`);
    const labels = async (options: string) =>
      columns((await session.sh(`zephr ls --offline ${options}`)).stdout).map(({ label }) => label);
    expect(await labels('--search ALPHA')).toEqual(['Alphabet', 'alpha']);
    expect(await labels('-n 2')).toEqual(['Alphabet', 'beta']);
    const [, second] = linesOf(session);
    expect(await labels(`--after '${String(second?.id)}'`)).toEqual(['alpha']);
    expect(await labels('--since 1h')).toHaveLength(3);
    expect(await labels('--since 2099-01-01')).toEqual([]);
    expect(await labels('--server https://other.example')).toEqual([]);
    expect((await session.sh('zephr ls --after nothing')).code).toBe(2);
    expect((await session.sh('zephr ls --since yesterday')).code).toBe(2);
    expect((await session.sh('zephr ls --state gone')).code).toBe(2);
  });

  it('shows what is known last, with a mark, while a server does not answer', async () => {
    const session = server.session();
    const other = await startServerProcess();
    await session.sh(`echo a | zephr -q --server '${other.url}' --memo away > link; zephr ls -q > seen`);
    await other.stop();
    expect((await session.sh('zephr ls --timeout 2')).code).toBe(8);
    expect((await session.sh('zephr ls --offline')).stdout).toContain('waiting ');
    await session.sh('echo a | zephr -q --memo here > link');
    const { code, stdout, stderr } = await session.sh('zephr ls --timeout 2');
    expect(columns(stdout).map(({ state }) => state)).toEqual(['waiting', 'waiting?']);
    expect(stderr).toContain('does not say what became of its secrets');
    expect(code).toBe(0);
  });
});

describe('an id', () => {
  it('names what it begins, if that is one', async () => {
    const session = server.session();
    mkdirSync(join(session.folder, '.local/state/zephr'), { recursive: true });
    const line = (id: string) =>
      `${JSON.stringify({
        kind: 'secret',
        server: server.url,
        id,
        receipt: 'A'.repeat(43),
        createdAt: '2030-01-01T00:00:00Z',
        expiresAt: '2030-01-01T01:00:00Z',
        views: 1,
      })}\n`;
    writeFileSync(
      listOf(session),
      ['same-1234567890123456-', 'same-1234567890123456_', '-kept-4567890123456789'].map(line).join(''),
    );
    const several = await session.sh('zephr status same-12');
    expect(several.stderr).toContain('several begin like that');
    expect(several.code).toBe(2);
    expect((await session.sh('zephr status nobody')).code).toBe(5);
    expect((await session.sh(`zephr revoke ${'n'.repeat(22)}`)).code).toBe(5);
    // Its server knows nothing of it, which is another answer than that of a wrong option.
    expect((await session.sh('zephr status -zzzzzz')).code).toBe(5);
    expect((await session.sh(`zephr status --${'z'.repeat(20)}`)).code).toBe(5);
    expect((await session.sh('zephr status --waits')).code).toBe(2);
    expect((await session.sh('zephr status ABC')).code).toBe(2);
  });

  it('is told by the receipt link too', async () => {
    const { sh } = server.session();
    const { receiptLink } = JSON.parse((await sh('echo a | zephr --json --link v1')).stdout) as {
      receiptLink: string;
    };
    expect((await sh(`zephr status '${receiptLink}'`)).stdout).toMatch(/^waiting, expires /);
    expect((await sh(`zephr get '${receiptLink}'`)).code).toBe(2);
    expect((await sh(`zephr revoke '${receiptLink}'; zephr status --is revoked '${receiptLink}'`)).code).toBe(
      0,
    );
  });
});

describe('--wait', () => {
  it('of a create ends when all have read', async () => {
    const { sh } = server.session();
    const { code, stderr } = await sh(
      '(echo a | zephr --wait > link; echo $? > code) & sleep 1; zephr get -q < link > got; wait; cat code; exit $(cat code)',
    );
    expect(stderr).toContain('it ended: read');
    expect(code).toBe(0);
  });

  it('of a status is exit 6 when it was revoked, and 11 when the time is over', async () => {
    const { sh } = server.session();
    await sh('echo a | zephr -q > link');
    // It leaves no request behind that keeps it running.
    expect((await sh('timeout 15 zephr status --wait --for 1s < link')).code).toBe(11);
    const { stdout, code } = await sh('(sleep 1; zephr revoke -q < link) & zephr status --wait < link');
    expect(stdout).toMatch(/^revoked/);
    expect(code).toBe(6);
    expect((await sh('zephr status --wait < link')).code).toBe(6);
  });
});
