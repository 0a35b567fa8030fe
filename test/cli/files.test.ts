/** Files in sessions: sent with -a or on stdin, and taken into folders, files and pipes. */

import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openSecret } from '../../src/client/open-secret.js';
import { secretStatus } from '../../src/client/status.js';
import { sealFiles } from '../../src/core/crypto/files.js';
import { proofHash, unlockKey } from '../../src/core/crypto/key-schedule.js';
import { generateKey } from '../../src/core/key.js';
import { formatLink } from '../../src/core/link.js';
import { gatherHostile } from '../support/hostile-names.js';
import type { Session } from '../support/session.js';
import { sharedServer } from '../support/shared-server.js';

const server = sharedServer();

/** A session with a file of some MB, a small one, and an empty one. */
function session(): Session & { readonly hashes: Readonly<Record<string, string>> } {
  const one = server.session();
  const hashes: Record<string, string> = {};
  for (const [name, length] of [
    ['large.bin', 2_500_000],
    ['kube.config', 700],
    ['empty', 0],
  ] as const) {
    const bytes = randomBytes(length);
    writeFileSync(join(one.folder, name), bytes);
    hashes[name] = hash(bytes);
  }
  return { ...one, hashes };
}

function hash(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** The files of a folder below a session's, by their hashes. */
function found({ folder }: Session, name: string): Record<string, string> {
  const files = readdirSync(join(folder, name));
  return Object.fromEntries(files.map((file) => [file, hash(readFileSync(join(folder, name, file)))]));
}

describe('files', () => {
  it('go into a folder under their names, for their owner only, and the text to stdout', async () => {
    const one = session();
    const { code, stdout, stderr } = await one.sh(
      'mkdir out; echo note | zephr -a large.bin -a ./kube.config --attach=empty - > link; zephr get -o out < link',
    );
    expect(code, stderr).toBe(0);
    expect(stdout).toBe('note\n');
    expect(found(one, 'out')).toEqual(one.hashes);
    for (const name of Object.keys(one.hashes))
      expect(statSync(join(one.folder, 'out', name)).mode & 0o777).toBe(0o600);
    expect(stderr).toContain('3 files, 2.4 MB together, written to out');
    expect(readdirSync(join(one.folder, '.local/state/zephr/claims'))).toEqual([]);
    // With text from stdin nobody could go on with it.
    expect(existsSync(join(one.folder, '.local/state/zephr/creates'))).toBe(false);
    const again = await one.sh('zephr get -o out < link');
    expect(again.code).toBe(6);
  });

  it('are listed as JSON', async () => {
    const one = session();
    const { stdout, code } = await one.sh(
      'mkdir out; zephr -q -a kube.config -a empty > link; zephr get --json -o out < link',
    );
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      files: [
        { name: 'kube.config', size: 700, path: 'out/kube.config' },
        { name: 'empty', size: 0, path: 'out/empty' },
      ],
    });
  });

  it('that are one go where a file can', async () => {
    const one = session();
    const { stdout, stderr, code } = await one.sh(`
      zephr -q -a large.bin | zephr get -q -o copy && sha256sum < copy
      zephr -q -a large.bin | zephr get -q -o - | sha256sum
      zephr -q -a large.bin | zephr get -q -o /dev/stderr 2>&1 | sha256sum
      touch there; zephr -q -a large.bin | zephr get -q --force -o there && sha256sum < there`);
    expect(stderr).toBe('');
    expect(code).toBe(0);
    expect(stdout).toBe(`${one.hashes['large.bin']}  -\n`.repeat(4));
    expect(statSync(join(one.folder, 'copy')).mode & 0o777).toBe(0o600);
  });

  it('on stdin have the name that they are given', async () => {
    const one = session();
    const { code, stderr } = await one.sh(
      'mkdir out; zephr -q -a kube.config -a - --name large.bin < large.bin | zephr get -q -o out',
    );
    expect(code, stderr).toBe(0);
    expect(found(one, 'out')).toEqual({
      'large.bin': one.hashes['large.bin'],
      'kube.config': one.hashes['kube.config'],
    });
  });

  it.each([
    ['nothing says where', '', '2 files came: large.bin (2.4 MB), kube.config (700 bytes)'],
    ['a file is named', '-o file', '2 files came, and file is not a folder'],
    ['a name is taken', '-o taken', 'taken/kube.config exists, and no file is replaced'],
    ['the folder cannot be written', '-o /proc', 'nothing can be written in /proc'],
  ])('stay at the server when %s, and come with the next try', async (_, where, message) => {
    const one = session();
    mkdirSync(join(one.folder, 'taken'));
    writeFileSync(join(one.folder, 'taken/kube.config'), 'mine');
    mkdirSync(join(one.folder, 'out'));
    const first = await one.sh(`zephr -q -a large.bin -a kube.config > link; zephr get -q ${where} < link`);
    expect(first.stderr).toContain(message);
    expect(first.code).toBe(where.includes('/proc') ? 2 : 10);
    if (first.code === 10) {
      expect(first.stderr).toMatch(/again within (9|10) minutes/);
      expect(first.stderr).toContain('-o');
    }
    expect(readFileSync(join(one.folder, 'taken/kube.config'), 'utf8')).toBe('mine');
    const second = await one.sh('zephr get -q -o out < link');
    expect(second.code, second.stderr).toBe(0);
    expect(found(one, 'out')['large.bin']).toBe(one.hashes['large.bin']);
    expect(readdirSync(join(one.folder, 'taken'))).toEqual(['kube.config']);
  });

  it.each(['--exec -- cat', '--copy'])('are refused by %s, and nothing is used up', async (option) => {
    const one = session();
    const result = await one.sh(
      `zephr -q -a kube.config > link; zephr get -q ${option} < link; echo $?; zephr status < link`,
      {
        env: { DISPLAY: '', SSH_TTY: '/dev/null' },
      },
    );
    if (option === '--copy' && result.stderr.includes('no clipboard')) return;
    expect(result.stderr).toContain('the secret has files, which --exec and --copy do not take');
    expect(result.stdout).toMatch(/^2\nwaiting/);
  });

  it('with a passphrase need it', async () => {
    const one = session();
    const { code, stderr } = await one.sh(
      'echo pass > p; mkdir out; zephr -q --passphrase-file p -a large.bin > link; zephr get -q --passphrase-file p -o out < link',
    );
    expect(code, stderr).toBe(0);
    expect(found(one, 'out')).toEqual({ 'large.bin': one.hashes['large.bin'] });
  });

  it.each([
    ['a directory', 'mkdir "my conf"; zephr -a "my conf"', "tar cz 'my conf' | zephr --name 'my conf.tgz'"],
    ['no such file', 'zephr -a nowhere', 'nowhere cannot be attached: there is no such file'],
    [
      'names that are alike',
      'mkdir d; cp kube.config d; zephr -a kube.config -a d/kube.config',
      'take for the same',
    ],
    ['a file on stdin without a name', 'zephr -a - < large.bin', 'give it one with --name'],
    ['stdin twice', 'zephr -a - -a - --name x < large.bin', 'stdin cannot be the file and the file'],
    ['a name for nothing', 'zephr -a large.bin --name x', '--name is for a file that comes on stdin'],
    ['too many', `zephr $(seq -f '-a f%g' 101)`, 'more than 100 files'],
    ['a version 1 link', 'zephr --link v1 -a large.bin', 'needs a version 2 link'],
  ])('are refused with the way to do it: %s', async (_, script, words) => {
    const { code, stderr, stdout } = await session().sh(script);
    expect(stderr).toContain(words);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  });

  it('do not read a stdin that nobody gave them', async () => {
    const one = session();
    const { code } = await one.sh('zephr -q -a kube.config > link && zephr get -q -o - < link > copy', {
      stdin: 'open',
    });
    expect(code).toBe(0);
  });
});

describe('a stream', () => {
  it('of any length goes from stdin to stdout, whatever its name', async () => {
    const one = session();
    const { stdout, code, stderr } = await one.sh(
      'cat large.bin | zephr -q --name x.tgz > link; zephr get < link | sha256sum',
    );
    expect(stdout, stderr).toBe(`${one.hashes['large.bin']}  -\n`);
    expect(code).toBe(0);
    expect(stderr).toContain('Name: x.tgz');
  });

  it('goes into a folder under its name, and beside a file that has it', async () => {
    const one = session();
    const { code, stderr } = await one.sh(
      'mkdir out; touch out/x.tgz; zephr -q --name x.tgz < large.bin | zephr get -q -o out',
    );
    expect(code, stderr).toBe(0);
    expect(Object.keys(found(one, 'out')).sort()).toEqual(['x.tgz', 'x.tgz.1']);
    expect(found(one, 'out')['x.tgz.1']).toBe(one.hashes['large.bin']);
  });

  it('is not lost when its reader goes away', async () => {
    const one = session();
    const { stdout, stderr } = await one.sh(`
      zephr -q < large.bin > link
      { zephr get < link; echo $? > code; } | head -c 100 > part
      cat code; zephr get < link | sha256sum`);
    expect(stdout).toBe(`10\n${one.hashes['large.bin']}  -\n`);
    expect(stderr).toMatch(/its reader went away .*\n.*again within (9|10) minutes/);
  });

  it('is one JSON object where that is asked for', async () => {
    const one = session();
    const { stdout } = await one.sh('zephr -q < large.bin | zephr get --json');
    expect(hash(Buffer.from(JSON.parse(stdout).base64, 'base64'))).toBe(one.hashes['large.bin']);
  });
});

describe('a sender who wrote his own client', () => {
  it.each(gatherHostile())('does no harm with $what', async ({ names, survives }) => {
    const one = session();
    const { link } = await hostileSecret(names);
    writeFileSync(join(one.folder, 'link'), link);
    mkdirSync(join(one.folder, 'deep/out'), { recursive: true });
    writeFileSync(join(one.folder, 'deep/mine'), 'mine');
    const { code, stderr } = await one.sh('zephr get -q -o deep/out < link');
    expect(code, stderr).toBe(survives === null ? 9 : 0);
    expect(readdirSync(join(one.folder, 'deep/out')).sort()).toEqual([...(survives ?? [])].sort());
    expect(readdirSync(join(one.folder, 'deep')).sort()).toEqual(['mine', 'out']);
    expect(readFileSync(join(one.folder, 'deep/mine'), 'utf8')).toBe('mine');
    for (const name of survives ?? []) {
      expect(statSync(join(one.folder, 'deep/out', name)).mode & 0o777).toBe(0o600);
    }
  });

  /** Makes a secret of files of one byte each, whose list is not checked. */
  async function hostileSecret(names: readonly string[]): Promise<{ link: string }> {
    const key = generateKey(2);
    const unlocked = await unlockKey(key);
    const post = async (path: string, body: unknown) => {
      const reply = await fetch(`${server.url}/api/${path}`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', 'Idempotency-Key': crypto.randomUUID() },
        body: JSON.stringify(body),
      });
      return (await reply.json()) as Record<string, string>;
    };
    const { upload } = await post('uploads', {});
    let chunks = 0;
    for await (const body of sealFiles(await unlocked.deriveFilesKey(), [new Uint8Array(names.length)])) {
      const headers = { 'Content-Type': 'application/octet-stream' };
      const { status } = await fetch(`${server.url}/api/uploads/${upload}/${chunks++}`, {
        method: 'PUT',
        headers,
        body,
      });
      expect(status).toBe(204);
    }
    const { blobOf } = await import('../support/hostile-names.js');
    const { id = '' } = await post('secrets', {
      encrypted_blob: await blobOf({ files: names.map((name) => ({ name, size: 1 })) }, unlocked),
      expiry: 60,
      split_url_mode: false,
      version: 2,
      proof_hash: await proofHash(unlocked),
      upload,
      chunks,
    });
    return { link: formatLink({ server: server.url, id, key }) };
  }
});

describe('a create that was broken off', () => {
  it('before it began leaves nothing', async () => {
    const one = session();
    const state = join(one.folder, '.local/state/zephr/creates');
    const first = await one.sh('ZEPHR_SERVER=http://127.0.0.1:1 zephr -a large.bin');
    expect(first.code).toBe(8);
    expect(existsSync(state) ? readdirSync(state) : []).toEqual([]);
    const second = await one.sh('zephr -q -a large.bin > link; zephr get -q -o - < link | sha256sum');
    expect(second.stdout).toBe(`${one.hashes['large.bin']}  -\n`);
    expect(readdirSync(state)).toEqual([]);
  });

  it('is one of its own where no state can be kept', async () => {
    const one = session();
    const { code, stderr } = await one.sh(
      'export XDG_STATE_HOME=/dev/null/x; zephr -q -a large.bin > link; zephr get -q -o copy < link',
    );
    expect(code, stderr).toBe(0);
  });
});

it('the status of a secret with files is that of any other, and openSecret sees their names', async () => {
  const one = session();
  await one.sh('zephr -q -a kube.config -a empty --message hello > link');
  const link = readFileSync(join(one.folder, 'link'), 'utf8').trim();
  expect(await secretStatus(link)).toMatchObject({ state: 'waiting', chunks: 1 });
  const { files, message } = await openSecret(link);
  expect(message).toBe('hello');
  expect(files.map(({ name, size }) => [name, size])).toEqual([
    ['kube.config', 700],
    ['empty', 0],
  ]);
});
