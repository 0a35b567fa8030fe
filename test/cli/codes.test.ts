/** Codes from the sender's command to the reader's, by way of a server and a mail server. */

import { createHmac } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, it, onTestFinished } from 'vitest';
import { httpHost } from '../support/hosts.js';
import { type MailServer, startMailServer } from '../support/mail-server.js';
import { type ServerProcess, startServerProcess } from '../support/server.js';
import { openSession, type Session } from '../support/session.js';
import { HAS_SCRIPT, type } from '../support/typing.js';

const READER = 'canary.reader@example.org';

/** A session with a server over an SQLite file, and an API key of it. */
async function withServer(
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<Session & { server: ServerProcess }> {
  const session = openSession();
  const store = join(session.folder, 'zephr.db');
  const server = await startServerProcess({ store, args, env });
  onTestFinished(async () => void (await server.stop()));
  session.env.ZEPHR_SERVER = server.url;
  const { stdout } = await session.sh('zephr keys new --name ci --tier pro --store zephr.db');
  session.env.ZEPHR_API_KEY = /zeph_[A-Za-z0-9]{40}/.exec(stdout)?.[0] ?? '';
  return { ...session, server };
}

const withMail = (mail: MailServer) =>
  withServer(['--smtp', mail.url, '--mail-from', 'Zephr <zephr@example.org>']);

const codeIn = (words: string) => /[0-9]{6}/.exec(words)?.[0] ?? '';
const otherThan = (code: string) => String((Number(code) + 1) % 1_000_000).padStart(6, '0');

const create = (session: Session, flags: string) => session.sh(`printf s3cret | zephr -q ${flags} > link`);

describe('zephr --code-to', () => {
  it('has a code sent to who reads without a terminal, which then gives it', async () => {
    const mail = await startMailServer();
    const session = await withMail(mail);
    expect(await create(session, `--code-to ${READER}`)).toMatchObject({ code: 0, stderr: '' });
    expect((await session.sh('zephr status < link')).stdout).toContain('with a code sent to c…@e….org');
    const arrives = mail.next();
    const first = await session.sh('zephr get < link');
    expect(first).toMatchObject({ code: 2, stdout: '' });
    expect(first.stderr).toContain(
      'a code was sent to c…@e….org\nzephr: hint: give it within 10 minutes: the same command with --code',
    );
    const { to, from, body, subject, raw } = await arrives;
    expect([to, from, subject]).toEqual([[READER], 'zephr@example.org', `${codeIn(body)} is your code`]);
    expect(body).toMatch(/^Your code is [0-9]{6}\r?\n/);
    expect(raw).not.toMatch(/https?:|s3cret/);
    const wrong = await session.sh(`zephr get --code ${otherThan(codeIn(body))} < link`);
    expect(wrong).toMatchObject({
      code: 9,
      stderr: expect.stringContaining('the code is wrong; nothing was used up'),
    });
    expect(await session.sh('zephr get --code 12345 < link')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('the code is not six digits'),
    });
    const right = await session.sh(`zephr get -q --code '${codeIn(body).replace(/^.../, '$& ')}' < link`);
    expect(right).toMatchObject({ code: 0, stdout: 's3cret' });
  });

  it.skipIf(!HAS_SCRIPT)(
    'asks for it on a terminal, in the language of its user, and again after a wrong one',
    async () => {
      const mail = await startMailServer();
      const session = await withMail(mail);
      await create(session, `--code-to ${READER} --captcha --passphrase-file pass`);
      writeFileSync(join(session.folder, 'pass'), 'correct horse');
      await create(session, `--code-to ${READER} --captcha --passphrase-file pass`);
      session.env.LANG = 'de_DE.UTF-8';
      const arrives = mail.next();
      let code = '';
      const typed = async () => {
        code = codeIn((await arrives).subject);
        return `${otherThan(code)}\n`;
      };
      const { screen, code: exit } = await type(session, 'zephr get --passphrase-file pass < link', [
        ['Code, sent to c…@e….org', typed],
        ['Wrong code, try again', async () => `${code}\n`],
      ]);
      expect(screen).toContain('s3cret');
      expect(exit).toBe(0);
      expect(screen).not.toContain(code);
      expect((await arrives).body).toMatch(/^Ihr Code ist/);
      expect(mail.mails).toHaveLength(1);
    },
  );

  it('is --otp-email and --otp-phone by other names, and takes one of them', async () => {
    const { sh } = openSession({ ZEPHR_SERVER: 'http://127.0.0.1:9' });
    for (const flags of [
      '--code-to nobody',
      '--otp-email +4930123456',
      `--otp-phone ${READER}`,
      `--otp-email ${READER} --code-to ${READER}`,
    ]) {
      expect([flags, (await sh(`printf x | zephr ${flags}`)).code]).toEqual([flags, 2]);
    }
    const mail = await startMailServer();
    const session = await withMail(mail);
    expect((await create(session, `--otp-email ${READER}`)).code).toBe(0);
    const phone = await create(session, "--otp-phone '+49 (30) 123-456'");
    expect([phone.code, phone.stderr]).toEqual([4, expect.stringContaining('sends no codes to phones')]);
    session.env.ZEPHR_API_KEY = '';
    const keyless = await create(session, `--code-to ${READER}`);
    expect([keyless.code, keyless.stderr]).toEqual([4, expect.stringContaining('with an API key only')]);
  });

  it('leaves nothing of the recipient in log and store once it was read', async () => {
    const mail = await startMailServer();
    const session = await withMail(mail);
    const addresses = '127.0.0.1,2001:db8:cafe:1234::/64';
    await create(session, `--code-to ${READER} --allow-ip ${addresses}`);
    const stored = () =>
      readdirSync(session.folder)
        .filter((name) => name.startsWith('zephr.db'))
        .map((name) => readFileSync(join(session.folder, name)).toString('latin1'))
        .join('');
    expect(stored()).toContain('cafe');
    const arrives = mail.next();
    await session.sh('zephr get < link');
    const code = codeIn((await arrives).subject);
    expect((await session.sh(`zephr get -q --code ${code} < link`)).stdout).toBe('s3cret');
    await session.server.stop();
    for (const canary of ['canary', 'cafe', code]) {
      expect([canary, stored().includes(canary)]).toEqual([canary, false]);
      expect([canary, session.server.log().includes(canary)]).toEqual([canary, false]);
    }
    expect(session.server.log()).toContain('"message sent"');
  });
});

describe('a mail server', () => {
  it('that is down is a warning, and its mail goes out later, by another process over the same store', async () => {
    const down = await startMailServer();
    const port = Number(new URL(down.url).port);
    await down.close();
    const session = await withMail(down);
    await create(session, `--code-to ${READER}`);
    expect((await session.sh('zephr get < link')).stderr).toContain('a code was sent to');
    await until(() => session.server.log().includes('"message not sent"'));
    expect(session.server.log()).toMatch(
      /"warn".*"mail server does not answer".*"ECONNREFUSED"|"mail server does not answer"/,
    );
    await session.server.stop('SIGKILL');
    const up = await startMailServer(port);
    const arrives = up.next();
    const args = ['--smtp', up.url, '--mail-from', 'zephr@example.org'];
    const next = await startServerProcess({
      store: join(session.folder, 'zephr.db'),
      args,
      port: portOf(session.server),
    });
    onTestFinished(async () => void (await next.stop()));
    const code = codeIn((await arrives).subject);
    expect((await session.sh(`zephr get -q --code ${code} < link`)).stdout).toBe('s3cret');
  });

  it('that refuses the recipient, or says nothing, leaves the request answered and says so in the log', async () => {
    const mail = await startMailServer();
    mail.refuse({ code: 550, message: `no mailbox ${READER}` });
    const silent = createServer(() => undefined).listen(0, '127.0.0.1');
    onTestFinished(() => void silent.close());
    const refusing = await withMail(mail);
    await create(refusing, `--code-to ${READER}`);
    expect((await refusing.sh('zephr get < link')).stderr).toContain('a code was sent to');
    await until(() => refusing.server.log().includes('"message not sent"'));
    expect(refusing.server.log()).toContain('"EENVELOPE"');
    expect(refusing.server.log()).not.toContain('canary');
  });
});

describe('text messages', () => {
  it('go by a program, which gets the number as its argument and the text on stdin', async () => {
    const folder = openSession().folder;
    const program = join(folder, 'sms');
    writeFileSync(
      program,
      `#!/bin/sh\n{ echo "$# $1"; cat; } > ${folder}/part && mv ${folder}/part ${folder}/sms.txt\n`,
      {
        mode: 0o755,
      },
    );
    const session = await withServer(['--sms-command', program, '--sms-countries', '+33,+49']);
    await create(session, "--otp-phone '+49 30 123456'");
    expect((await session.sh('zephr get < link')).stderr).toContain('a code was sent to +49…56');
    const message = () =>
      readdirSync(folder).includes('sms.txt') ? readFileSync(join(folder, 'sms.txt'), 'utf8') : '';
    await until(() => message() !== '');
    expect(message()).toMatch(/^1 \+4930123456\n[0-9]{6} is your code to read a secret/);
    const code = codeIn(message().split('\n')[1] ?? '');
    expect((await session.sh(`zephr get -q --code ${code} < link`)).stdout).toBe('s3cret');
    expect(session.server.log()).not.toContain('30123456');
  });

  it('go to a URL, signed', async () => {
    const asked: { signature: unknown; body: string }[] = [];
    const url = await httpHost(async (request, response) => {
      asked.push({ signature: request.headers['x-zephr-signature'], body: await text(request) });
      response.writeHead(204).end();
    });
    const { folder } = openSession();
    writeFileSync(join(folder, 'secret'), 'k3y\n');
    const args = [
      '--sms-url',
      `${url}/sms`,
      '--sms-secret-file',
      join(folder, 'secret'),
      '--sms-countries',
      '+49',
    ];
    const session = await withServer(args);
    await create(session, '--code-to +4930123456');
    await session.sh('zephr get < link');
    await until(() => asked.length > 0);
    const [{ signature, body } = { signature: '', body: '{}' }] = asked;
    expect(signature).toBe(createHmac('sha256', 'k3y').update(body).digest('hex'));
    const message = JSON.parse(body) as { to: string; text: string };
    expect(message.to).toBe('+4930123456');
    expect((await session.sh(`zephr get -q --code ${codeIn(message.text)} < link`)).stdout).toBe('s3cret');
  });
});

describe('zephr serve', () => {
  it.each([
    ['--smtp smtp://127.0.0.1', '--smtp is given without --mail-from'],
    ['--mail-from a@example.org', '--mail-from is given without --smtp'],
    ['--smtp smtp://127.0.0.1 --mail-from nobody', '--mail-from is not a mail address'],
    ['--smtp https://127.0.0.1 --mail-from a@example.org', 'the mail server is not named as smtp://'],
    ['--smtp smtp://u:canary@127.0.0.1 --mail-from a@example.org', 'a password is not given as an argument'],
    ['--sms-command true', '--sms-countries does not say'],
    ['--sms-command true --sms-countries 49', '--sms-countries does not say'],
    ['--sms-countries +49', 'nothing sends text messages'],
    ['--sms-command true --sms-url https://h.example --sms-countries +49', 'text messages go one way'],
    ['--sms-url https://h.example --sms-countries +49', '--sms-url has no secret to sign with'],
    ['--sms-url https://u:canary@h.example --sms-countries +49', 'a password is not given as an argument'],
    ['--sms-url ftp://h.example --sms-countries +49', '--sms-url is not a URL'],
  ])('does not start with %s', async (flags, message) => {
    const { code, stderr } = await openSession().sh(`zephr serve --port 0 --store memory: ${flags}`);
    expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
    expect(stderr).not.toContain('canary');
  });

  it('takes a mail server with its password from the environment', async () => {
    const env = { ZEPHR_SERVE_SMTP: 'smtp://u:canary@127.0.0.1:9', ZEPHR_SERVE_MAIL_FROM: 'a@example.org' };
    const server = await startServerProcess({ env });
    onTestFinished(async () => void (await server.stop()));
    await until(() => server.log().includes('mail server does not answer'));
    expect(server.log()).not.toContain('canary');
    const health = (await (await fetch(`${server.url}/api/health`)).json()) as { gates: string[] };
    expect(health.gates).toContain('email');
  });
});

function portOf({ url }: ServerProcess): number {
  return Number(new URL(url).port);
}

/** Waits for something that another process does. */
async function until(isSo: () => boolean): Promise<void> {
  await expect.poll(isSo, { timeout: 20_000 }).toBe(true);
}
