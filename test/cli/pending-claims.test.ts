/** A secret that was taken and did not arrive is still the reader's: the next `zephr get` here has it. */

import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { httpHost, tcpHost } from '../support/hosts.js';
import { createV1 } from '../support/protocol-v1.js';
import type { Session } from '../support/session.js';
import { sharedServer } from '../support/shared-server.js';
import { HAS_SCRIPT, type } from '../support/typing.js';

const hasFullDevice = process.platform === 'linux';

const server = sharedServer();
const { session } = server;

const stateOf = ({ folder }: Session) => join(folder, '.local/state/zephr/claims');

function kept(one: Session): string[] {
  try {
    return readdirSync(stateOf(one));
  } catch {
    return [];
  }
}

describe.skipIf(process.platform === 'win32')('a pipe in the place of a claim', () => {
  it('is not waited for', async () => {
    const one = session();
    await one.sh('echo hunter2 | zephr -q > link; zephr get < link > /dev/full');
    const [name = ''] = kept(one);
    await one.sh(
      `echo hunter3 | zephr -q > other; cd .local/state/zephr/claims && rm ${name} && mkfifo ${name}`,
    );
    // Another machine's claim took the secret, as far as this one can tell.
    expect((await one.sh('timeout 20 zephr get < link')).code).toBe(6);
    expect((await one.sh('zephr get < other')).stdout).toBe('hunter3\n');
  });
});

describe.skipIf(!hasFullDevice)('a secret that stdout had no room for', () => {
  it.each(['v1', 'v2'])('over a %s link is there for the next get, to the byte', async (version) => {
    const one = session();
    const secret = Uint8Array.from({ length: 3000 }, (_, index) => index % 256);
    writeFileSync(join(one.folder, 'in'), secret);
    await one.sh(`zephr -q --link ${version} < in > link`);
    const { stderr, code } = await one.sh('zephr get < link > /dev/full');
    expect(stderr).toContain('zephr: error: the secret was read, but not delivered: the disk is full');
    expect(stderr).toMatch(/zephr: hint: the same command reads it again within \d\d seconds\n$/);
    expect(code).toBe(10);
    expect((await one.sh('zephr get < link > out && cmp in out')).code).toBe(0);
    expect((await one.sh('zephr get < link')).code).toBe(6);
    expect(kept(one)).toEqual([]);
  });

  it('can fail again and again', async () => {
    const one = session();
    await one.sh('echo hunter2 | zephr -q > link');
    for (let time = 0; time < 3; time++) expect((await one.sh('zephr get < link > /dev/full')).code).toBe(10);
    expect((await one.sh('zephr get < link')).stdout).toBe('hunter2\n');
  });

  it('is kept as a claim that only its owner reads, under a hash, without the key', async () => {
    const one = session();
    await one.sh('umask 000; echo hunter2 | zephr -q > link; zephr get < link > /dev/full');
    const [name = ''] = kept(one);
    const link = readFileSync(join(one.folder, 'link'), 'utf8').trim();
    const [, id = '', key = ''] = /secret\/(.{22})#v2\.(.{43})/.exec(link) ?? [];
    expect(name).toBe(createHash('sha256').update(`${server.url}\n${id}`).digest('hex'));
    const path = join(stateOf(one), name);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(statSync(stateOf(one)).mode & 0o777).toBe(0o700);
    const text = readFileSync(path, 'utf8');
    expect(JSON.parse(text)).toEqual({
      claim: expect.stringMatching(/^[\w-]{32}$/),
      startedAt: expect.any(String),
      readableUntil: expect.any(String),
    });
    expect(text).not.toContain(key);
    expect(text).not.toContain(id);
  });

  it('goes to exactly one of two that try again at the same instant', async () => {
    for (let round = 0; round < 5; round++) {
      const one = session();
      await one.sh('echo hunter2 | zephr -q > link; zephr get < link 2> log > /dev/full');
      const { stdout } = await one.sh(
        'zephr get -q < link > a 2> a.log & zephr get -q < link > b 2> b.log; echo $?; wait $!; echo $?; cat a b',
      );
      expect(stdout.split('\n').sort()).toEqual(['', '0', '6', 'hunter2']);
    }
  });

  it('is gone, and said to be, when nothing can be kept', async () => {
    const one = session();
    await one.sh('echo hunter2 | zephr -q > link');
    const { stderr, code } = await one.sh('XDG_STATE_HOME=/dev/null/no zephr get < link > /dev/full');
    expect(stderr.match(/only this process can repeat the read/g)).toHaveLength(1);
    expect(stderr).toContain('not delivered: the disk is full');
    expect(stderr).toContain('the server gave it once and will not again');
    expect(code).toBe(10);
  });

  it('is gone, and said to be, with a server that knows no claims', async () => {
    const { link } = await createV1(server.url, Buffer.from('hunter2'));
    const [, id = ''] = /secret\/(.{22})/.exec(link) ?? [];
    const old = await httpHost(async (_, response) => {
      const reply = await fetch(`${server.url}/api/secrets/${id}`);
      response.writeHead(reply.status, { 'Content-Type': 'application/json' }).end(await reply.text());
    });
    const one = session();
    const { stderr } = await one.sh(`zephr get '${link.replace(server.url, old)}' > /dev/full`);
    expect(stderr).toContain('the server gave it once and will not again: ask the sender for a new link');
  });

  it('does not stand in the way of a reader who is allowed another view', async () => {
    const one = session();
    await one.sh('echo hunter2 | zephr -q --views 3 > link; zephr get < link > /dev/full');
    const [name = ''] = kept(one);
    writeFileSync(
      join(stateOf(one), name),
      JSON.stringify({ claim: 'A'.repeat(32), startedAt: '2026-01-01T00:00:00.000Z' }),
    );
    expect((await one.sh('zephr get < link')).stdout).toBe('hunter2\n');
    expect(kept(one)).toEqual([]);
  });
});

describe('a claim that is out of date', () => {
  it.skipIf(!hasFullDevice)('gives way to a new one where there are views left', async () => {
    const one = session();
    await one.sh('echo hunter2 | zephr -q --views 2 > link; zephr get < link > /dev/full');
    const [name = ''] = kept(one);
    const path = join(stateOf(one), name);
    writeFileSync(path, JSON.stringify({ ...JSON.parse(readFileSync(path, 'utf8')), claim: 'A'.repeat(32) }));
    await one.sh('zephr get < link');
    expect((await one.sh('zephr status < link')).stdout).toMatch(/^read, 2 of 2 views taken/);
    expect(kept(one)).toEqual([]);
  });

  /** A claim of this machine's that the server does not take, for a secret that was read. */
  async function late(one: Session, more: object): Promise<string> {
    await one.sh('echo hunter2 | zephr -q > link; zephr get < link > /dev/full');
    const [name = ''] = kept(one);
    const started = new Date(2026, 0, 2, 3, 4).toISOString();
    const stored = { claim: 'A'.repeat(32), startedAt: started, ...more };
    writeFileSync(join(stateOf(one), name), JSON.stringify(stored));
    const { stderr, code } = await one.sh('zephr get < link');
    expect(code).toBe(6);
    expect(stderr).toContain('the secret was already read');
    expect(stderr).not.toContain('if that was not you');
    expect(JSON.parse(readFileSync(join(stateOf(one), name), 'utf8'))).toEqual(stored);
    return stderr;
  }

  it.skipIf(!hasFullDevice)(
    'tells that it was this machine which read the secret, again and again',
    async () => {
      const one = session();
      const stderr = await late(one, { readableUntil: '2026-01-02T03:05:00.000Z' });
      expect(stderr).toContain('this machine read it at 2026-01-02 03:04 and could not deliver it');
      expect((await one.sh('zephr get < link')).stderr).toBe(stderr);
    },
  );

  it.skipIf(!hasFullDevice)('whose answer never came says no more than it knows', async () => {
    expect(await late(session(), {})).toMatch(
      /asked for it at 2026-01-02 03:04 and broke off before it heard the answer: that may have been it/,
    );
  });

  it('of another secret is removed by the next get, and one that is being written is not', async () => {
    const one = session();
    mkdirSync(stateOf(one), { recursive: true });
    const make = (name: string, hours: number) => {
      writeFileSync(join(stateOf(one), name), '{}');
      const past = new Date(Date.now() - hours * 3_600_000);
      utimesSync(join(stateOf(one), name), past, past);
    };
    const [old, recent] = ['a'.repeat(64), 'b'.repeat(64)];
    make(old, 8 * 24);
    make(recent, 6 * 24);
    make('.zephr-old.part', 2);
    make('.zephr-young.part', 0);
    await one.sh(`ln -s 1-1 ${stateOf(one)}/old.lock; touch -h -d '2 hours ago' ${stateOf(one)}/old.lock`);
    await one.sh('echo hunter2 | zephr -q | zephr get');
    expect(kept(one)).toEqual(['.zephr-young.part', recent]);
  });
});

describe('a secret that was taken and not heard of', () => {
  it('because every reply was lost is there for the next get', async () => {
    const one = session();
    await one.sh('echo hunter2 | zephr -q > link');
    let broken = true;
    const { hostname, port } = new URL(server.url);
    const { connect } = await import('node:net');
    const proxy = await tcpHost((near) => {
      const far = connect(Number(port), hostname);
      far.on('error', () => near.destroy());
      near.pipe(far);
      // The server hears the request and answers; the answer goes nowhere.
      far.on('data', (chunk: Buffer) => (broken ? near.destroy() : near.write(chunk)));
      far.on('end', () => near.end());
      near.on('close', () => far.destroy());
    });
    await one.sh(`sed 's|${server.url}|${proxy}|' link > through`);
    const { stderr, code } = await one.sh('zephr get < through');
    expect(stderr).toContain('closed the connection before its answer was complete');
    expect(stderr).toMatch(
      /zephr: hint: the same command reads it again within \d\d seconds, should the server have given it out\n$/,
    );
    expect(code).toBe(8);
    broken = false;
    expect((await one.sh('zephr get < through')).stdout).toBe('hunter2\n');
  });

  it('because a server without claims gave it once, and its answer was lost, is not called a theft', async () => {
    const { link } = await createV1(server.url, Buffer.from('hunter2'));
    const [, id = ''] = /secret\/(.{22})/.exec(link) ?? [];
    const old = await httpHost(async (request, response) => {
      const reply = await fetch(`${server.url}/api/secrets/${id}`);
      if (reply.ok) return request.socket.destroy();
      response.writeHead(reply.status, { 'Content-Type': 'application/json' }).end(await reply.text());
    });
    const { stderr, code } = await session().sh(`zephr get '${link.replace(server.url, old)}'`);
    expect(stderr).toContain(
      'zephr: error: the secret was already read\nzephr: hint: an answer to this command was lost',
    );
    expect(stderr).not.toContain('if that was not you');
    expect(code).toBe(6);
  });

  it('because the key of a v1 link was mistyped opens with the right one', async () => {
    const one = session();
    await one.sh('echo hunter2 | zephr -q --link v1 > link');
    const { code } = await one.sh(`zephr get "$(sed 's/#v1.*/#v1.${'A'.repeat(43)}/' link)"`);
    expect(code).toBe(9);
    expect((await one.sh('zephr get < link')).stdout).toBe('hunter2\n');
  });

  it('is not thought to be, where no request arrived', async () => {
    const one = session();
    const link = `http://127.0.0.1:1/secret/${'A'.repeat(22)}#v2.${'A'.repeat(43)}`;
    expect((await one.sh(`zephr get '${link}'`)).code).toBe(8);
    expect(kept(one)).toEqual([]);
  });
});

describe.skipIf(!HAS_SCRIPT)('a binary secret that a terminal would not show', () => {
  it('is there for --output', async () => {
    const one = session();
    await one.sh(`printf 'a\\377' | zephr -q > link`);
    const { screen, code } = await type(one, 'zephr get < link', []);
    expect(screen).toContain('the secret is binary and stdout is a terminal');
    expect(screen.replace(/\s+/g, ' ')).toMatch(
      /use --output <file>, or --output - to print it all the same; it can be read again within \d\d seconds/,
    );
    expect(code).toBe(4);
    expect((await one.sh('zephr get -q -o file < link; cat file')).bytes).toEqual(Buffer.from([0x61, 0xff]));
  });
});

it.each([
  [403, 'text/html', '<h1>blocked</h1>'],
  [404, 'text/html', '<h1>Not Found</h1>'],
  [413, 'application/json', '{"error":"too large"}'],
])('a claim outlasts what a gateway says with HTTP %i', async (status, type, body) => {
  const one = session();
  const url = await httpHost((_, response) => response.writeHead(status, { 'Content-Type': type }).end(body));
  const { code, stderr } = await one.sh(`zephr get '${url}/secret/${'A'.repeat(22)}#v2.${'A'.repeat(43)}'`);
  expect(code).toBe(8);
  expect(kept(one).filter((name) => /^[0-9a-f]{64}$/.test(name))).toHaveLength(1);
  expect(stderr).toContain('the same command reads it again within');
});

describe('a claim file that was tampered with', () => {
  it.each(['a\nb', '', 'short', 'ä'.repeat(30)])(
    'with the claim %j is as if there were none',
    async (claim) => {
      const one = session();
      const { stdout } = await one.sh('echo hunter2 | zephr -q | tee link');
      const [, id = ''] = /\/secret\/([^#]+)#/.exec(stdout) ?? [];
      mkdirSync(stateOf(one), { recursive: true });
      const name = createHash('sha256').update(`${server.url}\n${id}`).digest('hex');
      const startedAt = new Date().toISOString();
      writeFileSync(join(stateOf(one), name), JSON.stringify({ claim, startedAt }));
      expect(await one.sh('zephr get -q < link')).toMatchObject({ code: 0, stdout: 'hunter2\n' });
      expect(kept(one)).toEqual([]);
    },
  );
});

describe('an output that fails after the read', () => {
  it('for want of room leaves nothing half written, and the secret to be read again', async () => {
    const one = session();
    writeFileSync(join(one.folder, 'in'), Buffer.alloc(300_000, 'x'));
    const { stdout, stderr } = await one.sh(
      'zephr -q < in > link; (ulimit -f 64; zephr get -o file < link; echo $?); ls -A',
    );
    expect(stderr).toMatch(
      /not delivered: EFBIG.*\nzephr: hint: the same command reads it again within \d\d seconds/,
    );
    expect(stdout).toBe('10\n.local\nin\nlink\n');
    expect((await one.sh('zephr get -q -o file < link && cmp in file')).code).toBe(0);
  });

  it('leaves the secret to be read again', async () => {
    const one = session();
    // The directory goes away while the server thinks.
    const slow = await httpHost(async (request, response) => {
      await one.sh('rm -rf out');
      const reply = await fetch(`${server.url}${request.url}`, {
        method: request.method ?? 'GET',
        headers: request.headers as Record<string, string>,
      });
      response
        .writeHead(reply.status, {
          'Content-Type': 'application/json',
          'Zephr-Claim': reply.headers.get('Zephr-Claim') ?? '',
        })
        .end(await reply.text());
    });
    await one.sh(`mkdir out; echo hunter2 | zephr -q | sed 's|${server.url}|${slow}|' > link`);
    const { stderr, code } = await one.sh('zephr get -o out/file < link');
    expect(stderr).toContain('the secret was read, but not delivered: its folder is no longer there');
    expect(stderr).toContain('the same command reads it again');
    expect(code).toBe(10);
    expect((await one.sh('zephr get < link')).stdout).toBe('hunter2\n');
  });
});
