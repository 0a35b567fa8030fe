/** A reader that goes away, a full disk, a command that fails: what nobody took is not acknowledged, and exit 10. */

import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { main } from '../../src/cli/main.js';
import { fakeTerminal } from '../support/fake-terminal.js';
import { httpHost } from '../support/hosts.js';
import { type Session, ZEPHR } from '../support/session.js';
import { sharedServer } from '../support/shared-server.js';

const server = sharedServer();
const { session } = server;

const hasFullDevice = existsSync('/dev/full');

/** Runs `left` with its stdout into `right`, and gives the exit code of `left`. */
async function pipe(one: Session, left: string, right: string) {
  const { stderr } = await one.sh(`{ ${left}; echo "exit $?" >&2; } | ${right}`);
  const [, code] = /^exit (\d+)$/m.exec(stderr) ?? [];
  return { code: Number(code), stderr };
}

const claims = ({ folder }: Session) => readdirSync(join(folder, '.local/state/zephr/claims'));

describe('zephr get into a pipe', () => {
  it.each([
    ['false', 'hunter2', 'zephr get -q "$(cat link)"'],
    ['no-such-command', 'hunter2', 'zephr get -q "$(cat link)"'],
    ['true', 'hunter2', 'zephr get --json "$(cat link)"'],
    ['false', 'hunter2', 'zephr get -o - "$(cat link)"'],
    ['head -c 4 > /dev/null', 'x'.repeat(300_000), 'zephr get -q "$(cat link)"'],
    ['head -c 4 > /dev/null', 'x'.repeat(300_000), 'zephr get --json "$(cat link)"'],
  ])('that %s reads keeps the secret for the same command', async (reader, secret, command) => {
    const one = session();
    writeFileSync(join(one.folder, 'in'), secret);
    await one.sh('zephr -q < in > link');
    const { code, stderr } = await pipe(one, command, reader);
    expect(code).toBe(10);
    expect(stderr).toContain('its reader went away before it had all of it');
    expect(stderr).toMatch(/the same command reads it again within \d\d seconds/);
    expect((await one.sh(`${command} > out; grep -c "$(head -c 7 in)" out`)).stdout.trim()).toBe('1');
    expect(claims(one)).toEqual([]);
    expect((await one.sh('zephr get < link')).code).toBe(6);
  });

  it('that all of it went into is acknowledged', async () => {
    const one = session();
    writeFileSync(join(one.folder, 'in'), 'x'.repeat(300_000));
    await one.sh('zephr -q < in > link');
    expect((await pipe(one, 'zephr get < link', 'cmp - in')).code).toBe(0);
    expect((await one.sh('zephr status < link')).stdout).toMatch(/^read/);
  });

  it('says until when in JSON', async () => {
    const one = session();
    await one.sh('echo x | zephr -q > link');
    const { stderr } = await pipe(one, 'zephr get --json < link', 'false');
    const { error } = JSON.parse(stderr.split('\n')[0] ?? '');
    expect(error).toMatchObject({ code: 'NOT_DELIVERED' });
    const left = Date.parse(error.readableUntil) - Date.now();
    expect(left).toBeGreaterThan(0);
    expect(left).toBeLessThanOrEqual(60_000);
  });
});

describe('zephr into a pipe that nobody reads', () => {
  /** A host before the server. @param revoked says what it answers, of a revocation that the server answered with a status. */
  function passingOn(revoked: (status: number) => number): Promise<string> {
    return httpHost(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const { host: _, connection: __, ...headers } = request.headers as Record<string, string>;
      const { method = 'GET', url } = request;
      const body = method === 'POST' ? { body: Buffer.concat(chunks) } : {};
      const reply = await fetch(`${server.url}${url}`, { method, headers, ...body });
      const status = method === 'DELETE' ? revoked(reply.status) : reply.status;
      response.writeHead(status, { 'Content-Type': 'application/json' }).end(await reply.text());
    });
  }

  it.each([
    ['zephr -q'],
    ['zephr -q --split'],
    ['zephr -q --json'],
    ['zephr -q --split --json'],
    ['zephr -q --qr'],
    ['zephr -q --passphrase-file passphrase'],
  ])('%s revokes the secret', async (command) => {
    const revoked: number[] = [];
    const between = await passingOn((status) => {
      revoked.push(status);
      return status;
    });
    const one = session({ ZEPHR_SERVER: between });
    writeFileSync(join(one.folder, 'passphrase'), 'open sesame');
    const { code, stderr } = await pipe(one, `echo hunter2 | ${command}`, 'false');
    expect(code).toBe(10);
    expect(stderr).toContain('not delivered: its reader went away');
    expect(stderr).toContain('nobody has it, and the secret is revoked: run it again');
    expect(revoked).toEqual([204]);
    expect(stderr).not.toMatch(/#v2/);
  });

  it('says so where the secret cannot be revoked', async () => {
    const one = session({ ZEPHR_SERVER: await passingOn(() => 500) });
    const { code, stderr } = await pipe(one, 'echo x | zephr -q', 'false');
    expect(code).toBe(10);
    expect(stderr).toContain('the secret stays on the server, unread, until it expires');
  });

  it.each(['--help', 'help get', 'completion bash', '--version', 'config path', 'doctor'])(
    'is no failure of zephr %s, which only talks',
    async (command) => {
      const { code, stderr } = await pipe(session(), `sleep 0.1; zephr ${command}`, 'true');
      expect(stderr).not.toContain('error');
      expect(code).toBe(0);
    },
  );
});

describe.skipIf(!hasFullDevice)('a full disk', () => {
  it.each(['', '--json', '-o -', '-o /dev/full'])('keeps the secret of zephr get %s', async (flags) => {
    const one = session();
    await one.sh('echo hunter2 | zephr -q > link');
    const { code, stderr } = await one.sh(`zephr get ${flags} < link > /dev/full`);
    expect(code).toBe(10);
    expect(stderr).toContain('the disk is full');
    expect((await one.sh('zephr get < link')).stdout).toBe('hunter2\n');
  });

  it.each(['', '--split', '--json'])(
    'loses the link of zephr %s, and its secret is revoked',
    async (flags) => {
      const { code, stderr } = await session().sh(`echo hunter2 | zephr ${flags} > /dev/full`);
      expect(code).toBe(10);
      expect(stderr).toContain('not delivered: the disk is full');
      expect(stderr).toContain('the secret is revoked: run it again');
    },
  );
});

describe.skipIf(process.platform === 'win32')('a stdout that is closed', () => {
  it.each(['', '-o -', '--json'])(
    'is no place for a secret, which is not asked for: zephr get %s',
    async (flags) => {
      const { sh } = session();
      const { code, stderr } = await sh(`echo hunter2 | zephr -q > link; zephr get ${flags} < link >&-`);
      expect(stderr).toContain('stdout is closed: the secret was not asked for');
      expect(code).toBe(10);
      expect((await sh('zephr status < link')).stdout).toMatch(/^waiting/);
    },
  );

  it.each(['', '--split', '--json'])(
    'is no place for a link, and nothing is sent: zephr %s',
    async (flags) => {
      const asked: string[] = [];
      const host = await httpHost((request) => void asked.push(String(request.url)));
      const { code, stderr } = await session({ ZEPHR_SERVER: host }).sh(`echo hunter2 | zephr ${flags} >&-`);
      expect(stderr).toContain('stdout is closed: nobody would get the link');
      expect(code).toBe(10);
      expect(asked).toEqual([]);
    },
  );

  it('is no place for an API key, and none is made', async () => {
    const { sh } = session();
    const made = await sh('zephr keys new --tier pro --name ci >&-');
    expect(made.stderr).toContain('the API key was not delivered: stdout is closed');
    expect(made.code).toBe(10);
    expect((await sh('zephr keys ls')).stdout).not.toContain('ci');
  });

  it('does not matter where the data goes elsewhere, and /dev/null is a place', async () => {
    const { sh } = session();
    const { code, stdout } = await sh(`
      echo hunter2 | zephr -q --views 3 > link
      zephr get -q -o file < link >&- && zephr get --exec -- cmp - file < link >&- && zephr get < link > /dev/null
      echo $?; zephr status < link; echo x | zephr -q --qr 2>&1 >&- | wc -l`);
    expect(stdout).toMatch(/^0\nread, 3 of 3 views taken/);
    expect(Number(stdout.trim().split('\n').at(-1))).toBeGreaterThan(10);
    expect(code).toBe(0);
  });
});

describe('stdout', () => {
  it.each([[[]], [['--json']], [['-o', '-']]])(
    'is flushed before the acknowledgement, with %j',
    async (flags) => {
      const steps: string[] = [];
      const between = await httpHost(async (request, response) => {
        steps.push(String(request.method));
        const reply = await fetch(`${server.url}${request.url}`, {
          method: request.method ?? 'GET',
          headers: request.headers as Record<string, string>,
        });
        const headers = { 'Zephr-Claim': reply.headers.get('Zephr-Claim') ?? '' };
        response.writeHead(reply.status, headers).end(await reply.text());
      });
      const { stdout } = await session().sh('echo hunter2 | zephr -q');
      const terminal = fakeTerminal({
        onStdout: () => void steps.push('write'),
        onFlush: () => void steps.push('flush'),
      });
      const link = stdout.trim().replace(server.url, between);
      expect(await main(['get', link, ...flags], terminal)).toBe(0);
      expect(steps).toEqual(['GET', 'write', 'flush', 'DELETE']);
    },
  );
});

describe('zephr get --exec', () => {
  it('gives the exact bytes to the command, its words untouched, and is acknowledged when it exits with 0', async () => {
    const one = session();
    writeFileSync(
      join(one.folder, 'in'),
      Uint8Array.from({ length: 70_000 }, (_, index) => index % 251),
    );
    await one.sh('zephr -q < in > link');
    const { stdout, code, stderr } = await one.sh(
      `zephr get --exec -- sh -c 'cat > out; echo "$@"' name -o --json '' -- 'two words' < link; cmp in out`,
    );
    expect(stderr).toBe('');
    expect(stdout).toBe('-o --json  -- two words\n');
    expect(code).toBe(0);
    expect((await one.sh('zephr status < link')).stdout).toMatch(/^read/);
    expect(claims(one)).toEqual([]);
  });

  it.each([
    ['exit 3', 'sh exited with 3'],
    ['cat > /dev/null; exit 255', 'sh exited with 255'],
    ['kill -TERM $$', 'sh was ended by SIGTERM'],
  ])('keeps the secret when the command does: %s', async (script, words) => {
    const one = session();
    await one.sh('echo hunter2 | zephr -q > link');
    const { code, stderr } = await one.sh(`zephr get "$(cat link)" --exec -- sh -c '${script}'`);
    expect(code).toBe(10);
    expect(stderr).toMatch(
      new RegExp(
        `^zephr: error: ${words.replaceAll('$', '\\$')}\nzephr: hint: the same command reads it again within \\d\\d seconds\n$`,
      ),
    );
    expect((await one.sh('zephr get "$(cat link)" --exec -- cat')).stdout).toBe('hunter2\n');
  });

  it('does not mind a command that reads nothing and exits with 0', async () => {
    const one = session();
    writeFileSync(join(one.folder, 'in'), 'x'.repeat(300_000));
    await one.sh('zephr -q < in > link');
    expect(await one.sh('zephr get "$(cat link)" --exec -- true')).toMatchObject({ code: 0, stderr: '' });
    expect((await one.sh('zephr status < link')).stdout).toMatch(/^read/);
  });

  it.each([
    ['--exec -- no-such-command', 'there is no program no-such-command in the folders of PATH'],
    ['--exec -- ./link', './link is not a program that can be executed'],
    ['--exec -- /', '/ is not a program that can be executed'],
    ['--exec --', 'there is no command behind --exec'],
    ['--exec', 'there is no command behind --exec'],
    ['--exec -o file -- cat', 'the secret goes to one place'],
    ['--exec -c -- cat', 'the secret goes to one place'],
  ])('is refused with exit 2 before the request: %s', async (flags, words) => {
    const one = session();
    await one.sh('echo hunter2 | zephr -q > link');
    const { code, stderr } = await one.sh(`zephr get ${flags} < link`);
    expect(stderr).toContain(words);
    expect(code).toBe(2);
    expect((await one.sh('zephr status < link')).stdout).toMatch(/^waiting/);
  });

  it('passes an interrupt on to the command, and keeps the secret', async () => {
    const one = session();
    await one.sh('echo hunter2 | zephr -q > link');
    const { stdout, stderr } = await one.sh(`
      node ${ZEPHR} get "$(cat link)" --exec -- sh -c 'trap "echo ended; exit 0" TERM; echo up > up; while :; do sleep 0.05; done' & z=$!
      until [ -s up ]; do sleep 0.05; done; kill -TERM $z; wait $z; echo $?`);
    expect(stdout).toBe('ended\n143\n');
    expect(stderr).toContain('zephr: hint: the same command reads it again within');
    expect((await one.sh('zephr get < link')).stdout).toBe('hunter2\n');
  });
});
