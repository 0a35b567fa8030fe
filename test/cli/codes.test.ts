/** Codes from the sender's command to the reader's, by way of a server and a mail server. */

import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { codeIn, createIn, otherThan, READER, until, withMail } from '../support/codes.js';
import { startMailServer } from '../support/mail-server.js';
import { startServerProcess } from '../support/server.js';
import { openSession } from '../support/session.js';
import { HAS_SCRIPT, type } from '../support/typing.js';

describe('zephr --code-to', () => {
  it('has a code sent to who reads without a terminal, which then gives it', async () => {
    const mail = await startMailServer();
    const session = await withMail(mail);
    expect(await createIn(session, `--code-to ${READER}`)).toMatchObject({ code: 0, stderr: '' });
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
      await createIn(session, `--code-to ${READER} --captcha --passphrase-file pass`);
      writeFileSync(join(session.folder, 'pass'), 'correct horse');
      await createIn(session, `--code-to ${READER} --captcha --passphrase-file pass`);
      session.env.LANG = 'de_DE.UTF-8';
      const arrives = mail.next();
      let code = '';
      const typed = async () => {
        code = codeIn((await arrives).subject);
        return `${otherThan(code)}\n`;
      };
      const { screen, code: exit } = await type(session, 'zephr get --passphrase-file pass < link', [
        ['Code, sent to c…@e….org (Enter alone sends another)', '\n'],
        ['Code (Enter alone sends another)', typed],
        ['Wrong code, try again', async () => `${code}\n`],
      ]);
      expect(screen).toMatch(/a code was sent before; another can be sent in \d+ seconds/);
      expect(screen).toContain('s3cret');
      expect(exit).toBe(0);
      expect(screen).not.toContain(code);
      expect((await arrives).body).toMatch(/^Ihr Code ist/);
      expect(mail.mails).toHaveLength(1);
      // One puzzle is solved for the code and for both tries of it.
      await session.server.stop();
      expect(session.server.log().split('/captcha')).toHaveLength(2);
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
    expect((await createIn(session, `--otp-email ${READER}`)).code).toBe(0);
    const phone = await createIn(session, "--otp-phone '+49 (30) 123-456'");
    expect([phone.code, phone.stderr]).toEqual([4, expect.stringContaining('sends no codes to phones')]);
    session.env.ZEPHR_API_KEY = '';
    const keyless = await createIn(session, `--code-to ${READER}`);
    expect([keyless.code, keyless.stderr]).toEqual([4, expect.stringContaining('with an API key only')]);
  });

  it('is asked for of who collects an answer, who is told how to come back with it', async () => {
    const mail = await startMailServer();
    const session = await withMail(mail);
    /** Asks and waits with these options, while another process answers. */
    const waited = (flags: string) =>
      session.sh(
        `rm -f err; { zephr request -q --wait ${flags} 2> err; echo $? > code; } &
        until grep -qs /request/ err; do sleep 0.1; done
        printf s3cret | zephr give -q "$(grep -m 1 /request/ err)"; wait; grep -v /request/ err; exit "$(cat code)"`,
      );
    const arrives = mail.next();
    const first = await waited(`--code-to ${READER}`);
    expect(first.code).toBe(2);
    expect(first.stdout).toMatch(
      /^zephr: error: a code was sent to c…@e….org\nzephr: hint: give it within 10 minutes: zephr get (-- )?[\w-]{8} --code CODE\n$/,
    );
    const [, command = ''] = /: (zephr get .*) CODE\n$/.exec(first.stdout) ?? [];
    const code = codeIn((await arrives).subject);
    expect((await session.sh(command.replace('get', 'get -q --all -o .') + code)).code).toBe(2);
    const another = otherThan(code);
    expect((await session.sh(`${command} ${another}`)).stderr).toContain('the code is wrong');
    expect(await session.sh(`${command.replace('get', 'get -q')} ${code}`)).toMatchObject({
      code: 0,
      stdout: 's3cret',
    });

    const elsewhere = await waited('--allow-ip 203.0.113.9');
    expect(elsewhere.code).toBe(4);
    expect(elsewhere.stdout).toMatch(/hint: the answer waits: zephr get (-- )?[\w-]{8} takes it\n$/);
    const unkept = await session.sh(`zephr request --wait --no-record --code-to ${READER}`);
    expect([unkept.code, unkept.stderr]).toEqual([2, expect.stringContaining('no terminal to ask')]);
  });

  it('leaves nothing of the recipient in log and store once it was read', async () => {
    const mail = await startMailServer();
    const session = await withMail(mail);
    const addresses = '127.0.0.1,2001:db8:cafe:1234::/64';
    await createIn(session, `--code-to ${READER} --allow-ip ${addresses}`);
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
