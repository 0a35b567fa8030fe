/**
 * `zephr run`: which secrets a command gets, and what comes out of it. What is the same without zephr is in
 * ../system/run-bare.test.ts.
 */

import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { HAS_SCRIPT, type } from '../support/typing.js';
import { vaultSession } from '../support/vault.js';

const SECRET = 'correct horse/battery+staple';

describe('a command', () => {
  it('gets all that is unbound, or what it is given under other names, and no more', async () => {
    const { sh } = await vaultSession({ A: 'one', B: 'two' });
    await sh('echo three | zephr vault set C --host h.example');
    const names = (options: string) =>
      sh(
        `zephr run -q ${options} -- sh -c 'env | grep -oE "^(A|B|C|X|ZEPHR_VAULT_KEY_FILE)=" | sort | tr -d "\\n"'`,
      );
    expect((await names('')).stdout).toBe('A=B=');
    expect((await names('--only B')).stdout).toBe('B=');
    expect((await names("--only ''")).stdout).toBe('');
    expect((await names('--var X=A')).stdout).toBe('B=X=');
    expect((await names('--only A --var X=A')).stdout).toBe('X=');
    expect((await names('-E other')).stdout).toBe('');
    expect(await names('--only C')).toMatchObject({
      code: 125,
      stderr: expect.stringContaining('bound to hosts'),
    });
    expect(await names('--only D')).toMatchObject({
      code: 125,
      stderr: expect.stringContaining('no secret D'),
    });
    expect(await names('--var x')).toMatchObject({ code: 125 });
  });

  it('gets little else with --clean-env', async () => {
    const { sh } = await vaultSession({ A: 'one' });
    const { stdout } = await sh('OTHER=1 zephr run -q --clean-env -- env | cut -d= -f1 | sort');
    const names = stdout.trim().split('\n');
    expect(names).toEqual(expect.arrayContaining(['A', 'HOME', 'LANG', 'PATH', 'TERM', 'TZ']));
    expect(names).not.toContain('OTHER');
    expect(names).not.toContain('XDG_RUNTIME_DIR');
  });

  it('gets a file that is on no disk, and is gone afterwards', async () => {
    const { sh } = await vaultSession({ A: `${SECRET}\nmore\n` });
    const leftovers = () => readdirSync('/dev/shm').filter((name) => name.startsWith('zephr-run-'));
    const before = leftovers();
    const { stdout, stderr } = await sh(
      `zephr run --file P=A -- sh -c 'wc -c < $P; stat -c %a $P; printenv A; df -P $P | tail -1 | cut -d" " -f1'`,
      { env: { XDG_RUNTIME_DIR: '' } },
    );
    expect(stdout, stderr).toMatch(new RegExp(`^${SECRET.length + 6}\\n600\\n(tmpfs|shm|none)\\n$`));
    expect(leftovers()).toEqual(before);
  });

  it('does not start with what has expired', async () => {
    const { sh } = await vaultSession({ A: 'one two' });
    await sh('echo x | zephr vault set B --expires 1s; sleep 1.1');
    const all = await sh('zephr run -- sh -c "printenv A; printenv B"');
    expect(all.stdout).toBe('[masked A]\n');
    expect(all.stderr).toContain('expired, and left out: B');
    expect(await sh('zephr run --only B -- true')).toMatchObject({ code: 125 });
  });
});

describe('what is printed', () => {
  it('is masked on both streams, in order where they are one, in binary, and nothing else changes', async () => {
    const { sh, folder } = await vaultSession({ A: SECRET });
    writeFileSync(
      join(folder, 'print'),
      `import os,sys,base64,urllib.parse,json
s=os.environ['A'].encode()
for one in [s, base64.b64encode(s), b'x'+base64.urlsafe_b64encode(b'ab'+s), s.hex().encode(), urllib.parse.quote(s,safe='').encode()]:
  os.write(1,b'<'+one+b'>\\n'); os.write(2,b'between\\n')
os.write(1,bytes(range(256)))
`,
    );
    const { bytes } = await sh('zephr run -- python3 print 2>&1');
    const lines = Array.from({ length: 5 }, () => '<[^\\n]*\\[masked A\\][^\\n]*>\\nbetween\\n').join('');
    expect(bytes.toString('latin1')).toMatch(new RegExp(`^${lines}`));
    expect(bytes.subarray(-256)).toEqual(Buffer.from(Array.from({ length: 256 }, (_, byte) => byte)));
    for (const form of [SECRET, Buffer.from(SECRET).toString('base64'), Buffer.from(SECRET).toString('hex')])
      expect(bytes.toString('latin1')).not.toContain(form);
  });

  it('is masked wherever it is cut, after any pause, and the rest is not held back', async () => {
    const { sh, folder } = await vaultSession({ A: SECRET });
    writeFileSync(
      join(folder, 'slowly'),
      'printf %s "$' +
        '{A%staple}"; sleep 0.4; echo staple; printf "ready? "; while [ ! -e seen ]; do sleep 0.05; done\n',
    );
    // It goes on only once its question has come out.
    const { stdout } = await sh(
      `zephr run -- sh slowly | { dd bs=1 count=18 2> /dev/null; touch seen; cat; }`,
    );
    expect(stdout).toBe('[masked A]\nready? ');
  });

  it('is not masked where a value is too short, and that is said', async () => {
    const { sh } = await vaultSession({ A: 'abcde', B: 'abcdef' });
    const { stdout, stderr } = await sh('zephr run -- sh -c "echo $A abcde abcdef"');
    expect(stdout).toBe('abcde [masked B]\n');
    expect(stderr).toBe('zephr: warning: too short to be masked: A\n');
  });

  it.skipIf(!HAS_SCRIPT)(
    'is not masked at a terminal unless that is asked for, and it is said of which stream',
    async () => {
      const session = await vaultSession({ A: 'correct horse' });
      const screenOf = async (line: string) => (await type(session, line, [])).screen;
      const shown = await screenOf(`zephr run -- sh -c 'echo "<$A>"'`);
      expect(shown).toContain('stdout and stderr are the terminal, and not masked there');
      expect(shown).toContain('<correct horse>');
      const piped = await screenOf(`zephr run -- sh -c 'echo "<$A>"' | cat`);
      expect(piped).toContain('stderr is the terminal, and not masked there');
      expect(piped).toContain('<[masked A]>');
      const always = await screenOf(`zephr run --mask always -- sh -c 'echo "<$A>"'`);
      expect(always).toContain('<[masked A]>');
      expect(always).not.toContain('warning');
    },
  );

  it('ends the command as without zephr when nobody reads it', async () => {
    const { sh } = await vaultSession({ A: SECRET });
    const { stdout, code } = await sh('(zephr run -- yes; echo $? > status) | head -n 1; cat status');
    expect(stdout).toBe('y\n141\n');
    expect(code).toBe(0);
  });
});

describe('.zephr.json', () => {
  const FILE = '{"project":"shop","environment":"dev","secrets":["A"]}';

  it('of a hostile clone hands over nothing', async () => {
    const { sh, folder } = await vaultSession({ A: SECRET, B: 'other value' });
    mkdirSync(join(folder, 'clone/deep'), { recursive: true });
    writeFileSync(join(folder, 'clone/.zephr.json'), '{"project":"default","secrets":["A","B"]}');
    for (const options of [
      '',
      '--only A',
      '--var X=A',
      '--file X=A',
      '-E default',
      '--clean-env',
      '--mask always',
    ]) {
      const { code, stdout, stderr } = await sh(`cd clone/deep && zephr run ${options} -- env`);
      expect([code, stdout], options).toEqual([125, '']);
      expect(stderr).toContain('.zephr.json is not trusted');
    }
    expect((await sh('cd clone && echo x | zephr vault set A')).code).toBe(4);
    expect((await sh('cd clone && zephr vault ls')).code).toBe(4);
    // Whoever names a project means that one.
    expect((await sh('cd clone && zephr run -P none -- true')).code).toBe(0);
  });

  it.each([
    'not json',
    '[]',
    '{"secrets":"A"}',
    '{"secrets":["a"]}',
    '{"project":".zephr"}',
    '{"project":7}',
    '{"command":"x"}',
  ])('%s starts nothing', async (text) => {
    const { sh, folder } = await vaultSession({ A: SECRET });
    writeFileSync(join(folder, '.zephr.json'), text);
    const { code, stdout } = await sh('zephr run -- env');
    expect([code, stdout]).toEqual([125, '']);
  });

  it.skipIf(!HAS_SCRIPT)('counts once a person trusts it, as it was then and where it was then', async () => {
    const session = await vaultSession({ B: 'unwanted' });
    const { sh, folder } = session;
    await sh(`printf %s '${SECRET}' | zephr vault set A -P shop -E dev`);
    mkdirSync(join(folder, 'repo/.git'), { recursive: true });
    writeFileSync(join(folder, '.zephr.json'), '{"project":"outer"}');
    writeFileSync(join(folder, 'repo/.zephr.json'), FILE);
    const run = () => sh('cd repo && zephr run -- sh -c "printenv A; printenv B"');
    expect((await run()).code).toBe(125);
    expect((await type(session, 'cd repo && zephr vault trust', [])).code).toBe(0);
    expect((await run()).stdout).toBe('[masked A]\n');
    writeFileSync(join(folder, 'repo/.zephr.json'), `${FILE}\n`);
    expect((await run()).code).toBe(125);
    writeFileSync(join(folder, 'repo/.zephr.json'), FILE);
    expect((await run()).stdout).toBe('[masked A]\n');
    mkdirSync(join(folder, 'copy'));
    writeFileSync(join(folder, 'copy/.zephr.json'), FILE);
    expect((await sh('cd copy && zephr run -- env')).code).toBe(125);
    expect((await sh('cd repo && zephr vault ls --all')).stdout).not.toContain('.zephr');
  });
});

describe('what goes wrong before the start', () => {
  it.each([
    ['zephr run', 125, 'there is no command to run'],
    ['zephr run --', 125, 'there is no command to run'],
    ['zephr run true', 125, "too many arguments for 'run'"],
    ['zephr run --nothing -- true', 125, "unknown option '--nothing'"],
    ['zephr run --mask some -- true', 125, '--mask is auto, always or never'],
    ['zephr run --mask never -- true', 125, 'needs a person at a terminal'],
    ['zephr run -- /nowhere/at/all', 127, 'there is no command /nowhere/at/all'],
    ['zephr run -- no-such-command', 127, 'there is no command no-such-command'],
    ['zephr run -- /', 126, '/ cannot be executed'],
    ['touch plain; zephr run -- ./plain', 126, './plain cannot be executed'],
    [
      "printf '#!/nowhere\\n' > lost; chmod +x lost; zephr run -- ./lost",
      127,
      'an interpreter that is not there',
    ],
    ['ZEPHR_VAULT_KEY_FILE= zephr run -- true', 125, 'the vault is locked'],
    ['zephr run --vault-key-file none -- true', 125, 'no vault key in none'],
    ['XDG_DATA_HOME=$HOME/none zephr run -- true', 125, 'there is no vault here yet'],
  ])('%s is %i', async (script, expected, message) => {
    const { sh } = await vaultSession({ A: SECRET });
    const { code, stdout, stderr } = await sh(script);
    expect(stderr).toContain('zephr: error: ');
    expect(stderr).toContain(message);
    expect(stdout).toBe('');
    expect(code).toBe(expected);
  });

  it('is said of a value that no variable can hold', async () => {
    const { sh } = await vaultSession();
    await sh('head -c 8 /dev/zero | zephr vault set A');
    const { code, stderr } = await sh('zephr run -- true');
    expect(stderr).toContain('A is binary');
    expect(code).toBe(125);
    expect((await sh("zephr run --file P=A -- sh -c 'wc -c < $P'")).stdout).toBe('8\n');
  });
});
