/**
 * Gates against who tries everything at once, at two servers over one PostgreSQL; and what is left of addresses, numbers and
 * lists when a secret has ended.
 */

import { createHash, randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import type { PuzzleReply } from '../../src/core/protocol/gates.js';
import { codeIn, createIn, otherThan, READER, until, withServer } from '../support/codes.js';
import { type MailServer, startMailServer } from '../support/mail-server.js';
import { countryDatabase } from '../support/mmdb.js';
import { newSchema, type Schema, withoutPostgres } from '../support/postgres.js';
import { solutionOf } from '../support/puzzles.js';
import { type ServerProcess, startServerProcess } from '../support/server.js';
import { openSession, type Session } from '../support/session.js';

const PROOF = Buffer.alloc(32, 7);
const WITH_PROOF = { 'zephr-proof': PROOF.toString('base64url') };
const HOUR_MS = 60 * 60_000;

/** The code of an error. */
const codeOf = ({ error }: Record<string, unknown>) => String((error as { code?: string })?.code);

const mailFlags = (mail: MailServer) => ['--smtp', mail.url, '--mail-from', 'zephr@example.org'];

describe.skipIf(withoutPostgres)(`gates of two servers over one PostgreSQL${withoutPostgres}`, () => {
  let schema: Schema;
  beforeEach(async () => {
    schema = await newSchema();
  });
  afterEach(async () => {
    await schema.drop();
  });

  /** Two servers, of which any of many requests goes to either. */
  async function startTwo(mail: MailServer) {
    const started = await Promise.all(
      [1, 2].map(() => startServerProcess({ store: schema.store, args: mailFlags(mail) })),
    );
    onTestFinished(async () => void (await Promise.all(started.map((one) => one.stop('SIGKILL')))));
    const { stdout } = await openSession().sh(
      `zephr keys new --name ci --tier pro --store '${schema.store}'`,
    );
    const [key] = /zeph_[A-Za-z0-9]{40}/.exec(stdout) ?? [];
    let turn = 0;
    const call = async (
      method: string,
      path: string,
      headers: Record<string, string> = {},
      body?: object,
    ) => {
      turn += 1;
      const answer = await fetch(`${started[turn % 2]?.url}/api/secrets${path}`, {
        method,
        headers: { ...WITH_PROOF, 'content-type': 'application/json', ...headers },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const json = JSON.parse((await answer.text()) || '{}') as Record<string, unknown>;
      return { status: answer.status, json, outcome: answer.ok ? 'ok' : codeOf(json) };
    };
    const create = async (gates: object, views: number) => {
      const { json } = await call(
        'POST',
        '',
        { authorization: `Bearer ${key}` },
        {
          encrypted_blob: randomBytes(300).toString('base64url'),
          expiry: 60,
          split_url_mode: false,
          version: 2,
          proof_hash: createHash('sha256').update(PROOF).digest('base64url'),
          views,
          gates,
        },
      );
      return String(json.id);
    };
    /** As many requests at once. @returns how many had each outcome. */
    const many = async (count: number, request: (index: number) => ReturnType<typeof call>) => {
      const counts: Record<string, number> = {};
      for (const { outcome } of await Promise.all(Array.from({ length: count }, (_, i) => request(i)))) {
        counts[outcome] = (counts[outcome] ?? 0) + 1;
      }
      return counts;
    };
    const claim = () => ({ 'zephr-claim': randomBytes(16).toString('base64url') });
    const viewsLeft = async (id: string) => (await call('GET', `/${id}/status`)).json.views_left;
    const puzzle = async (id: string) => (await call('GET', `/${id}/captcha`)).json as unknown as PuzzleReply;
    return { call, create, many, claim, viewsLeft, puzzle };
  }

  it('send one code, judge five wrong ones, and give one view for the right one, however many come', async () => {
    const mail = await startMailServer();
    const { call, create, many, claim, viewsLeft } = await startTwo(mail);
    const id = await create({ code: { email: READER } }, 10);
    const read = (code: string) => call('GET', `/${id}`, { ...claim(), 'zephr-code': code });
    const arrives = mail.next();
    const asked = await many(24, () => call('POST', `/${id}/code`, {}, {}));
    expect(asked).toEqual({ ok: 1, RATE_LIMIT_EXCEEDED: 23 });
    const code = codeIn((await arrives).subject);
    const tried = await many(48, () => read(otherThan(code)));
    expect(tried).toEqual({ WRONG_CODE: 5, CODE_REQUIRED: 43 });
    expect((await read(code)).outcome).toBe('CODE_REQUIRED');
    expect(await viewsLeft(id)).toBe(10);
    expect(mail.mails).toHaveLength(1);

    const other = await create({ code: { email: READER } }, 10);
    const another = mail.next();
    await call('POST', `/${other}/code`, {}, {});
    const right = codeIn((await another).subject);
    const given = await many(24, () => call('GET', `/${other}`, { ...claim(), 'zephr-code': right }));
    expect(given).toEqual({ ok: 1, CODE_REQUIRED: 23 });
    expect(await viewsLeft(other)).toBe(9);
  });

  it('take a puzzle once, wherever it was made, and only for the secret that it was made for', async () => {
    const { call, create, many, claim, viewsLeft, puzzle } = await startTwo(await startMailServer());
    const [id, other] = [await create({ captcha: true }, 10), await create({ captcha: true }, 10)];
    const solution = solutionOf(await puzzle(id));
    const read = (of: string, shown: string) => call('GET', `/${of}`, { ...claim(), 'zephr-captcha': shown });
    expect((await read(other, solution)).outcome).toBe('CAPTCHA_REQUIRED');
    expect(await many(24, () => read(id, solution))).toEqual({ ok: 1, CAPTCHA_REQUIRED: 23 });
    // The same puzzle, spelled in other ways.
    const { salt, ...rest } = JSON.parse(Buffer.from(solution, 'base64').toString()) as { salt: string };
    for (const spelled of [
      { ...rest, salt: salt.replace(/&$/, '') },
      { ...rest, salt, took: 7 },
      { salt, ...rest },
    ]) {
      const text = Buffer.from(JSON.stringify(spelled)).toString('base64');
      expect((await read(id, text)).outcome).toBe('CAPTCHA_REQUIRED');
      expect((await read(id, text.replace(/=+$/, ''))).outcome).toBe('CAPTCHA_REQUIRED');
    }
    expect([await viewsLeft(id), await viewsLeft(other)]).toEqual([9, 10]);
  });

  it('keep nothing of address, number and lists in a row once a secret has ended', async () => {
    const { call, create } = await startTwo(await startMailServer());
    const gates = { addresses: ['203.0.113.77', '2001:db8:cafe:1234::/64'], code: { email: READER } };
    const id = await create(gates, 1);
    const rows = async () => {
      const tables = await schema.sql<{ table: string }[]>`
        SELECT tablename AS table FROM pg_tables WHERE schemaname = ${schema.name}`;
      const all = await Promise.all(
        tables.map(({ table }) => schema.sql`SELECT * FROM ${schema.sql(table)}`),
      );
      return JSON.stringify(all);
    };
    for (const canary of ['canary', 'cafe', '203.0.113.77']) expect(await rows()).toContain(canary);
    expect((await call('DELETE', `/${id}`)).outcome).toBe('ok');
    for (const canary of ['canary', 'cafe', '203.0.113.77']) expect(await rows()).not.toContain(canary);
  });
});

it('a server takes a new file of countries that is put in the place of the old one, and no damaged one', async () => {
  const { folder } = openSession();
  const path = join(folder, 'countries.mmdb');
  const put = (content: string | Buffer) => {
    writeFileSync(`${path}.new`, content);
    renameSync(`${path}.new`, path);
  };
  put(countryDatabase({ '127.0.0.0/8': 'BE' }));
  const session = await withServer(['--geoip', path]);
  const log = () => session.server.log();
  expect((await createIn(session, '--allow-country FR')).code).toBe(0);
  expect((await session.sh('zephr get < link')).code).toBe(4);
  put('no database');
  await until(() => log().includes('"geoip not read again"'));
  expect((await session.sh('zephr get < link')).code).toBe(4);
  put(countryDatabase({ '127.0.0.0/8': 'FR' }));
  await until(() => log().includes('"geoip read again"'));
  expect((await session.sh('zephr get -q < link')).stdout).toBe('s3cret');
});

describe('addresses, numbers and lists', () => {
  const CANARIES = ['canary', 'cafe', '203.0.113.77', '30123456', '"FM","NR"'];
  const GATES = '--allow-ip 203.0.113.77,2001:db8:cafe:1234::/64,127.0.0.1 --allow-country FM,NR';

  /** A server with every gate. */
  async function withGates() {
    const mail = await startMailServer();
    const { folder } = openSession();
    const args = [...mailFlags(mail), '--sms-command', '/bin/true', '--sms-countries', '+49'];
    writeFileSync(join(folder, 'countries.mmdb'), countryDatabase({ '127.0.0.0/8': 'FM' }));
    const all = [...args, '--geoip', join(folder, 'countries.mmdb')];
    return { mail, args: all, session: await withServer(all) };
  }

  const storedIn = ({ folder }: Session) =>
    readdirSync(folder)
      .filter((name) => name.startsWith('zephr.db'))
      .map((name) => readFileSync(join(folder, name)).toString('latin1'))
      .join('');
  const foundIn = (text: string) => CANARIES.filter((canary) => text.includes(canary));

  /** Two secrets and a request with all gates, to a mail address and to a phone. */
  async function keepAll(session: Session) {
    expect(await createIn(session, `${GATES} --code-to ${READER}`)).toMatchObject({ code: 0, stderr: '' });
    await session.sh('mv link mailed');
    expect((await createIn(session, `${GATES} --code-to +4930123456`)).code).toBe(0);
    expect((await session.sh(`zephr request -q ${GATES} --code-to ${READER} > request`)).code).toBe(0);
    expect(foundIn(storedIn(session))).toEqual(CANARIES);
  }

  it('are gone from the files when what they were for is read, revoked or cancelled, and in no log', async () => {
    const { mail, session } = await withGates();
    await keepAll(session);
    const arrives = mail.next();
    expect((await session.sh('zephr get < mailed; zephr get < link')).stderr).toContain('+49…56');
    const code = codeIn((await arrives).subject);
    expect((await session.sh(`zephr get -q --code ${code} < mailed`)).stdout).toBe('s3cret');
    expect((await session.sh('zephr revoke -q < link')).code).toBe(0);
    const id = '$(sed "s#.*/request/##; s/#.*//" request)';
    expect((await session.sh(`zephr revoke -q -- "${id}"`)).code).toBe(0);
    await session.server.stop();
    expect(foundIn(storedIn(session))).toEqual([]);
    expect(foundIn(session.server.log())).toEqual([]);
    expect(session.server.log()).toContain('"message sent"');
  });

  it('are gone when it expires, with messages that were not sent', async () => {
    const { session, args, mail } = await withGates();
    await mail.close();
    await keepAll(session);
    await session.sh('zephr get < mailed');
    await until(() => session.server.log().includes('"message not sent"'));
    await session.server.stop();
    const later: ServerProcess = await startServerProcess({
      store: join(session.folder, 'zephr.db'),
      args,
      ahead: 26 * HOUR_MS,
    });
    await until(() => later.log().includes('"purge"'));
    await later.stop();
    expect(foundIn(storedIn(session))).toEqual([]);
    expect(foundIn(session.server.log() + later.log())).toEqual([]);
  });
});
