/** Messages with codes: mail servers that are down or refuse, another process that takes over, and text messages. */

import { createHmac } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, it, onTestFinished } from 'vitest';
import { codeIn, createIn, READER, until, withMail, withServer } from '../support/codes.js';
import { httpHost } from '../support/hosts.js';
import { startMailServer } from '../support/mail-server.js';
import { type ServerProcess, startServerProcess } from '../support/server.js';
import { openSession } from '../support/session.js';

describe('a mail server', () => {
  it('that is down is a warning, and its mail goes out later, by another process over the same store', async () => {
    const down = await startMailServer();
    const port = Number(new URL(down.url).port);
    await down.close();
    const session = await withMail(down);
    await createIn(session, `--code-to ${READER}`);
    expect((await session.sh('zephr get < link')).stderr).toContain('a code was sent to');
    await until(() => session.server.log().includes('"message not sent"'));
    expect(session.server.log()).toContain('"mail server does not answer"');
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

  it('that refuses the recipient leaves the request answered and says so in the log', async () => {
    const mail = await startMailServer();
    mail.refuse({ code: 550, message: `no mailbox ${READER}` });
    const refusing = await withMail(mail);
    await createIn(refusing, `--code-to ${READER}`);
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
    await createIn(session, "--otp-phone '+49 30 123456'");
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
    await createIn(session, '--code-to +4930123456');
    await session.sh('zephr get < link');
    await until(() => asked.length > 0);
    const [{ signature, body } = { signature: '', body: '{}' }] = asked;
    expect(signature).toBe(createHmac('sha256', 'k3y').update(body).digest('hex'));
    const message = JSON.parse(body) as { to: string; text: string };
    expect(message.to).toBe('+4930123456');
    expect((await session.sh(`zephr get -q --code ${codeIn(message.text)} < link`)).stdout).toBe('s3cret');
  });
});

function portOf({ url }: ServerProcess): number {
  return Number(new URL(url).port);
}
