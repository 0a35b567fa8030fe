/** The list of what was sent, line by line, and what servers and those between say of it. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  hasEnded,
  newlyListed,
  parseLine,
  type SentRequest,
  type SentSecret,
  withState,
} from '../../src/cli/sent/record.js';
import { httpHost } from '../support/hosts.js';
import { openSession } from '../support/session.js';

const PLACE = { server: 'https://zephr.test', id: 'A'.repeat(22) };
const TIMES = { createdAt: '2030-01-01T00:00:00.000Z', expiresAt: '2030-01-01T01:00:00.000Z' };
const SECRET: SentSecret = { kind: 'secret', ...PLACE, ...TIMES, views: 2 };
const REQUEST: SentRequest = { kind: 'request', ...PLACE, ...TIMES, answers: 3 };

describe('a line that says what became of something', () => {
  it('counts for its own kind only, whose id it has', () => {
    const [secret, request] = [newlyListed(SECRET), newlyListed(REQUEST)];
    const [read, answered] = [
      { state: 'read', viewsLeft: 0 },
      { state: 'answered', answersLeft: 0 },
    ] as const;
    expect(withState(secret, read).known).toEqual(read);
    expect(withState(request, answered).known).toEqual(answered);
    expect(withState(secret, answered)).toBe(secret);
    expect(withState(request, read)).toBe(request);
  });

  it('ends it when nothing more can become of it, and when its server has forgotten it', () => {
    for (const state of ['read', 'expired', 'revoked'] as const)
      expect(hasEnded({ state, viewsLeft: 1 })).toBe(true);
    for (const state of ['answered', 'expired', 'cancelled'] as const)
      expect(hasEnded({ state, answersLeft: 1 })).toBe(true);
    expect(hasEnded({ state: 'waiting', viewsLeft: 1 })).toBe(false);
    expect(hasEnded({ state: 'open', answersLeft: 1 })).toBe(false);
    expect(hasEnded({ state: 'waiting', viewsLeft: 1, forgotten: true })).toBe(true);
    expect(hasEnded({ state: 'open', answersLeft: 1, forgotten: true })).toBe(true);
  });

  it.each([
    { state: 'read', viewsLeft: -1 },
    { state: 'read', viewsLeft: 0.5 },
    { state: 'open', viewsLeft: 1 },
    { state: 'waiting', answersLeft: 1 },
    { state: 'waiting' },
  ])('is damaged as %j', (known) => {
    expect(parseLine(JSON.stringify({ ...PLACE, ...known }))).toEqual({ is: 'damaged' });
  });
});

/** A session with a secret and a request in its list, whose server is this one, and how long they can be read. */
async function listed(
  answer: { status: number; type: string; body: (id: string) => string },
  expiresAt: string,
) {
  const url = await httpHost((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      response.writeHead(answer.status, { 'Content-Type': answer.type });
      response.end(answer.body(PLACE.id));
    });
  });
  const session = openSession();
  const lines = [SECRET, REQUEST].map((record) =>
    JSON.stringify({ ...record, server: url, receipt: 'A'.repeat(43), expiresAt }),
  );
  await session.sh('mkdir -p .local/state/zephr; cat > .local/state/zephr/sent.jsonl', {
    stdin: `${lines.join('\n')}\n`,
  });
  const list = () => readFileSync(join(session.folder, '.local/state/zephr/sent.jsonl'), 'utf8');
  return { session, list };
}

const UNKNOWN = {
  status: 404,
  type: 'application/json',
  body: () => JSON.stringify({ error: { code: 'REQUEST_NOT_FOUND', message: 'there is no such request' } }),
};
const UNKNOWN_SECRET = {
  status: 200,
  type: 'application/json',
  body: (id: string) => JSON.stringify({ secrets: [{ id, error: { code: 'SECRET_NOT_FOUND' } }] }),
};

describe('zephr ls', () => {
  it.each([
    ['a secret', 'secret', UNKNOWN_SECRET],
    ['a request', 'request', UNKNOWN],
  ])(
    'asks no more about %s that its server has forgotten, and does not believe that before the end',
    async (_, kind, answer) => {
      for (const [expiresAt, isOver] of [
        ['2099-01-01T00:00:00.000Z', false],
        ['2020-01-01T00:00:00.000Z', true],
      ] as const) {
        const { session, list } = await listed(answer, expiresAt);
        const only = list()
          .split('\n')
          .filter((line) => line.includes(`"kind":"${kind}"`));
        await session.sh('cat > .local/state/zephr/sent.jsonl', { stdin: `${only.join('\n')}\n` });
        const { code, stdout } = await session.sh('zephr ls --json');
        expect(code, stdout).toBe(0);
        expect(list().includes('"forgotten":true')).toBe(isOver);
      }
    },
  );

  it("does not take a gateway's page for its server's word", async () => {
    const page = { status: 404, type: 'text/html', body: () => '<h1>Not Found</h1>' };
    const { session, list } = await listed(page, '2020-01-01T00:00:00.000Z');
    const before = list();
    const { stderr, code } = await session.sh('zephr ls');
    expect(stderr).toContain('HTTP 404');
    expect(code).toBe(8);
    expect(list()).toBe(before);
  });
});
