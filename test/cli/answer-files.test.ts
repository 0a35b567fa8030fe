/** Answers with files, and of any length, as a shell sends and takes them: `zephr give -a`, `zephr get ID -o DIR`. */

import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fronting } from '../support/fronting.js';
import type { Session } from '../support/session.js';
import { sharedServer } from '../support/shared-server.js';

const server = sharedServer();

/** A session that has asked for answers, with a file of some MB and a small one to answer with. */
async function asking(answers = 1, env: NodeJS.ProcessEnv = {}) {
  const one = server.session(env);
  const contents = { 'large.bin': randomBytes(2_500_000), 'kube.config': randomBytes(700) };
  for (const [name, bytes] of Object.entries(contents)) writeFileSync(join(one.folder, name), bytes);
  const files = {
    'large.bin': sha256(contents['large.bin']),
    'kube.config': sha256(contents['kube.config']),
  };
  mkdirSync(join(one.folder, 'out'));
  const made = await one.sh(`zephr request -q --answers ${answers} > link`);
  expect(made).toMatchObject({ code: 0, stderr: '' });
  const [name = ''] = readdirSync(join(one.folder, '.local/state/zephr/requests'));
  return { ...one, contents, files, id: name.slice(0, 22) };
}

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

/** What is in a folder below the session's: hashes by name. */
function found({ folder }: Session, path: string): Record<string, string> {
  const names = readdirSync(join(folder, path));
  return Object.fromEntries(names.map((name) => [name, sha256(readFileSync(join(folder, path, name)))]));
}

describe('files in an answer', () => {
  it('go into the folder of who asked, and the text beside them to stdout', async () => {
    const one = await asking();
    const given = await one.sh(
      `echo note | zephr give --json "$(cat link)" - -a large.bin -a kube.config -m 'rotate them'`,
    );
    expect(given.code, given.stderr).toBe(0);
    const sent = JSON.parse(given.stdout) as { secretId: string; receiptLink: string };
    expect(Object.keys(sent)).toEqual(['secretId', 'expiresAt', 'receiptLink']);
    const { stdout, stderr, code } = await one.sh(`zephr get -o out -- ${one.id}`);
    expect([code, stdout]).toEqual([0, 'note\n']);
    expect(stderr).toContain('Message: rotate them');
    expect(stderr).toContain('2 files, 2.4 MB together, written to out');
    expect(found(one, 'out')).toEqual(one.files);
    expect((await one.sh(`zephr status '${sent.receiptLink}'`)).stdout).toMatch(/^read/);
    expect(readdirSync(join(one.folder, '.local/state/zephr/requests'))).toEqual([]);
  });

  it('without a folder are named, and can be had by what is said then', async () => {
    const one = await asking();
    await one.sh('zephr give -q "$(cat link)" -a kube.config');
    const refused = await one.sh(`zephr get -- ${one.id}`);
    expect([refused.code, refused.stdout]).toEqual([10, '']);
    expect(refused.stderr).toContain('a file came: kube.config (700 bytes)');
    expect(refused.stderr).toMatch(/the same command with -o FOLDER, .*; it can be read again within/);
    expect((await one.sh(`zephr get -q -o out -- ${one.id}`)).code).toBe(0);
    expect(found(one, 'out')).toEqual({ 'kube.config': one.files['kube.config'] });
  });

  it('of several answers keep their names, each in a folder of its own', async () => {
    const one = await asking(3);
    const ids = await one.sh(
      `for file in kube.config large.bin; do
         cp $file same; zephr give --json "$(cat link)" -a same | sed 's/.*"secretId":"\\([^"]*\\)".*/\\1/'
       done; echo hunter2 | zephr give -q "$(cat link)"`,
    );
    const [first = '', second = ''] = ids.stdout.trim().split('\n');
    const { code, stderr } = await one.sh(`zephr get --all -o out -- ${one.id}`);
    expect(code, stderr).toBe(0);
    expect(readdirSync(join(one.folder, 'out')).sort()).toEqual([first, second, 'secret'].sort());
    expect(found(one, `out/${first}`)).toEqual({ same: one.files['kube.config'] });
    expect(found(one, `out/${second}`)).toEqual({ same: one.files['large.bin'] });
    expect(readFileSync(join(one.folder, 'out/secret'), 'utf8')).toBe('hunter2\n');
  });

  it('are waited for, into a folder', async () => {
    const one = await asking();
    const { stdout, code } = await one.sh(
      `zephr request -q --wait -o out 2> waiting & until grep -qs "#r1" waiting; do sleep 0.05; done
       zephr give -q "$(cat waiting)" -a kube.config; wait $!`,
    );
    expect([code, stdout]).toEqual([0, '']);
    expect(found(one, 'out')).toEqual({ 'kube.config': one.files['kube.config'] });
  });

  it('come on stdin under the name that they are given', async () => {
    const one = await asking();
    await one.sh('cat large.bin | zephr give -q "$(cat link)" -a - --name backup.tgz');
    expect((await one.sh(`zephr get -q -o out -- ${one.id}`)).code).toBe(0);
    expect(found(one, 'out')).toEqual({ 'backup.tgz': one.files['large.bin'] });
  });

  it('that were broken off on their way go on with the same command', async () => {
    const puts: string[] = [];
    let stuck: () => void = () => undefined;
    let isStuck = true;
    const url = await fronting(server.url, (fetch) => async (to, init) => {
      const [, chunk = ''] = /\/uploads\/[\w-]+\/(\d+)$/.exec(to) ?? [];
      if (init.method !== 'PUT') return fetch(to, init);
      if (chunk === '2' && isStuck) {
        stuck();
        return new Promise((_, reject) => init.signal.addEventListener('abort', reject));
      }
      puts.push(chunk);
      return fetch(to, init);
    });
    const one = await asking(1, { ZEPHR_SERVER: url });
    stuck = () => void writeFileSync(join(one.folder, 'stuck'), '');
    const give = 'zephr give -q "$(cat link)" -a large.bin -a kube.config';
    const first = await one.sh(`${give} & until [ -e stuck ]; do sleep 0.05; done; kill -TERM $!; wait $!`);
    expect(first.stderr).toContain('the same command goes on where it stopped');
    isStuck = false;
    expect(await one.sh(give)).toMatchObject({ code: 0, stderr: '' });
    expect(new Set(puts)).toEqual(new Set(['0', '1', '2']));
    expect(puts.filter((chunk) => chunk === '2')).toHaveLength(1);
    expect((await one.sh(`zephr get -q -o out -- ${one.id}`)).code).toBe(0);
    expect(found(one, 'out')).toEqual(one.files);
  });
});

describe('an answer of any length', () => {
  it('goes from stdin to stdout, with or without its last line end', async () => {
    const one = await asking(2);
    await one.sh(`printf '\\r\\n' >> large.bin; zephr give -q "$(cat link)" < large.bin
      zephr give -q --trim "$(cat link)" --name any < large.bin`);
    const { stdout } = await one.sh(`for n in 1 2; do zephr get -q -- ${one.id} | sha256sum; done`);
    const bytes = one.contents['large.bin'];
    const whole = sha256(Buffer.concat([bytes, Buffer.from('\r\n')]));
    expect(stdout).toBe(`${whole}  -\n${sha256(bytes)}  -\n`);
  });

  it('is not sent by wrong usage, which says what is wrong', async () => {
    const one = await asking();
    const wrong: readonly [string, string][] = [
      ['zephr give "$(cat link)" -a no-such-file', 'no-such-file cannot be attached'],
      ['zephr give "$(cat link)" -a .', 'is a directory'],
      ['zephr give "$(cat link)" -a - < large.bin', '--name'],
      ['zephr give "$(cat link)" -a kube.config --name x', '-a -'],
      ['zephr give "$(cat link)" other < large.bin', 'more than one link'],
      ['zephr give -a kube.config', 'no link'],
    ];
    for (const [line, words] of wrong) {
      const { stdout, stderr, code } = await one.sh(line);
      expect([code, stdout]).toEqual([2, '']);
      expect(stderr).toContain(words);
    }
    expect((await one.sh(`zephr get -- ${one.id}`)).code).toBe(11);
  });
});
