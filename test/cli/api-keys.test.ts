/** An API key goes to the server that it belongs to, and to no other. */

import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { deadHost, httpHost } from '../support/hosts.js';
import { openSession } from '../support/session.js';

/** A server that refuses everything and keeps the API keys that came. */
async function keyCatcher() {
  const keys: (string | undefined)[] = [];
  const url = await httpHost((request, response) => {
    keys.push(request.headers.authorization?.replace('Bearer ', ''));
    response
      .writeHead(401, { 'Content-Type': 'application/json' })
      .end('{"error":{"code":"INVALID_API_KEY","message":"no"}}');
  });
  return { url, keys };
}

/** A session, and its config file. */
function session(config?: object) {
  const { folder, ...rest } = openSession();
  const path = join(folder, '.config/zephr/config.json');
  if (config !== undefined) {
    mkdirSync(join(folder, '.config/zephr'), { recursive: true });
    writeFileSync(path, JSON.stringify(config), { mode: 0o600 });
    chmodSync(path, 0o600);
  }
  return { ...rest, folder, written: () => JSON.parse(readFileSync(path, 'utf8')) as unknown };
}

const LINK = `/secret/${'A'.repeat(22)}#v2.${'A'.repeat(43)}`;

describe('an API key of the config file', () => {
  it('goes to its server, however that is named, and not to another one', async () => {
    const [own, other] = [await keyCatcher(), await keyCatcher()];
    const { sh } = session();
    await sh(`zephr config set server ${own.url} -q; echo the-key | zephr config set apiKey -q`);
    await sh('echo x | zephr');
    await sh(`echo x | zephr --server ${own.url}/a/path`);
    await sh(`echo x | zephr --server ${other.url}`);
    await sh(`echo x | ZEPHR_SERVER=${other.url} zephr`);
    await sh(`zephr doctor --server ${other.url}`);
    expect(own.keys).toEqual(['the-key', 'the-key']);
    expect(new Set(other.keys)).toEqual(new Set([undefined]));
  });

  it('stays behind when another server is set', async () => {
    const [old, set] = [await keyCatcher(), await keyCatcher()];
    const { sh } = session();
    await sh(`zephr config set server ${old.url} -q; echo the-key | zephr config set apiKey -q`);
    await sh(`zephr config set server ${set.url} -q; echo x | zephr`);
    expect(set.keys).toEqual([undefined]);
    await sh(`zephr config set server ${old.url} -q; echo x | zephr`);
    expect(old.keys).toEqual(['the-key']);
  });

  it('is one for each server, set with --server', async () => {
    const [one, two] = [await keyCatcher(), await keyCatcher()];
    const { sh, written } = session();
    await sh(`echo key-1 | zephr config set apiKey -q --server ${one.url}
      echo key-2 | zephr config set apiKey -q --server ${two.url}/zephr/`);
    expect(written()).toEqual({ apiKeys: { [one.url]: 'key-1', [two.url]: 'key-2' } });
    await sh(`echo x | zephr --server ${one.url}; echo x | zephr --server ${two.url}`);
    expect([one.keys, two.keys]).toEqual([['key-1'], ['key-2']]);
    const unset = await sh(`zephr config unset apiKey --server ${one.url}`);
    expect(unset.stderr).toContain(`apiKey for ${one.url} was removed`);
    expect(written()).toEqual({ apiKeys: { [two.url]: 'key-2' } });
  });

  it('does not go to the same host on another port, or to https in place of http', async () => {
    const one = await keyCatcher();
    const { sh } = session({ apiKeys: { 'http://127.0.0.1:1': 'key', 'https://127.0.0.1': 'key' } });
    await sh(`echo x | zephr --server ${one.url}`);
    expect(one.keys).toEqual([undefined]);
  });

  describe('that stands alone beside a server', () => {
    it('belongs to that server', async () => {
      const [beside, other] = [await keyCatcher(), await keyCatcher()];
      const { sh } = session({ server: beside.url, apiKey: 'the-key' });
      await sh(`echo x | zephr; echo x | zephr --server ${other.url}`);
      expect([beside.keys, other.keys]).toEqual([['the-key'], [undefined]]);
    });

    it('belongs to the default server when there is none beside it', async () => {
      const other = await keyCatcher();
      const { sh } = session({ apiKey: 'the-key' });
      await sh(`echo x | zephr --server ${other.url}`);
      expect(other.keys).toEqual([undefined]);
      expect((await sh('zephr config get apiKey')).stdout).toBe('the-key\n');
      expect((await sh(`zephr config get apiKey --server ${other.url}`)).code).toBe(2);
    });

    it.each([
      ['set server https://new.example', { server: 'https://new.example' }],
      ['unset server', {}],
      ['set link v2', { server: 'https://old.example', link: 'v2' }],
    ])('is kept for that server by zephr config %s', async (command, rest) => {
      const { sh, written } = session({ server: 'https://old.example/zephr', apiKey: 'the-key' });
      expect((await sh(`zephr config ${command}`)).code).toBe(0);
      const server =
        'server' in rest && rest.server.includes('old') ? { server: 'https://old.example/zephr' } : {};
      expect(written()).toEqual({ ...rest, ...server, apiKeys: { 'https://old.example': 'the-key' } });
    });

    it('does not follow from a server that cannot be used: it has to be removed first', async () => {
      const { sh, written } = session({ server: 'ftp://old.example', apiKey: 'the-key' });
      const { code, stderr } = await sh('zephr config set server https://new.example');
      expect(stderr).toContain('is for a server that cannot be used\nzephr: hint: remove it first');
      expect(code).toBe(2);
      await sh('zephr config unset apiKey --server https://new.example');
      expect((await sh('zephr config set server https://new.example')).code).toBe(0);
      expect(written()).toEqual({ server: 'https://new.example' });
    });
  });
});

describe('an API key of the environment', () => {
  it('goes to the server that flag, environment or file name, and never to that of a link', async () => {
    const [one, two] = [await keyCatcher(), await keyCatcher()];
    const { sh } = session({ server: one.url });
    const env = { ZEPHR_API_KEY: 'the-key' };
    await sh('echo x | zephr', { env });
    await sh(`echo x | zephr --server ${two.url}`, { env });
    for (const command of ['get', 'status', 'revoke'])
      await sh(`zephr ${command} ${two.url}${LINK}`, { env });
    expect(one.keys).toEqual(['the-key']);
    expect(two.keys).toEqual(['the-key', undefined, undefined, undefined]);
  });

  it('never goes over plain http beyond this machine', async () => {
    const { sh } = session();
    const { code, stderr } = await sh('echo x | zephr --server http://zephr.example', {
      env: { ZEPHR_API_KEY: 'the-key' },
    });
    expect(stderr).toContain('the server is plain http, which is for loopback hosts only');
    expect(code).toBe(2);
  });

  it.each([
    ['a word', 'sk-live.1/2+3=~', 'sk-live.1/2+3=~'],
    ['the form of another server', 'zeph_short', 'zeph_short'],
  ])('may be %s: its form is its server’s business', async (_, key, sent) => {
    const one = await keyCatcher();
    const { sh } = session({ server: one.url });
    expect((await sh('echo x | zephr', { env: { ZEPHR_API_KEY: key } })).code).toBe(3);
    expect(one.keys).toEqual([sent]);
  });

  it.each(['two words', 'zeph_ümlaut', 'line\nbreak'])(
    'that no request can carry is exit 2: %j',
    async (key) => {
      const { sh } = session({ server: await deadHost() });
      const { code, stderr } = await sh('echo x | zephr', { env: { ZEPHR_API_KEY: key } });
      expect(stderr).toContain('the API key from ZEPHR_API_KEY holds a space or a character outside ASCII');
      expect(stderr).not.toContain(key);
      expect(code).toBe(2);
    },
  );
});

describe('where no server is set', () => {
  const offline = { HTTPS_PROXY: 'http://127.0.0.1:9' };

  it('stderr says which one is used, and a failure how to name one', async () => {
    const { code, stderr } = await session().sh('echo x | zephr', { env: offline });
    expect(stderr).toContain('no server is set: this goes to https://zephr.io\n');
    expect(stderr).toMatch(
      /hint: .*no server is set: to use your own, zephr config set server https:\/\/host\n/,
    );
    expect(code).toBe(8);
  });

  it('--quiet leaves the failure, which says it too', async () => {
    const { stderr } = await session().sh('echo x | zephr -q', { env: offline });
    expect(stderr).not.toContain('this goes to');
    expect(stderr).toContain('no server is set');
  });

  it('nothing is said where one is set', async () => {
    const { stderr } = await session().sh('echo x | zephr', { env: { ZEPHR_SERVER: await deadHost() } });
    expect(stderr).not.toContain('no server is set');
  });
});

describe('ZEPHR_EXPIRY', () => {
  it('is the expiry where no flag is, before the config file, and is named when it is none', async () => {
    const bodies: { expiry: number }[] = [];
    const url = await httpHost((request, response) => {
      let text = '';
      request.on('data', (chunk: Buffer) => {
        text += chunk.toString();
      });
      request.on('end', () => {
        bodies.push(JSON.parse(text));
        response.writeHead(403).end();
      });
    });
    const { sh } = session({ server: url, expiry: '2h' });
    await sh('echo x | zephr; echo x | ZEPHR_EXPIRY=3h zephr; echo x | ZEPHR_EXPIRY=3h zephr -e 4h');
    expect(bodies.map(({ expiry }) => expiry / 60)).toEqual([2, 3, 4]);
    const { code, stderr } = await sh('echo x | ZEPHR_EXPIRY=soon zephr');
    expect(stderr).toContain('(from ZEPHR_EXPIRY)');
    expect(code).toBe(2);
  });
});
