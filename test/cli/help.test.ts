/** Help: complete, in line with the commands, and narrow enough for a terminal. */

import { readFileSync } from 'node:fs';
import { CommanderError } from 'commander';
import { describe, expect, it } from 'vitest';
import { commandTree } from '../../.scripts/completions/model.js';
import { main } from '../../src/cli/main.js';
import { examplesOf } from '../../src/cli/parser/command.js';
import { isEverywhere, optionsOf, pathOf } from '../../src/cli/parser/tree.js';
import { usageErrorFor } from '../../src/cli/parser/usage.js';
import { allCommands, callsIn, unknownOptions } from '../support/command-lines.js';
import { fakeTerminal } from '../support/fake-terminal.js';
import { openSession } from '../support/session.js';

const COMMANDS = allCommands().map(pathOf);
const EXAMPLES = Object.fromEntries(allCommands().map((command) => [pathOf(command), examplesOf(command)]));

/** What a line of words prints, without a process: there are two of them for each command. */
async function printed(line: string) {
  const terminal = fakeTerminal();
  const code = await main(line.split(' ').slice(1), terminal);
  return { code, stdout: String(terminal.written('stdout')), stderr: String(terminal.written('stderr')) };
}

describe('zephr --help', () => {
  it('fits on a screen of 40 lines and 80 columns', async () => {
    const { code, stdout, stderr } = await openSession().sh('zephr --help');
    const lines = stdout.replace(/\n$/, '').split('\n');
    expect(lines.length).toBeLessThanOrEqual(40);
    expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(80);
    expect(stderr).toBe('');
    expect(code).toBe(0);
  });

  it('names every command and what every command takes, and shows how it is used', async () => {
    const { sh } = openSession();
    const { stdout } = await sh('zephr --help');
    const program = commandTree();
    for (const { long } of optionsOf(program).filter(isEverywhere)) expect(stdout).toContain(long);
    expect(stdout).toContain('Options (all: zephr help create):\n  -a, --attach <file>');
    const { stdout: all } = await sh('zephr help create');
    for (const { long } of optionsOf(program)) expect(all).toContain(long);
    // These two need no row of their own: the heading of the options names them.
    const named = program.commands.map((command) => command.name());
    for (const name of named.filter((one) => one !== 'create' && one !== 'help'))
      expect(stdout).toMatch(new RegExp(`^  ${name}\\b`, 'm'));
    expect(stdout).toContain('\nExamples:\n  printf %s "$PASSWORD" | zephr  ');
  });

  it.each(['zephr -h', 'zephr help'])('is what %s prints', async (command) => {
    const { sh } = openSession();
    expect(await sh(command)).toEqual(await sh('zephr --help'));
  });
});

describe.each(COMMANDS.slice(1))('%s --help', (path) => {
  it('says what it does, with examples, in 80 columns', async () => {
    const { code, stdout } = await printed(`${path} --help`);
    expect(stdout).toMatch(new RegExp(`^Usage: ${path}\\b.*\n\n[A-Z]`));
    const [, examples = ''] = stdout.split('\nExamples:\n');
    const rows = EXAMPLES[path] ?? [];
    expect(rows.length).toBeGreaterThan(0);
    for (const { line } of rows) expect(examples).toContain(`  ${line}`);
    expect(Math.max(...stdout.split('\n').map(({ length }) => length))).toBeLessThanOrEqual(80);
    expect(code).toBe(0);
  });

  it(`is also printed by zephr help`, async () => {
    expect(await printed(path.replace('zephr', 'zephr help'))).toEqual(await printed(`${path} --help`));
  });
});

describe('examples', () => {
  it('use options that there are', () => {
    const calls = Object.values(EXAMPLES).flatMap((rows) => rows.flatMap(({ line }) => callsIn(line)));
    expect(calls.length).toBeGreaterThan(15);
    expect(calls.filter((call) => unknownOptions(call).length > 0)).toEqual([]);
  });
});

describe('a slip of the finger', () => {
  it.each([
    ['zephr gte', "there is no command 'gte'", 'did you mean zephr get?'],
    ['zephr retreive link', "there is no command 'retreive'", 'did you mean zephr retrieve?'],
    ['zephr statsu', "there is no command 'statsu'", 'did you mean zephr stat'],
    ['zephr hlep', "there is no command 'hlep'", 'did you mean zephr help?'],
    ['zephr config lst', "there is no command 'lst'", 'did you mean zephr config ls?'],
    ['zephr help gte', "there is no command 'gte'", 'did you mean zephr get?'],
    ['zephr help config sett', "there is no command 'sett'", 'did you mean zephr config set?'],
    ['zephr --exipry 5m', "unknown option '--exipry'", 'did you mean --expiry?'],
    ['zephr --hepl', "unknown option '--hepl'", 'did you mean --help?'],
    ['zephr get --ouput x', "unknown option '--ouput'", 'did you mean --output?'],
    ['zephr config ls --jsno', "unknown option '--jsno'", 'did you mean --json?'],
    ['zephr get --expiry 5m', "unknown option '--expiry'", 'zephr, zephr create, zephr request take it'],
    ['zephr --host', "unknown option '--host'", 'zephr vault set, zephr vault bind, zephr serve take it'],
    ['zephr -o file', "unknown option '-o'", 'zephr get, zephr request, zephr call take it'],
    ['zephr create -o file', "unknown option '-o'", 'zephr get, zephr request, zephr call take it'],
    ['zephr gte --force', "there is no command 'gte'", 'did you mean zephr get?'],
    ['zephr sevre --host h', "there is no command 'sevre'", 'did you mean zephr serve?'],
    ['zephr vautl --host h', "there is no command 'vautl'", 'did you mean zephr vault?'],
    ['zephr vualt', "there is no command 'vualt'", 'did you mean zephr vault?'],
    ['zephr vault add A', "there is no command 'add'", 'did you mean zephr vault set?'],
    ['zephr vault list', "there is no command 'list'", 'did you mean zephr vault ls?'],
    ['zephr list', "there is no command 'list'", 'did you mean zephr ls?'],
    ['zephr rm link', "there is no command 'rm'", 'did you mean zephr revoke <link>?'],
    ['zephr send file.txt', "there is no command 'send'", 'did you mean zephr create?'],
    ['zephr login', "there is no command 'login'", 'did you mean zephr config set apiKey?'],
    ['zephr version', "there is no command 'version'", 'did you mean zephr --version?'],
    ['zephr show --quiet link', "there is no command 'show'", 'did you mean zephr get <link>?'],
    ['zephr keys list', "there is no command 'list'", 'did you mean zephr keys ls?'],
    ['zephr keys create --name ci', "there is no command 'create'", 'did you mean zephr keys new?'],
    ['zephr config list', "there is no command 'list'", 'did you mean zephr config ls?'],
    ['zephr help delete', "there is no command 'delete'", 'did you mean zephr revoke <link>?'],
    [
      'zephr /etc/hostname',
      'files are not named as arguments',
      'send a file with zephr -a FILE, or its content',
    ],
    [
      'zephr create /etc/hostname',
      'files are not named as arguments',
      'send a file with zephr -a FILE, or its content',
    ],
    [
      'zephr -e 5m /etc/hostname /etc/passwd',
      'files are not named as arguments',
      'send several files with zephr -a FILE -a FILE',
    ],
    [
      'zephr -a /etc/hostname /etc/passwd',
      'files are not named as arguments',
      'send a file with zephr -a FILE',
    ],
    ['zephr --file=/etc/hostname', "unknown option '--file'", 'send a file with zephr -a FILE'],
    ['zephr -v', "unknown option '-v'", 'the version is -V or --version'],
    ['zephr get -v', "unknown option '-v'", 'the version is -V or --version'],
    [
      'zephr --api-key key',
      'an API key is not given as an argument',
      'store it: zephr config set apiKey < file',
    ],
    ['zephr doctor --api-key=key', 'an API key is not given as an argument', 'store it: zephr config set'],
    [
      'zephr --callback-secret s',
      'a callback secret is not given as an argument',
      'give it with --callback-secret-file',
    ],
    ['zephr get --password', 'a passphrase is not given as an argument', 'use --passphrase to be asked'],
    ['zephr --secret s', 'a secret is not given as an argument', 'pipe it in'],
    ['zephr --nothing-like-it', "unknown option '--nothing-like-it'", 'see zephr --help'],
    ['zephr -x', "unknown option '-x'", 'see zephr --help'],
    ['zephr help nothing', 'zephr has no command of that name', 'the commands are create, get, request,'],
    ['zephr serve now', "too many arguments for 'serve'", 'see zephr serve --help'],
  ])('%s gets a hint', async (command, message, hint) => {
    const { code, stdout, stderr } = await openSession().sh(`echo x | ${command}`);
    const [first, second] = stderr.split('\n');
    expect(first).toContain(`zephr: error: ${message}`);
    expect(second).toContain(`zephr: hint: ${hint}`);
    expect(stdout).toBe('');
    expect(code).toBe(2);
  });

  it.each([
    ['zephr --exipry=hunter2', '--expiry'],
    ['zephr get --kye=hunter2', '--key'],
    ['zephr get https://zephr.example/secret/x --key=v2.hunter2 --nothing=hunter2', 'zephr get --help'],
    ['zephr -Phunter2', 'zephr --help'],
    ['zephr --hunter2', 'zephr --help'],
    ['zephr --api-key hunter2', 'config set apiKey'],
    ['zephr --callback-secret=hunter2', '--callback-secret-file'],
    ['zephr --password=hunter2', '--passphrase-file'],
    ['zephr -v hunter2', '--version'],
    ['zephr create hunter2', 'pipe it in'],
    ['touch hunter2; zephr hunter2', '-a FILE'],
    ['zephr create --json -- -hunter2', 'pipe it in'],
    ['zephr vault --host hunter2', 'zephr vault set'],
    ['zephr vault set A hunter2', 'zephr vault set --help'],
    ['zephr vault set hunter2', 'DB_PASSWORD'],
    ['zephr vault set A=hunter2', 'zephr vault set DB_PASSWORD < file'],
    ['zephr list hunter2', 'zephr ls'],
    ['zephr -- --hunter2', 'pipe it in'],
    ['zephr gte hunter2', 'zephr get'],
    ['zephr hunter2 get', 'pipe it in'],
    ['zephr config hunter2', 'get, set'],
    ['zephr help hunter2', 'get, request, give, ls, status'],
    ['zephr completion hunter2', 'bash, zsh'],
    ['zephr get a hunter2', 'zephr get --help'],
    [`zephr "$(printf -- '-----BEGIN KEY\\nhunter2')"`, 'pipe it in'],
    [`zephr "--$(printf 'x\\nhunter2')"`, 'zephr --help'],
  ])('%s does not repeat what may be a secret', async (command, hint) => {
    const { code, stdout, stderr } = await openSession().sh(`echo x | ${command}`);
    expect(stdout + stderr).not.toContain('hunter2');
    expect(stderr).toContain(hint);
    expect(code).toBe(2);
  });

  it.each(['passw0rd', 'correct', 'tea', 'go', 'hunter2', 'St4tus!!'])(
    'is not what %s is: a secret is refused, and not taken for a command',
    async (word) => {
      const { code, stderr } = await openSession().sh(`zephr '${word}'`);
      expect(stderr).toContain('a secret is not given as an argument');
      expect(stderr).not.toContain(word);
      expect(code).toBe(2);
    },
  );

  it('of a link without get is told, and the link is not repeated', async () => {
    const { stderr, code } = await openSession().sh('zephr https://zephr.example/secret/x#v2.y');
    expect(stderr).toBe('zephr: error: to take a secret back, use zephr get <link>\n');
    expect(code).toBe(2);
  });
});

describe('a suggestion', () => {
  it('never repeats the mistake, for any option of any command', async () => {
    const flags = new Set(
      allCommands().flatMap((command) => optionsOf(command).map(({ long }) => long ?? '')),
    );
    for (const command of allCommands()) {
      for (const flag of flags) {
        const { advice } = usageErrorFor(unknownOption(flag), command);
        expect(advice, `${pathOf(command)} ${flag}`).not.toBe(`did you mean ${flag}?`);
      }
    }
  });

  function unknownOption(flag: string) {
    return new CommanderError(1, 'commander.unknownOption', `error: unknown option '${flag}'`);
  }
});

describe('zephr create', () => {
  it('does what zephr does, with the options before its name and behind it', async () => {
    const { sh } = openSession({ ZEPHR_SERVER: 'http://127.0.0.1:9' });
    for (const command of ['zephr', 'zephr create', 'zephr --timeout 9 create', 'zephr create --link v1']) {
      const { code, stderr } = await sh(`echo x | ${command}`);
      expect(stderr).toContain('127.0.0.1:9 refused the connection');
      expect(code).toBe(8);
    }
    expect((await sh('echo x | zephr -e soon create')).stderr).toContain('the expiry is not a time');
  });
});

describe('--version', () => {
  it('is printed wherever it is asked for', async () => {
    const { sh } = openSession();
    const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
    const { code, stdout, stderr } = await sh('zephr --version');
    expect([code, stdout, stderr]).toEqual([0, `${version}\n`, '']);
    for (const path of COMMANDS) expect((await printed(`${path} -V`)).stdout).toBe(stdout);
  });
});
