/** Files of secrets: whatever an editor or a shell made of them, the secret is what a person would type. */

import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { readSecretFile } from '../../src/cli/files/secret-file.js';
import { fakeTerminal } from '../support/fake-terminal.js';
import { ZEPHR } from '../support/session.js';
import { sharedServer } from '../support/shared-server.js';
import { HAS_SCRIPT, type } from '../support/typing.js';

const server = sharedServer();

function fileOf(bytes: Uint8Array): string {
  const folder = mkdtempSync(join(tmpdir(), 'zephr-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'file'), bytes);
  return join(folder, 'file');
}

const utf16be = (text: string) => Buffer.from(`\ufeff${text}`, 'utf16le').swap16();

describe('the secret in a file', () => {
  it.each([
    ['a line', 'pässword\n'],
    ['a line without an end', 'pässword'],
    ['a line of Windows', 'pässword\r\n'],
    ['a line of an old Mac', 'pässword\r'],
    ['UTF-8 with a mark', '\ufeffpässword\n'],
    ['UTF-16 of Windows', Buffer.from('\ufeffpässword\r\n', 'utf16le')],
    ['UTF-16 with the high byte first', utf16be('pässword\n')],
  ])('is what a person would type: %s', async (_, contents) => {
    expect(await readSecretFile(fileOf(Buffer.from(contents)), 'passphrase', fakeTerminal())).toBe(
      'pässword',
    );
  });

  it('has its white space, and a mark that is not at the beginning', async () => {
    const file = fileOf(Buffer.from(' pass \ufeffword\t\n'));
    expect(await readSecretFile(file, 'passphrase', fakeTerminal())).toBe(' pass \ufeffword\t');
  });

  it.each([
    ['a second line', 'hunter2\nhunter3\n', 'it has more than one line'],
    ['a blank second line', 'hunter2\n\n', 'it has more than one line'],
    ['lines of an old Mac', 'hunter2\rhunter3', 'it has more than one line'],
    ['nothing', '', 'it is empty'],
    ['a line end', '\r\n', 'it is empty'],
    ['a mark', '\ufeff', 'it is empty'],
    ['UTF-16 without its mark', Buffer.from('hunter2', 'utf16le'), 'it holds zero bytes'],
    ['half a character of UTF-16', Buffer.from('\ufeff\ud800', 'utf16le'), 'it is not UTF-8, nor UTF-16'],
    ['another encoding', Buffer.from('p\xe4ssword', 'latin1'), 'it is not UTF-8, nor UTF-16'],
    ['too much', 'x'.repeat(65_537), 'it is too long'],
  ])('is not %s', async (_, contents, words) => {
    const file = fileOf(Buffer.from(contents));
    const refused = readSecretFile(file, 'passphrase', fakeTerminal());
    await expect(refused).rejects.toMatchObject({ exit: 2, message: expect.stringContaining(words) });
    await expect(refused).rejects.not.toThrow(/hunter/);
  });
});

/** Runs the command with a Unix socket as its stdin, as supervisors and Node do. */
function withSocket(args: string[], env: NodeJS.ProcessEnv, stdin: string) {
  return new Promise<{ code: number | null; stdout: string; stderr: string }>((resolve, reject) => {
    const child = spawn(process.execPath, [ZEPHR, ...args], { env, stdio: ['pipe', 'pipe', 'pipe'] });
    const [out, err]: Buffer[][] = [[], []];
    child.stdout.on('data', (chunk: Buffer) => out?.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => err?.push(chunk));
    child.on('error', reject);
    child.on('close', (code) =>
      resolve({ code, stdout: `${Buffer.concat(out ?? [])}`, stderr: `${Buffer.concat(err ?? [])}` }),
    );
    child.stdin.end(stdin);
  });
}

describe('a file of a secret', () => {
  const create = 'printf word > word; echo hunter2 | zephr -q --passphrase-file word > link';

  it.each(['-', '/dev/stdin', '/dev/fd/0', '/proc/self/fd/0'])('that is %s is stdin', async (name) => {
    const { sh } = server.session();
    const { code, stdout } = await sh(
      `${create}; printf 'word\\r\\n' | zephr get "$(cat link)" --passphrase-file ${name}`,
    );
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'hunter2\n' });
  });

  it.each(['-', '/dev/stdin'])('that is %s may be a socket', async (name) => {
    const { sh, env } = server.session();
    const { stdout: link } = await sh(`${create}; cat link`);
    const got = await withSocket(['get', link.trim(), '--passphrase-file', name], env, 'word\n');
    expect(got).toMatchObject({ code: 0, stdout: 'hunter2\n' });
  });

  it('may be a pipe of the shell', async () => {
    const { sh } = server.session();
    const got = await sh(
      `${create}; mkfifo p; printf word > p & zephr get --passphrase-file p "$(cat link)"`,
    );
    expect(got.stdout).toBe('hunter2\n');
  });

  it('that is a listening socket is exit 2', async () => {
    const { sh, folder } = server.session();
    const listener = createServer().listen(join(folder, 'socket'));
    onTestFinished(() => void listener.close());
    const { code, stderr } = await sh('echo hunter2 | zephr --passphrase-file socket');
    expect(stderr).toContain('zephr: error: no passphrase in socket: ');
    expect(code).toBe(2);
  });

  it.each([
    ['zephr --passphrase-file -', 'passphrase', 'secret'],
    ['ZEPHR_API_KEY_FILE=/dev/stdin zephr', 'API key', 'secret'],
    [
      'zephr --callback-url https://a.example --callback-secret-file - --passphrase-file -',
      'callback secret',
      'passphrase',
    ],
    ['zephr get --key-file -', 'link', 'key'],
    ['zephr get - --passphrase-file -', 'link', 'passphrase'],
  ])('and another thing cannot both be stdin: %s', async (command, first, second) => {
    const { sh } = server.session();
    await sh(`${create}; sed 's/#.*//' link > url`);
    const stdin = command.includes('--key-file') ? 'url' : 'link';
    const { code, stderr } = await sh(`${command} < ${stdin}`);
    expect(stderr).toContain(`stdin cannot be the ${first} and the ${second} as well`);
    expect(code).toBe(2);
  });

  it('that is stdin, which is closed, is exit 2', async () => {
    const { sh } = server.session();
    const { code, stderr } = await sh(`${create}; zephr get "$(cat link)" --passphrase-file - <&-`);
    expect(stderr).toContain('no passphrase on stdin');
    expect(code).toBe(2);
  });

  it.skipIf(!HAS_SCRIPT)('that is stdin, which is a terminal, is asked for unseen', async () => {
    const one = server.session();
    await one.sh(create);
    const { screen, code } = await type(one, 'zephr get "$(cat link)" --passphrase-file -', [
      ['Passphrase:', 'word\r'],
    ]);
    expect(screen).toContain('hunter2');
    expect(screen).not.toContain('word\r');
    expect(code).toBe(0);
  });
});
