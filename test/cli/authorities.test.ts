/** Which certificate authorities are trusted: Node's and the system's, or those of --ca-file alone. */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { httpFetch } from '../../src/net/http.js';
import { Trust } from '../../src/net/trust.js';
import { connectProxy } from '../support/connect-proxy.js';
import { httpHost } from '../support/hosts.js';
import { openSession, type Session } from '../support/session.js';
import { sharedServer } from '../support/shared-server.js';
import { type Certificates, HAS_OPENSSL, makeCertificates, tlsFront } from '../support/tls.js';

const server = sharedServer();

const because = HAS_OPENSSL ? '' : ' (skipped: there is no openssl to make certificates)';

let folder: string;
let ours: Certificates;
let others: Certificates;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'zephr-tls-'));
  if (!HAS_OPENSSL) return;
  ours = makeCertificates(mkdtempSync(join(folder, 'one-')));
  others = makeCertificates(mkdtempSync(join(folder, 'two-')));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A session whose server is behind TLS, of an authority that nobody was told of. */
async function session(env: NodeJS.ProcessEnv = {}): Promise<Session> {
  return openSession({ ZEPHR_SERVER: await tlsFront(server.url, ours), ...env });
}

const ROUND_TRIP = 'echo hunter2 | zephr -q > link && zephr status < link && zephr get -q < link';
const DONE = { code: 0, stdout: expect.stringMatching(/^waiting.*\nhunter2\n$/), stderr: '' };
const NOT_TRUSTED = { code: 8, stdout: '', stderr: expect.stringContaining('(UNABLE_TO_') };

describe.skipIf(!HAS_OPENSSL)(`the authorities of the system${because}`, () => {
  it('are trusted beside Node’s own', async () => {
    const { sh } = await session({ SSL_CERT_FILE: ours.authority });
    expect(await sh(ROUND_TRIP)).toMatchObject(DONE);
    expect((await sh('zephr doctor')).stdout).toMatch(/^ok {2}TLS +the certificate is trusted/m);
  });

  it('are trusted behind a proxy, and for a proxy', async () => {
    const proxy = (await connectProxy()).url;
    for (const HTTPS_PROXY of [proxy, await tlsFront(proxy, ours)]) {
      const { sh } = await session({ SSL_CERT_FILE: ours.authority, HTTPS_PROXY });
      expect(await sh(ROUND_TRIP)).toMatchObject(DONE);
      expect((await sh('zephr doctor')).code).toBe(0);
    }
  });

  it('do not replace NODE_EXTRA_CA_CERTS', async () => {
    const proxy = await tlsFront((await connectProxy()).url, others);
    const { sh } = await session({
      SSL_CERT_FILE: ours.authority,
      NODE_EXTRA_CA_CERTS: others.authority,
      HTTPS_PROXY: proxy,
    });
    expect(await sh(ROUND_TRIP)).toMatchObject(DONE);
  });

  it('do not make a certificate for another name a good one', async () => {
    const wrong = makeCertificates(mkdtempSync(join(folder, 'wrong-')), { names: 'DNS:zephr.example' });
    const { sh } = openSession({
      ZEPHR_SERVER: await tlsFront(server.url, wrong),
      SSL_CERT_FILE: wrong.authority,
    });
    const { code, stderr } = await sh('echo hunter2 | zephr');
    expect(stderr).toContain('(ERR_TLS_CERT_ALTNAME_INVALID)');
    expect(code).toBe(8);
  });

  it.each(['/nowhere.pem', '/', '/dev/null'])('that are not in %s leave those of Node', async (path) => {
    const { sh } = await session({ SSL_CERT_FILE: path });
    expect(await sh('echo hunter2 | zephr')).toMatchObject(NOT_TRUSTED);
  });

  it('are read only when a certificate takes them', async () => {
    let asked = 0;
    const trust = Trust.asking(async () => {
      asked++;
      return undefined;
    });
    expect(await trust.widenAfter(new Error('ECONNREFUSED'), undefined)).toBe(false);
    expect(asked).toBe(0);
    const unknown = Object.assign(new Error('unknown'), { code: 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY' });
    expect(await trust.widenAfter(new Error('proxy', { cause: unknown }), undefined)).toBe(false);
    expect(await trust.widenAfter(unknown, undefined)).toBe(false);
    expect(asked).toBe(1);
  });
});

describe.skipIf(!HAS_OPENSSL)(`--ca-file${because}`, () => {
  it('names the authorities that are trusted, for every command that connects', async () => {
    const { sh } = await session();
    const script = `echo hunter2 | zephr -q --ca-file ${ours.authority} > link &&
      zephr status --ca-file ${ours.authority} < link && zephr get -q --ca-file ${ours.authority} < link`;
    expect(await sh(script)).toMatchObject(DONE);
    expect((await sh(`zephr --ca-file ${ours.authority} doctor`)).code).toBe(0);
  });

  it('may be ZEPHR_CA_FILE, which the flag comes before', async () => {
    const { sh } = await session({ ZEPHR_CA_FILE: ours.authority });
    expect(await sh(ROUND_TRIP)).toMatchObject(DONE);
    expect(await sh(`echo hunter2 | zephr --ca-file ${others.authority}`)).toMatchObject(NOT_TRUSTED);
  });

  it('leaves no other authority', async () => {
    const { sh } = await session({ SSL_CERT_FILE: ours.authority, NODE_EXTRA_CA_CERTS: ours.authority });
    expect(await sh(`echo hunter2 | zephr --ca-file ${others.authority}`)).toMatchObject(NOT_TRUSTED);
  });

  it('may hold several, and text between them', async () => {
    const { sh, folder } = await session();
    const both = [others, ours].map(({ authority }) => `# one\n${readFileSync(authority, 'utf8')}`);
    writeFileSync(join(folder, 'both.pem'), both.join('\n'));
    expect((await sh('echo hunter2 | zephr -q --ca-file both.pem')).code).toBe(0);
  });

  it.each([
    ['nowhere.pem', 'there is no such file'],
    ['.', 'it is a directory'],
    ['/dev/null', 'it is not PEM'],
    ['/dev/zero', 'it is too large'],
    ['key.pem', 'it is not PEM'],
    ['damaged.pem', 'one of them is damaged'],
  ])('that is %s is exit 2, and nothing is sent', async (path, words) => {
    const { sh, folder } = await session();
    const text = readFileSync(ours.authority, 'utf8');
    writeFileSync(join(folder, 'key.pem'), ours.key);
    writeFileSync(join(folder, 'damaged.pem'), `${text}${text.replace(/^MII/m, 'AAAA')}`);
    expect(await sh(`echo hunter2 | zephr --ca-file ${path}`)).toMatchObject({
      code: 2,
      stdout: '',
      stderr: `zephr: error: no certificates in ${path}: ${words}\nzephr: hint: --ca-file takes a file of certificates in PEM\n`,
    });
  });

  it('is not read where nothing speaks TLS', async () => {
    const { sh } = server.session({ ZEPHR_CA_FILE: 'nowhere.pem' });
    expect((await sh(ROUND_TRIP)).code).toBe(0);
  });
});

describe.skipIf(!HAS_OPENSSL)(`a stream${because}`, () => {
  /** A stream of one word, and how often it was read and canceled. */
  function word() {
    const counts = { read: 0, canceled: 0 };
    const stream = new ReadableStream<Uint8Array>(
      {
        pull(controller) {
          counts.read++;
          controller.enqueue(new TextEncoder().encode('word'));
          controller.close();
        },
        cancel() {
          counts.canceled++;
        },
      },
      { highWaterMark: 0 },
    );
    return { stream, counts };
  }

  async function post(env: NodeJS.ProcessEnv, stream: ReadableStream<Uint8Array>) {
    let body = '';
    const host = await httpHost(async (request, response) => {
      for await (const chunk of request) body += chunk;
      response.writeHead(204).end();
    });
    const signal = AbortSignal.timeout(20_000);
    const request = { method: 'POST', headers: {}, body: stream, duplex: 'half', signal } as const;
    const fetch = httpFetch({ trust: Trust.ofSystem(env) });
    const { status } = await fetch(`${await tlsFront(host, ours)}/`, request);
    return { status, body };
  }

  it('is not spent on a connection that was not trusted', async () => {
    const { stream, counts } = word();
    expect(await post({ SSL_CERT_FILE: ours.authority }, stream)).toEqual({ status: 204, body: 'word' });
    expect(counts).toEqual({ read: 1, canceled: 0 });
  });

  it('is canceled unread when none is trusted', async () => {
    const { stream, counts } = word();
    await expect(post({ SSL_CERT_FILE: '/dev/null' }, stream)).rejects.toThrow();
    expect(counts).toEqual({ read: 0, canceled: 1 });
  });
});
