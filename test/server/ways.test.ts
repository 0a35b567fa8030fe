/** The ways that codes go, against mail servers, programs and URLs that are slow, silent, refuse, or are not there. */

import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { mailWay } from '../../src/server/secrets/gates/mail.js';
import { programWay, urlWay } from '../../src/server/secrets/gates/phones.js';
import { wordsOf } from '../../src/server/secrets/gates/texts.js';
import { HOOKS_CERTIFICATE, HOOKS_KEY } from '../support/hooks-certificate.js';
import { deadHost, httpHost, tcpHost } from '../support/hosts.js';
import { type MailServerOptions, startMailServer } from '../support/mail-server.js';

const FROM = 'zephr@example.org';
const READER = 'reader@example.org';
const NUMBER = '+4930123456';
const WORDS = wordsOf('fr', '012345');

/** Nothing is given up. */
const PATIENT = new AbortController().signal;

afterEach(() => void vi.useRealTimers());

/** From now on time passes when a test says so; not for sockets, whose timers are Node's own. */
const stopTime = () => vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });

/** Waits in real time, where vitest's own waiting would have stopped time go on. */
async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await sleep(5);
}

/** Mail by way of a host. @param parts of the URL: what is before the host, and behind the port. */
const mailBy = (url: string, login = '', query = '') =>
  mailWay(url.replace(/^http/, 'smtp').replace('://', `://${login}`) + query, FROM);

describe('a mail server', () => {
  const LOGIN = { user: 'zephr@example.org', password: 'p%40ss: wörd' };

  it('gets a mail as RFC 5322 has it, of lines that every server takes', async () => {
    const server = await startMailServer();
    await mailWay(server.url, `Zephr <${FROM}>`).send(READER, WORDS, PATIENT);
    const [mail] = server.mails;
    expect([mail?.from, mail?.to, mail?.by, mail?.overTls]).toEqual([FROM, [READER], null, false]);
    const [head = '', body = ''] = mail?.raw.split('\r\n\r\n') ?? [];
    expect(head).toContain(`From: Zephr <${FROM}>\r\nTo: ${READER}\r\nSubject: ${WORDS.subject}\r\n`);
    expect(head).toMatch(/^Message-ID: <[\w-]{36}@example\.org>$/m);
    expect(head).toContain('Auto-Submitted: auto-generated');
    expect(body.split('\r\n').every((line) => line.length <= 76)).toBe(true);
    expect(mail?.body).toBe(WORDS.text.replaceAll('\n', '\r\n'));
  });

  it('is spoken to in IPv6, too', async () => {
    const { port } = new URL(await deadHost());
    await expect(mailWay(`smtp://[::1]:${port}`, FROM).verify(PATIENT)).rejects.toMatchObject({
      code: 'ESOCKET',
      message: expect.stringContaining('ECONNREFUSED'),
    });
  });

  it.each([
    'https://mail.example.org',
    'mail.example.org:25',
    'smtp://',
    'smtp:mail.example.org',
    'smtp://user:100%@mail.example.org',
  ])('that is named as %s is none', (url) => {
    expect(() => mailWay(url, FROM)).toThrow(expect.objectContaining({ code: 'INVALID_SMTP' }));
  });

  it.skipIf(process.platform !== 'linux')(
    'on another machine is told no password without TLS, unless that is wanted (Linux: 0.0.0.0 is this one)',
    async () => {
      const server = await startMailServer();
      const elsewhere = server.url.replace('127.0.0.1', '0.0.0.0');
      await expect(mailBy(elsewhere, 'u:p@').verify(PATIENT)).rejects.toMatchObject({ code: 'ETLS' });
      await expect(mailBy(elsewhere, 'u:p@', '?requireTLS=false').verify(PATIENT)).rejects.toMatchObject({
        code: 'EAUTH',
      });
      await mailBy(elsewhere).send(READER, WORDS, PATIENT);
      expect(server.mails).toHaveLength(1);
    },
  );

  it.each<[string, MailServerOptions, string, string, string]>([
    ['is not there', {}, '', '', 'ESOCKET'],
    ['asks for a login that was not given', { login: LOGIN }, '', '', 'EENVELOPE'],
    ['takes a login over TLS only, and offers none', { login: LOGIN }, 'u:p@', '', 'EAUTH'],
    ['has no STARTTLS, where it must', {}, '', '?requireTLS=true', 'ETLS'],
    [
      'has a certificate that nobody knows',
      { tls: { from: 'STARTTLS', key: HOOKS_KEY, cert: HOOKS_CERTIFICATE } },
      '',
      '',
      'ESOCKET',
    ],
  ])('that %s gets no mail', async (what, options, login, query, code) => {
    const server = await startMailServer(options);
    if (what === 'is not there') await server.close();
    await expect(mailBy(server.url, login, query).send(READER, WORDS, PATIENT)).rejects.toMatchObject({
      code,
    });
    expect(server.mails).toEqual([]);
  });

  it('that refuses the recipient, for now or for good, has not got it', async () => {
    const server = await startMailServer();
    for (const code of [450, 550]) {
      server.refuse({ code, message: 'no' });
      await expect(mailBy(server.url).send(READER, WORDS, PATIENT)).rejects.toMatchObject({
        code: 'EENVELOPE',
      });
    }
    server.refuse(null);
    await mailBy(server.url).send(READER, WORDS, PATIENT);
    expect(server.mails).toHaveLength(1);
  });

  it('that takes a connection and says nothing is given up', async () => {
    stopTime();
    const sockets: Socket[] = [];
    const url = await tcpHost((socket) => sockets.push(socket));
    const sending = mailBy(url).send(READER, WORDS, PATIENT);
    const refused = expect(sending).rejects.toMatchObject({ code: 'ETIMEDOUT' });
    await until(() => sockets.length === 1);
    await vi.advanceTimersByTimeAsync(10_000);
    await refused;
    await until(() => sockets[0]?.closed === true || sockets[0]?.readableEnded === true);
  });

  it('that says something all the time, and never anything whole, is left when it is given up', async () => {
    let lines = 0;
    let isClosed = false;
    const url = await tcpHost((socket) => {
      socket.write('220 mail\r\n');
      const saying = setInterval(() => {
        lines += 1;
        socket.write('250-more\r\n');
      }, 2);
      socket.on('close', () => {
        isClosed = true;
        clearInterval(saying);
      });
    });
    const attempt = new AbortController();
    const sending = mailBy(url).send(READER, WORDS, attempt.signal);
    const refused = expect(sending).rejects.toThrow('given up');
    await until(() => lines > 20);
    attempt.abort(new Error('given up'));
    await refused;
    await until(() => isClosed);
  });

  it('that speaks another language, or breaks off, is an error like any other', async () => {
    const http = await tcpHost((socket) => socket.write('HTTP/1.1 400 Bad Request\r\n\r\n'));
    const broken = await tcpHost((socket) => {
      socket.write('220 mail\r\n');
      socket.on('data', () => socket.destroy());
    });
    for (const url of [http, broken]) {
      await expect(mailBy(url).send(READER, WORDS, PATIENT)).rejects.toMatchObject({
        code: expect.stringMatching(/^E[A-Z]+$/),
      });
    }
  });
});

describe.skipIf(process.platform === 'win32')('a program (a shell script)', () => {
  const programOf = (program: string) =>
    programWay({
      program,
      env: { PATH: process.env.PATH ?? '' },
      kill: (pid, signal) => void process.kill(pid, signal),
    });

  /** A program of these lines of sh, and the folder that it is in. */
  function scripted(lines: string) {
    const folder = mkdtempSync(join(tmpdir(), 'zephr-test-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const path = join(folder, 'sms');
    writeFileSync(path, `#!/bin/sh\ncd ${folder} || exit 1\n${lines}\n`, { mode: 0o755 });
    const read = (name: string) =>
      existsSync(join(folder, name)) ? readFileSync(join(folder, name), 'utf8') : '';
    return { send: programOf(path), read };
  }

  /** Whether a process runs; one that has ended and that nobody has asked about does not. */
  const isRunning = (pid: number) =>
    existsSync(`/proc/${pid}/stat`) && !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));

  it('gets number and text, and nothing of it goes through a shell', async () => {
    const { send, read } = scripted('printf "%s\\n" "$#" "$1" > args; cat > text');
    await send(NUMBER, WORDS, PATIENT);
    expect([read('args'), read('text')]).toEqual([`1\n${NUMBER}\n`, WORDS.short]);
  });

  it.each([
    ['ends with another code than 0', 'exit 3', 'EXIT_3'],
    ['is killed', 'kill -s KILL $$', 'SIGKILL'],
  ])('that %s has not sent it', async (_, lines, code) => {
    await expect(scripted(lines).send(NUMBER, WORDS, PATIENT)).rejects.toMatchObject({ code });
  });

  it('that is not there has not, either', async () => {
    await expect(programOf('/nonexistent/sms')(NUMBER, WORDS, PATIENT)).rejects.toMatchObject({
      code: 'ENOENT',
    });
  });

  it('that hangs is killed after 10 s, with what it waits for', async () => {
    stopTime();
    const { send, read } = scripted('sleep 1000 & echo $! > part; mv part child; wait');
    const refused = expect(send(NUMBER, WORDS, PATIENT)).rejects.toMatchObject({ code: 'TIMED_OUT' });
    await until(() => read('child') !== '');
    const child = Number(read('child'));
    expect(isRunning(child)).toBe(true);
    await vi.advanceTimersByTimeAsync(9_999);
    expect(isRunning(child)).toBe(true);
    await vi.advanceTimersByTimeAsync(1);
    await refused;
    await until(() => !isRunning(child));
  });

  it('that hangs is killed when it is given up, too', async () => {
    const { send, read } = scripted('sleep 1000 & echo $! > part; mv part child; wait');
    const attempt = new AbortController();
    const refused = expect(send(NUMBER, WORDS, attempt.signal)).rejects.toThrow('given up');
    await until(() => read('child') !== '');
    attempt.abort(new Error('given up'));
    await refused;
    await until(() => !isRunning(Number(read('child'))));
  });

  it('that prints a lot, and reads nothing, has sent it', async () => {
    const { send, read } = scripted(
      'exec <&-; head -c 3000000 /dev/zero; head -c 3000000 /dev/zero >&2; echo done > printed',
    );
    await send(NUMBER, WORDS, PATIENT);
    expect(read('printed')).toBe('done\n');
  });

  it('that leaves something running, with its streams open, has sent it, and keeps what it left', async () => {
    const { send, read } = scripted('sleep 1000 <&0 & echo $! > child; exit 0');
    await send(NUMBER, WORDS, PATIENT);
    const child = Number(read('child'));
    expect(isRunning(child)).toBe(true);
    process.kill(child, 'SIGKILL');
  });
});

describe('a URL', () => {
  const send = (url: string, patienceMs?: number) => urlWay(url, 'k3y', patienceMs)(NUMBER, WORDS, PATIENT);

  it('that answers 2xx has taken it, whatever it says and however long', async () => {
    const bodies: string[] = [];
    const url = await httpHost(async (request, response) => {
      bodies.push(await text(request));
      response.writeHead(202).write('x'.repeat(100_000));
    });
    await send(url);
    expect(bodies).toEqual([JSON.stringify({ to: NUMBER, text: WORDS.short })]);
  });

  it.each([301, 302, 307, 308])('that redirects with %s has not, and nobody follows', async (status) => {
    const paths: (string | undefined)[] = [];
    const url = await httpHost((request, response) => {
      paths.push(request.url);
      response.writeHead(status, { location: '/elsewhere' }).end();
    });
    await expect(send(url)).rejects.toMatchObject({ code: `HTTP_${status}` });
    expect(paths).toEqual(['/']);
  });

  it.each([400, 500, 503])('that answers %s has not', async (status) => {
    const url = await httpHost((_, response) => response.writeHead(status).end());
    await expect(send(url)).rejects.toMatchObject({ code: `HTTP_${status}` });
  });

  it('that does not answer is given up', async () => {
    const silent = await httpHost(() => undefined);
    await expect(send(silent, 50)).rejects.toMatchObject({ code: 'TIMED_OUT' });
    const beginning = await tcpHost((socket) => socket.write('HTTP/1.1 200 OK\r\nX-Begun: '));
    await expect(send(beginning, 50)).rejects.toMatchObject({ code: 'TIMED_OUT' });
  });

  it('is left when it is given up', async () => {
    const attempt = new AbortController();
    const url = await httpHost(() => attempt.abort(new Error('given up')));
    await expect(urlWay(url, 'k3y')(NUMBER, WORDS, attempt.signal)).rejects.toThrow('given up');
  });

  it('that nobody listens at has not taken it', async () => {
    await expect(send(await deadHost())).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });
});
