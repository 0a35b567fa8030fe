/** Messages with codes: mail servers that are down or refuse, another process that takes over, and text messages. */

import { createHmac } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, it, onTestFinished } from 'vitest';
import { codeIn, createIn, READER, until, withMail, withServer } from '../support/codes.js';
import { httpHost, tcpHost } from '../support/hosts.js';
import { startMailServer } from '../support/mail-server.js';
import { type ServerProcess, startServerProcess } from '../support/server.js';
import { openSession } from '../support/session.js';
import { HAS_OPENSSL, makeCertificates } from '../support/tls.js';

describe('a mail server', () => {
  it('that is down is a warning, and its mail goes out later, by another process over the same store', async () => {
    const down = await startMailServer();
    const { port } = down;
    await down.close();
    const session = await withMail(down);
    await createIn(session, `--code-to ${READER}`);
    expect((await session.sh('zephr get < link')).stderr).toContain('a code was sent to');
    await until(() => session.server.log().includes('"message not sent"'));
    expect(session.server.log()).toContain('"mail server does not answer"');
    await session.server.stop('SIGKILL');
    const up = await startMailServer({ port });
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

  it.skipIf(!HAS_OPENSSL).each(['start', 'STARTTLS'] as const)(
    'that wants a login gets it over TLS only, from %s (needs openssl)',
    async (from) => {
      const folder = openSession().folder;
      const { authority, key, cert } = makeCertificates(folder);
      const login = { user: 'zephr@example.org', password: 'c4nary: p@ss' };
      const mail = await startMailServer({ login, tls: { from, key, cert } });
      const [user, password] = [login.user, login.password].map(encodeURIComponent);
      const start = (name: string) => {
        const scheme = from === 'start' ? 'smtps' : 'smtp';
        return withServer(['--mail-from', 'zephr@example.org'], {
          NODE_EXTRA_CA_CERTS: authority,
          ZEPHR_SERVE_SMTP: `${scheme}://${user}:${name}@localhost:${mail.port}`,
        });
      };
      const session = await start(password ?? '');
      await createIn(session, `--code-to ${READER}`);
      const arrives = mail.next();
      await session.sh('zephr get < link');
      const { subject, overTls, by } = await arrives;
      expect([overTls, by]).toEqual([true, login.user]);
      expect((await session.sh(`zephr get -q --code ${codeIn(subject)} < link`)).stdout).toBe('s3cret');
      expect(session.server.log()).not.toContain('mail server does not answer');
      expect(session.server.log()).not.toContain('c4nary');

      const wrong = await start('c4nary-wrong');
      await until(() => wrong.server.log().includes('mail server does not answer'));
      expect(wrong.server.log()).toContain('"EAUTH"');
      expect(wrong.server.log()).not.toContain('c4nary');
    },
  );

  it('that is silent, and a program that hangs, keep nobody up, use nothing up, and are tried again', async () => {
    const { folder } = openSession();
    const mail = await startMailServer();
    let connections = 0;
    // Silent to the look at the start, and to the first attempt.
    const front = await tcpHost((socket) => {
      connections += 1;
      if (connections <= 2) return;
      const upstream = connect(mail.port, '127.0.0.1');
      upstream.on('error', () => socket.destroy());
      socket.pipe(upstream).pipe(socket);
    });
    const program = join(folder, 'sms');
    writeFileSync(
      program,
      `#!/bin/sh\ncd ${folder} || exit 1\nmkdir tried 2> /dev/null && sleep 1000\ncat > part && mv part sms.txt\n`,
      { mode: 0o755 },
    );
    const session = await withServer([
      '--smtp',
      front.replace('http', 'smtp'),
      '--mail-from',
      'zephr@example.org',
      '--sms-command',
      program,
      '--sms-countries',
      '+49',
    ]);
    const log = () => session.server.log();
    await until(() => log().includes('mail server does not answer'));
    await createIn(session, `--code-to ${READER}`);
    await session.sh('mv link mailed');
    await createIn(session, '--code-to +4930123456');
    const arrives = mail.next();
    for (const link of ['mailed', 'link']) {
      expect(await session.sh(`zephr get < ${link}`)).toMatchObject({
        code: 2,
        stderr: expect.stringContaining('a code was sent to'),
      });
    }
    // Both hang, and the server does what else there is to do.
    expect(await session.sh('printf x | zephr -q > other; zephr get -q < other')).toMatchObject({
      code: 0,
      stdout: 'x',
    });
    await until(() => log().includes('"ETIMEDOUT"') && log().includes('"TIMED_OUT"'));
    for (const link of ['mailed', 'link'])
      expect((await session.sh(`zephr status < ${link}`)).stdout).toMatch(/^waiting/);
    const mailed = codeIn((await arrives).subject);
    expect((await session.sh(`zephr get -q --code ${mailed} < mailed`)).stdout).toBe('s3cret');
    await until(() => readdirSync(folder).includes('sms.txt'));
    const texted = codeIn(readFileSync(join(folder, 'sms.txt'), 'utf8'));
    expect((await session.sh(`zephr get -q --code ${texted} < link`)).stdout).toBe('s3cret');
    for (const canary of ['canary', '30123456', mailed, texted]) expect(log()).not.toContain(canary);
  });
});

describe('text messages', () => {
  it('go by a program that sees its own variables, and no password of the server', async () => {
    const { folder } = openSession();
    const program = join(folder, 'sms');
    writeFileSync(program, `#!/bin/sh\nenv > ${folder}/part && mv ${folder}/part ${folder}/env\n`, {
      mode: 0o755,
    });
    const session = await withServer(['--sms-command', program, '--sms-countries', '+49'], {
      PATH: process.env.PATH,
      PROVIDER_TOKEN: 'its own',
      ZEPHR_API_KEY: 'canary-of-a-key',
      ZEPHR_SERVE_SMTP: '',
      PGPASSWORD: 'canary-of-a-database',
    });
    await createIn(session, '--code-to +4930123456');
    await session.sh('zephr get < link');
    await until(() => readdirSync(folder).includes('env'));
    const seen = readFileSync(join(folder, 'env'), 'utf8');
    expect(seen).toContain('PROVIDER_TOKEN=its own\n');
    expect(seen).not.toMatch(/^(ZEPHR_|PG)|canary/m);
  });

  it.each([
    ['/nonexistent/sms', 'ENOENT'],
    ['no-such-program-anywhere', 'ENOENT'],
    ['/etc/passwd', 'EACCES'],
  ])('by %s, which cannot be run, are warned of at the start', async (program, reason) => {
    const server = await startServerProcess({
      args: ['--sms-command', program, '--sms-countries', '+49'],
    });
    onTestFinished(async () => void (await server.stop()));
    await until(() => server.log().includes('text message program cannot be run'));
    expect(server.log()).toContain(`"${reason}"`);
    const health = (await (await fetch(`${server.url}/api/health`)).json()) as { gates: string[] };
    expect(health.gates).toContain('phone');
  });

  it('that a program or a URL fails to send are tried again, by whichever process then runs', async () => {
    const statuses = [500, 302, 204];
    const url = await httpHost((request, response) => {
      request.resume();
      response.writeHead(statuses.shift() ?? 204, { location: '/elsewhere' }).end();
    });
    const { folder } = openSession();
    writeFileSync(join(folder, 'secret'), 'k3y\n');
    const countries = ['--sms-countries', '+49'];
    const session = await withServer(['--sms-command', '/bin/false', ...countries]);
    await createIn(session, '--code-to +4930123456');
    await session.sh('zephr get < link');
    await until(() => session.server.log().includes('"EXIT_1"'));
    await session.server.stop();
    const next = await startServerProcess({
      store: join(session.folder, 'zephr.db'),
      args: ['--sms-url', url, '--sms-secret-file', join(folder, 'secret'), ...countries],
      port: portOf(session.server),
      // What the first process has tried is due.
      ahead: 10_000,
    });
    onTestFinished(async () => void (await next.stop()));
    await until(() => next.log().includes('"HTTP_500"'));
    expect(next.log()).toMatch(/"message not sent".*"attempt":2/);
    expect((await session.sh('zephr status < link')).stdout).toMatch(/^waiting/);
    expect(next.log() + session.server.log()).not.toContain('30123456');
  });

  it('under way when a server ends are left to the next one, and no program stays', async () => {
    const { folder } = openSession();
    const program = join(folder, 'sms');
    const script = (lines: string) =>
      writeFileSync(program, `#!/bin/sh\ncd ${folder} || exit 1\n${lines}\n`, { mode: 0o755 });
    script('sleep 1000 & echo $! > part; mv part hanging; wait');
    const args = ['--sms-command', program, '--sms-countries', '+49'];
    const session = await withServer(args);
    await createIn(session, '--code-to +4930123456');
    await session.sh('zephr get < link');
    await until(() => readdirSync(folder).includes('hanging'));
    await session.server.stop();
    const events = session.server
      .log()
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { event: string }).event);
    expect(events.slice(-2)).toEqual(['message not sent', 'closed']);
    const hanging = `/proc/${Number(readFileSync(join(folder, 'hanging'), 'utf8'))}/stat`;
    await until(() => !existsSync(hanging) || / Z /.test(readFileSync(hanging, 'utf8')));
    script('cat > part && mv part sms.txt');
    const next = await startServerProcess({
      store: join(session.folder, 'zephr.db'),
      args,
      port: portOf(session.server),
    });
    onTestFinished(async () => void (await next.stop()));
    await until(() => readdirSync(folder).includes('sms.txt'));
    const code = codeIn(readFileSync(join(folder, 'sms.txt'), 'utf8'));
    expect((await session.sh(`zephr get -q --code ${code} < link`)).stdout).toBe('s3cret');
  });

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
