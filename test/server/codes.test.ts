/** Codes over HTTP: asked for, sent, and shown; and the messages that carry them. */

import { expect, it, onTestFinished, vi } from 'vitest';
import type { CodeReply, PuzzleReply } from '../../src/core/protocol/gates.js';
import { issueKey } from '../../src/server/secrets/api-keys.js';
import { Courier, type CourierOptions } from '../../src/server/secrets/gates/courier.js';
import { languageOf, wordsOf } from '../../src/server/secrets/gates/texts.js';
import { MESSAGE_LANGUAGES } from '../../src/server/store/contracts/outbox.js';
import { MemoryStore } from '../../src/server/store/memory/store.js';
import { createLog } from '../../src/server/telemetry/pino-log.js';
import { solutionOf } from '../support/puzzles.js';
import { harness, PROOF, refusal, VERSION_2 } from './harness.js';

const WITH_PROOF = { 'zephr-proof': PROOF };
const EMAIL = 'canary-reader@example.org';
const PHONE = '+4930123456';
const MINUTE = 60_000;

/** A server that sends codes, and what it sends. */
async function sending(ways: CourierOptions['ways'] | null = null) {
  const store = new MemoryStore('salt');
  const { key } = await issueKey(store.keys, { name: 'ci', tier: 'pro' }, 0);
  const sent: { to: string; short: string; text: string; subject: string }[] = [];
  const keep = async (to: string, words: ReturnType<typeof wordsOf>) => void sent.push({ to, ...words });
  let courier: Courier | undefined;
  const own = harness(store, {
    codes: {
      by: ['email', 'phone'],
      phoneCodes: ['+49', '+1'],
      onQueued: () => courier?.collect(),
    },
  });
  const log: string[] = [];
  courier = new Courier({
    outbox: store.outbox,
    ways: ways ?? { email: keep, phone: keep },
    log: createLog(
      (line) => log.push(line),
      () => own.clock.now,
    ),
    now: () => own.clock.now,
  });
  const { stop } = { stop: () => courier?.stop() };
  onTestFinished(stop);
  const create = async (gates: unknown, fields: object = {}) => {
    const created = await own.create({ ...VERSION_2, ...fields, gates }, { authorization: `Bearer ${key}` });
    return ((await created.json()) as { id: string }).id;
  };
  const ask = (id: string, headers: Record<string, string> = {}) =>
    own.call('POST', `/api/secrets/${id}/code`, { headers: { ...WITH_PROOF, ...headers } });
  const read = (id: string, code?: string, headers: Record<string, string> = {}) =>
    own.read(id, { ...WITH_PROOF, ...headers, ...(code === undefined ? {} : { 'zephr-code': code }) });
  /** The code in the last message, once all that waits has been sent. */
  const lastCode = async () => {
    courier?.collect();
    await courier?.settled();
    return /[0-9]{6}/.exec(sent.at(-1)?.short ?? '')?.[0] ?? '';
  };
  return { ...own, create, key, ask, readWith: read, sent, lastCode, store, courierLog: log, courier };
}

/** Another code of six digits. */
const otherThan = (code: string) => String((Number(code) + 1) % 1_000_000).padStart(6, '0');

it('a reader has it sent, and reads with it', async () => {
  const { call, create, ask, readWith, sent, lastCode } = await sending();
  expect(await (await call('GET', '/api/health')).json()).toMatchObject({
    gates: expect.arrayContaining(['email', 'phone']),
  });
  const id = await create({ code: { email: EMAIL } });
  expect(await refusal(readWith(id))).toBe('403 CODE_REQUIRED');
  expect(await refusal(readWith(id, '123456'))).toBe('403 CODE_REQUIRED');
  const asked = await ask(id);
  expect([asked.status, await asked.json()]).toEqual([
    202,
    { sent_to: 'c…@e….org', retry_after: 60 } satisfies CodeReply,
  ]);
  const code = await lastCode();
  expect(sent).toHaveLength(1);
  expect(sent[0]?.to).toBe(EMAIL);
  expect(await refusal(readWith(id, otherThan(code)))).toBe('403 WRONG_CODE');
  expect(await refusal(readWith(id, '12345'))).toBe('400 INVALID_REQUEST');
  expect((await readWith(id, code)).status).toBe(200);
});

it('goes to a phone of a country that the operator allows', async () => {
  const { call, create, key, ask, sent, lastCode, readWith } = await sending();
  const id = await create({ code: { phone: PHONE } });
  expect(await (await ask(id)).json()).toEqual({ sent_to: '+49…56', retry_after: 60 });
  const code = await lastCode();
  expect(sent[0]?.to).toBe(PHONE);
  expect((await readWith(id, code)).status).toBe(200);
  const elsewhere = call('POST', '/api/secrets', {
    headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
    body: JSON.stringify({
      ...{ encrypted_blob: 'AAAA', expiry: 60, split_url_mode: false },
      ...{ ...VERSION_2, gates: { code: { phone: '+33123456789' } } },
    }),
  });
  expect(await refusal(elsewhere)).toBe('400 INVALID_GATES');
});

it('asking for the gate takes an API key', async () => {
  const { create } = harness(undefined, {
    codes: { by: ['email'], phoneCodes: [], onQueued: () => undefined },
  });
  expect(await refusal(create({ ...VERSION_2, gates: { code: { email: EMAIL } } }))).toBe(
    '403 API_KEY_REQUIRED',
  );
  expect(await refusal(create({ ...VERSION_2, gates: { code: { phone: PHONE } } }))).toBe(
    '400 GATE_NOT_OFFERED',
  );
});

it('five wrong codes, and then the right one of a second message', async () => {
  const { create, ask, readWith, lastCode, clock, call } = await sending();
  const id = await create({ code: { email: EMAIL } });
  await ask(id);
  const first = await lastCode();
  for (let tries = 1; tries <= 5; tries += 1) {
    expect(await refusal(readWith(id, otherThan(first)))).toBe('403 WRONG_CODE');
  }
  expect(await refusal(readWith(id, first))).toBe('403 CODE_REQUIRED');
  const soon = await ask(id);
  expect(soon.headers.get('retry-after')).toBe('60');
  expect(await refusal(soon)).toBe('429 RATE_LIMIT_EXCEEDED');
  clock.now += MINUTE;
  expect((await ask(id)).status).toBe(202);
  const status = await (await call('GET', `/api/secrets/${id}/status`, { headers: WITH_PROOF })).json();
  expect(status).toMatchObject({ state: 'waiting', views_left: 1, gates: ['code'], sent_to: 'c…@e….org' });
  expect((await readWith(id, await lastCode())).status).toBe(200);
});

it('a code of one secret is wrong at another', async () => {
  const { create, ask, readWith, lastCode } = await sending();
  const [one, other] = [await create({ code: { email: EMAIL } }), await create({ code: { email: EMAIL } })];
  await ask(one);
  const code = await lastCode();
  await ask(other);
  const codeOfOther = await lastCode();
  expect(await refusal(readWith(one, code === codeOfOther ? otherThan(code) : codeOfOther))).toBe(
    '403 WRONG_CODE',
  );
  expect((await readWith(one, code)).status).toBe(200);
  expect((await readWith(other, codeOfOther)).status).toBe(200);
});

it('goes to one mailbox five times an hour, whatever is behind a plus sign in its address', async () => {
  const { create, ask } = await sending();
  const asked = async (email: string) => (await ask(await create({ code: { email } }))).status;
  for (const tag of ['', '+one', '+two', '+THREE', '+four'])
    expect([tag, await asked(EMAIL.replace('@', `${tag}@`))]).toEqual([tag, 202]);
  expect(await asked(EMAIL.replace('@', '+five@'))).toBe(429);
  expect(await asked(`other.${EMAIL}`)).toBe(202);
});

it('is sent to who passes the gates above, whose puzzle is good for the read as well', async () => {
  const { create, ask, readWith, lastCode, call, sent } = await sending();
  const id = await create({ captcha: true, addresses: ['192.0.2.77'], code: { email: EMAIL } });
  expect(await refusal(ask(id))).toBe('403 CAPTCHA_REQUIRED');
  const elsewhere = { headers: WITH_PROOF, address: '203.0.113.1' };
  expect(await refusal(call('POST', `/api/secrets/${id}/code`, elsewhere))).toBe('403 ADDRESS_NOT_ALLOWED');
  expect(sent).toEqual([]);
  const puzzle = await call('GET', `/api/secrets/${id}/captcha`, { headers: WITH_PROOF });
  const solved = { 'zephr-captcha': solutionOf((await puzzle.json()) as PuzzleReply) };
  expect((await ask(id, solved)).status).toBe(202);
  expect((await readWith(id, await lastCode(), solved)).status).toBe(200);
});

it('is sent for who has the key of a secret that waits and asks for one', async () => {
  const { create, ask, call, readWith, lastCode } = await sending();
  const id = await create({ code: { email: EMAIL } });
  const plain = await create({ captcha: true });
  expect(await refusal(call('POST', `/api/secrets/${id}/code`))).toBe('403 PROOF_REQUIRED');
  expect(await refusal(ask(plain))).toBe('400 GATE_NOT_OFFERED');
  expect(await refusal(ask('x'.repeat(22)))).toBe('404 SECRET_NOT_FOUND');
  await ask(id);
  await readWith(id, await lastCode());
  expect(await refusal(ask(id))).toBe('410 SECRET_ALREADY_CONSUMED');
});

it('no log has a recipient or a code', async () => {
  const { create, ask, readWith, lastCode, log, courierLog } = await sending();
  const codes: string[] = [];
  for (const code of [{ email: EMAIL }, { phone: PHONE }]) {
    const id = await create({ code });
    await ask(id);
    codes.push(await lastCode());
    await readWith(id, codes.at(-1));
  }
  const all = [...log, ...courierLog].join('\n');
  expect(courierLog.map((line) => (JSON.parse(line) as { event: string }).event)).toEqual([
    'message sent',
    'message sent',
  ]);
  for (const canary of ['canary', 'example.org', '30123456', ...codes]) expect(all).not.toContain(canary);
});

it('a message that cannot be sent is tried again, and given up when its code is over', async () => {
  let attempts = 0;
  const { create, ask, clock, courierLog, courier } = await sending({
    email: async () => {
      attempts += 1;
      throw Object.assign(new Error(`no such host for ${EMAIL}`), { code: 'EDNS' });
    },
  });
  const id = await create({ code: { email: EMAIL } });
  expect((await ask(id)).status).toBe(202);
  const round = async () => {
    courier?.collect();
    await courier?.settled();
  };
  await round();
  await round();
  expect(attempts).toBe(1);
  for (const [wait, made] of [
    [5_000, 2],
    [30_000, 3],
    [120_000, 4],
    [120_000, 5],
    [120_000, 6],
    [120_000, 7],
    [120_000, 7],
  ]) {
    clock.now += wait ?? 0;
    await round();
    expect([wait, attempts]).toEqual([wait, made]);
  }
  const events = courierLog.map((line) => JSON.parse(line) as { event: string; reason: string });
  expect(events.map(({ event }) => event)).toEqual([
    ...Array<string>(6).fill('message not sent'),
    'message given up',
  ]);
  expect(new Set(events.map(({ reason }) => reason))).toEqual(new Set(['EDNS']));
  expect(courierLog.join('')).not.toContain('canary');
});

it('a way that hangs keeps up neither the other way, nor more than eight messages', async () => {
  const waiting: { to: string; give: () => void }[] = [];
  const texted: string[] = [];
  const { create, ask, courierLog } = await sending({
    email: (to) => new Promise<void>((resolve) => waiting.push({ to, give: resolve })),
    phone: async (to) => void texted.push(to),
  });
  for (let count = 1; count <= 10; count += 1)
    expect((await ask(await create({ code: { email: `reader-${count}@example.org` } }))).status).toBe(202);
  await expect.poll(() => waiting.length).toBe(8);
  expect((await ask(await create({ code: { phone: PHONE } }))).status).toBe(202);
  await expect.poll(() => texted).toEqual([PHONE]);
  expect(waiting).toHaveLength(8);
  // Whoever is done makes room for the next, while the others still hang.
  waiting[0]?.give();
  await expect.poll(() => waiting.length).toBe(9);
  for (const { give } of waiting) give();
  await expect.poll(() => waiting.length).toBe(10);
  waiting[9]?.give();
  expect(new Set(waiting.map(({ to }) => to)).size).toBe(10);
  await expect.poll(() => courierLog.filter((line) => line.includes('message sent')).length).toBe(11);
});

it('what is under way is given up after 30 s, and when the server ends, and is tried again', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  onTestFinished(() => void vi.useRealTimers());
  const reasons: unknown[] = [];
  const { create, ask, courierLog, courier, clock } = await sending({
    email: (_, __, signal) =>
      new Promise((___, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason));
        reasons.push(signal);
      }),
  });
  expect((await ask(await create({ code: { email: EMAIL } }))).status).toBe(202);
  await expect.poll(() => reasons.length).toBe(1);
  await vi.advanceTimersByTimeAsync(30_000);
  await expect.poll(() => courierLog.join()).toContain('"TIMED_OUT"');
  clock.now += 5_000;
  courier?.collect();
  await expect.poll(() => reasons.length).toBe(2);
  const stopped = courier?.stop();
  await vi.advanceTimersByTimeAsync(8_000);
  await stopped;
  expect(courierLog.at(-1)).toMatch(/"message not sent".*"STOPPED"/);
  courier?.collect();
  await courier?.settled();
  expect(reasons).toHaveLength(2);
});

it('messages say the code in the language of the reader, and neither a link nor anything of the secret', async () => {
  for (const language of MESSAGE_LANGUAGES) {
    const { subject, text, short } = wordsOf(language, '012345');
    for (const words of [subject, text, short]) expect(words).toContain('012345');
    expect(subject + text + short).not.toMatch(/https?:|www|\/\/|zephr/i);
    // One text message of 160 characters, in the alphabet that needs no other.
    expect(short).toMatch(/^[A-Za-z0-9 .,'éèùò]{1,160}$/);
  }
  const { create, ask, sent, lastCode, clock } = await sending();
  for (const [accepted, beginning] of [
    ['de-AT,de;q=0.9,en;q=0.8', 'Ihr Code ist'],
    ['fr', 'Votre code est'],
    ['es', 'Your code is'],
  ]) {
    await ask(await create({ code: { email: EMAIL } }, { hint: 'canary hint' }), {
      'accept-language': accepted ?? '',
    });
    await lastCode();
    clock.now += 15 * MINUTE;
    expect(sent.at(-1)?.text).toMatch(new RegExp(`^${beginning} [0-9]{6}\n`));
    expect(sent.at(-1)?.text).not.toContain('canary');
  }
});

it.each([
  [undefined, 'en'],
  ['', 'en'],
  ['*', 'en'],
  ['de', 'de'],
  ['FR-CA', 'fr'],
  ['es, de;q=0.5, fr;q=0.7', 'fr'],
  ['de;q=0, en;q=0.1', 'en'],
  ['de;q=x', 'en'],
])('the language of %j is %s', (accepted, language) => expect(languageOf(accepted)).toBe(language));
