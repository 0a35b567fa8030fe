/** `zephr get -o`: a file with the exact bytes or none, and never in place of one that was there. */

import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { sharedServer } from '../support/shared-server.js';

const server = sharedServer();
const { session } = server;

/** What is in a folder, but for the one that holds the command's own files. */
const visible = (folder: string) => readdirSync(folder).filter((name) => name !== '.local');

describe('zephr get -o', () => {
  it('writes a file that only its owner reads, and leaves nothing else', async () => {
    const { sh, folder } = session();
    const { stdout, stderr, code } = await sh('umask 000; echo hunter2 | zephr -q | zephr get -o file');
    expect(stdout).toBe('');
    expect(stderr).toContain('8 bytes written to file');
    expect(code).toBe(0);
    expect(readFileSync(join(folder, 'file'), 'utf8')).toBe('hunter2\n');
    expect(statSync(join(folder, 'file')).mode & 0o777).toBe(0o600);
    expect(visible(folder)).toEqual(['file']);
  });

  it('leaves nothing when the read fails', async () => {
    const { sh, folder } = session();
    const { code } = await sh('echo hunter2 | zephr -q > link; zephr get < link; zephr get -o file < link');
    expect(code).toBe(6);
    expect(visible(folder)).toEqual(['link']);
  });

  it('gives a secret its own name in a directory, and a number when that is taken', async () => {
    const { sh, folder } = session();
    const { stderr } = await sh(
      'mkdir keys; for i in 1 2; do echo $i | zephr -q --name id_rsa | zephr get -o keys; done; echo 3 | zephr -q | zephr get -o keys',
    );
    expect(stderr).toContain('written to keys/id_rsa\n');
    expect(stderr).toContain('written to keys/id_rsa.1\n');
    expect(readdirSync(join(folder, 'keys')).sort()).toEqual(['id_rsa', 'id_rsa.1', 'secret']);
    expect(readFileSync(join(folder, 'keys/id_rsa'), 'utf8')).toBe('1\n');
  });

  it('writes to a pipe as it is', async () => {
    const { sh } = session();
    const { stdout } = await sh(
      'mkfifo pipe; cat pipe & echo hunter2 | zephr -q | zephr get -q -o pipe; wait',
    );
    expect(stdout).toBe('hunter2\n');
  });

  it.each(['-', '/dev/stdout', '/dev/fd/1', '/proc/self/fd/1'])(
    'writes raw to stdout for %s',
    async (path) => {
      const { sh } = session();
      const { stdout } = await sh(`echo hunter2 | zephr -q | zephr get -q -o ${path} > file; cat file`);
      expect(stdout).toBe('hunter2\n');
    },
  );

  it.each([
    ['/dev/stderr', '2>> file'],
    ['/dev/fd/3', '3>> file'],
  ])('writes to the descriptor that is %s, and puts no file in its place', async (path, open) => {
    const { sh } = session();
    const { stdout } = await sh(
      `echo first > file; echo hunter2 | zephr -q | zephr get -q -o ${path} ${open}; cat file`,
    );
    expect(stdout).toBe('first\nhunter2\n');
  });

  it('takes the place of a symbolic link with --force, and leaves what it leads to', async () => {
    const { sh } = session();
    const { stdout } = await sh(`echo theirs > theirs; ln -s theirs file
      echo hunter2 | zephr -q > link; zephr get -q -o file < link; echo $?
      zephr get -q --force -o file < link; cat file theirs; test -h file || echo 'no link'`);
    expect(stdout).toBe('4\nhunter2\ntheirs\nno link\n');
  });

  it('replaces with --force only a file whose name the reader typed, and none that the sender named', async () => {
    const { sh } = session();
    const { stdout } = await sh(`
      mkdir dir; echo mine > dir/profile; echo mine > other; ln -s ../other dir/linked; echo mine > typed
      for name in profile linked secret; do
        echo theirs | zephr -q --name $name > link; zephr get -q --force -o dir < link
      done
      echo theirs | zephr -q --name x > link; zephr get -q --force -o typed < link
      for name in profile profile.1 linked linked.1 secret; do echo $name $(cat dir/$name); done; cat typed; ls dir`);
    expect(stdout).toBe(
      'profile mine\nprofile.1 theirs\nlinked mine\nlinked.1 theirs\nsecret theirs\ntheirs\n' +
        'linked\nlinked.1\nprofile\nprofile.1\nsecret\n',
    );
  });

  it('gives a name that two take at once to one, and leaves the other its secret', async () => {
    const { sh } = session();
    const { stdout } = await sh(`
      echo one | zephr -q > 1; echo two | zephr -q > 2
      zephr get -q -o file < 1 & zephr get -q -o file < 2; echo $?; wait $!; echo $?
      for link in 1 2; do zephr get -q < $link; done; cat file; ls -A | grep part`);
    expect(stdout.split('\n').sort()).toEqual(['', '0', '4', 'one', 'two']);
  });

  it.each([
    ['longer than any file system takes', 'x'.repeat(300), 'the name is too long'],
    ['that ends as a directory does', 'file/', 'there is no such directory'],
  ])('refuses a name %s with exit 2, before it reads', async (_, name, words) => {
    const { sh } = session();
    const { code, stderr } = await sh(`echo hunter2 | zephr -q > link; zephr get -o ${name} < link`);
    expect(stderr).toContain(words);
    expect(code).toBe(2);
    expect((await sh('zephr get < link')).stdout).toBe('hunter2\n');
  });
});
