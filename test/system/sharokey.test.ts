/** What SDK.md says of Sharokey's calls: each call and each command of its tables is tried as it stands there. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import * as sdk from '../../src/index.js';
import { startServerProcess } from '../support/server.js';
import { openSession } from '../support/session.js';

const document = readFileSync(new URL('../../src/client/SDK.md', import.meta.url), 'utf8');

/** What stands in backticks in the rows of the tables whose heading names Sharokey. */
function shown(): string[] {
  const tables = document.split('\n\n').filter((part) => /^\| Sharokey/.test(part));
  expect(tables).toHaveLength(2);
  const rows = tables.flatMap((table) => table.split('\n').slice(2));
  expect(rows).toHaveLength(9);
  return rows.flatMap((row) => [...row.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code));
}

it('does what is said there, call by call', { timeout: 120_000 }, async () => {
  const { folder } = openSession();
  const store = join(folder, 'zephr.db');
  const serving = await startServerProcess({ store });
  onTestFinished(() => serving.stop().then(() => undefined));
  const server = serving.url;
  const session = openSession({ ZEPHR_SERVER: server, ZEPHR_API_KEY_FILE: 'key' });
  await session.sh(`umask 077; zephr keys new --store '${store}' --tier pro --name ci > key`);
  const apiKey = readFileSync(join(session.folder, 'key'), 'utf8').trim();

  const own = { server, apiKey };
  const wanted = { ...own, message: 'the password', from: 'ops', expiry: '1h', answers: 2 };
  const { requestLink, collectLink } = await sdk.createRequest(wanted);
  const { requestId } = await sdk.createRequest(wanted);
  await sdk.answerRequest(requestLink, 'hunter2');
  const { secretId = '' } = await sdk.createSecret('hunter2', { ...own, hint: 'db' });
  await sdk.createSecret('hunter2', { ...own, hint: 'other' });
  const asked = (await session.sh('zephr request --json')).stdout;
  const { id } = JSON.parse(asked) as { id: string };
  await session.sh('echo hunter2 | zephr -q --hint db > link');
  const [, mine] = /secret\/([\w-]{22})/.exec(readFileSync(join(session.folder, 'link'), 'utf8')) ?? [];

  const { requests, next: after } = await sdk.listRequests({ ...own, limit: 2 });
  expect(requests).toHaveLength(2);
  const sh = async (command: string) => {
    const { stdout, code } = await session.sh(command);
    expect([command, code]).toEqual([command, 0]);
    return stdout;
  };
  const tried: Record<string, () => Promise<unknown>> = {
    'createRequest({ server, apiKey, message, from, expiry, answers })': async () =>
      expect((await sdk.createRequest(wanted)).requestLink).toContain('#r1.'),
    'zephr request': async () => expect(await sh('zephr request -q')).toContain('#r1.'),
    'listRequests({ server, apiKey, state, limit, after })': async () => {
      const rest = await sdk.listRequests({ ...own, state: 'open', limit: 100, ...(after && { after }) });
      expect(rest.requests).toHaveLength(1);
    },
    'zephr ls': async () => expect(await sh('zephr ls')).toContain(id.slice(0, 8)),
    'zephr ls --remote': async () => expect(await sh('zephr ls --remote')).toContain(requestId.slice(0, 8)),
    'requestStatus(collectLink)': async () =>
      expect(await sdk.requestStatus(collectLink)).toMatchObject({ state: 'open', answersLeft: 1 }),
    'collectAnswers(collectLink)': async () => {
      const [answer] = (await sdk.collectAnswers(collectLink)).answers;
      expect((await sdk.retrieveSecret(answer!.link())).plaintext).toBe('hunter2');
    },
    'viewRequest(requestLink)': async () =>
      expect(await sdk.viewRequest(requestLink)).toMatchObject({ message: 'the password', from: 'ops' }),
    'zephr status': async () => expect(await sh(`zephr status -- ${id}`)).toMatch(/^open, 1 to come/),
    'zephr get': async () => {
      const link = (JSON.parse(asked) as { requestLink: string }).requestLink;
      expect(await sh(`echo hunter2 | zephr give -q '${link}'; zephr get -q -- ${id}`)).toBe('hunter2\n');
    },
    'cancelRequest(collectLink)': async () => {
      await sdk.cancelRequest(collectLink);
      expect(await sdk.requestStatus(collectLink)).toMatchObject({ state: 'cancelled' });
    },
    'cancelRequest({ id, apiKey, server })': async () => {
      await sdk.cancelRequest({ ...own, id: requestId });
      const { requests: cancelled } = await sdk.listRequests({ ...own, state: 'cancelled' });
      expect(cancelled.map((one) => one.id)).toContain(requestId);
    },
    'zephr revoke': async () => {
      const other = JSON.parse(await sh('zephr request --json')) as { id: string };
      await sh(`zephr revoke -- ${other.id} && zephr status --is cancelled -- ${other.id}`);
    },
    '(await secretStatistics({ server, apiKey })).requests': async () =>
      expect((await sdk.secretStatistics(own)).requests.states.cancelled).toBe(3),
    'zephr stats': async () => expect(await sh('zephr stats')).toMatch(/^asked: cancelled +1$/m),
    'zephr stats --remote': async () =>
      expect(await sh('zephr stats --remote')).toMatch(/^asked: cancelled +3$/m),
    'listSecrets({ apiKey, state, hint, limit, after })': async () => {
      const page = await sdk.listSecrets({ ...own, state: 'waiting', hint: 'db', limit: 1 });
      const rest = await sdk.listSecrets({ ...own, hint: 'db', ...(page.next && { after: page.next }) });
      expect([...page.secrets, ...rest.secrets].map((one) => one.id)).toEqual([mine, secretId]);
    },
    'zephr ls --remote --state waiting --search db --since 7d -n 20': async () =>
      expect(
        (await sh('zephr ls --remote --state waiting --search db --since 7d -n 20')).split('\n'),
      ).toHaveLength(3),
    'secretStatus({ id, apiKey })': async () =>
      expect(await sdk.secretStatus({ ...own, id: secretId })).toMatchObject({ state: 'waiting' }),
    'zephr status <id>': async () => expect(await sh(`zephr status -- ${mine}`)).toMatch(/^waiting/),
    'revokeSecret({ id, apiKey })': async () => {
      await sdk.revokeSecret({ ...own, id: secretId });
      expect(await sdk.secretStatus({ ...own, id: secretId })).toMatchObject({ state: 'revoked' });
    },
    'zephr revoke <id>': async () =>
      void (await sh(`zephr revoke -q -- ${mine} && zephr status --is revoked -- ${mine}`)),
    'secretStatistics({ apiKey })': async () =>
      expect((await sdk.secretStatistics(own)).secrets.states.revoked).toBe(2),
  };
  const calls = shown();
  expect([...new Set(calls)].sort()).toEqual(Object.keys(tried).sort());
  for (const call of new Set(calls)) await tried[call]?.();
});
