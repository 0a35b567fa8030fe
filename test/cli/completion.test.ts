/** The completion scripts: in line with the command tree, and run by the shells themselves where they are installed. */

import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { completionFiles } from '../../.scripts/completions.js';
import { namesOf, optionsOf, pathOf } from '../../src/cli/parser/tree.js';
import { allCommands } from '../support/command-lines.js';
import { openSession } from '../support/session.js';
import { complete, isInstalled, type Shell } from '../support/shell-completion.js';
import { HAS_SCRIPT, type } from '../support/typing.js';

const folder = fileURLToPath(new URL('../../completions', import.meta.url));

describe('completions/', () => {
  it('is what `npm run completions` makes of the command tree', () => {
    const files = Object.fromEntries(
      readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), 'utf8')]),
    );
    expect(files).toEqual(completionFiles());
  });

  it.each([
    ['bash', 'zephr.bash'],
    ['zsh', '_zephr'],
    ['fish', 'zephr.fish'],
  ])('is what zephr completion %s prints', async (shell, file) => {
    const { stdout, code } = await openSession().sh(`zephr completion ${shell}`);
    expect(stdout).toBe(readFileSync(join(folder, file), 'utf8'));
    expect(code).toBe(0);
  });

  it('has nothing for other shells', async () => {
    const { code, stdout, stderr } = await openSession().sh('zephr completion fihs');
    expect(stderr).toBe(
      'zephr: error: there is no completion for that shell\nzephr: hint: did you mean fish?\n',
    );
    expect(stdout).toBe('');
    expect(code).toBe(2);
  });
});

describe.each<Shell>(['bash', 'zsh', 'fish'])('%s', (shell) => {
  const installed = isInstalled(shell);
  const because = installed ? '' : ` (skipped: ${shell} is not installed)`;

  it.skipIf(!installed)(`knows every command and every option, and no other${because}`, async () => {
    const expected: Record<string, string[]> = {};
    for (const command of allCommands()) {
      const path = pathOf(command);
      expected[`${path} -`] = optionsOf(command)
        .flatMap(({ short, long }) => [short ?? '', long ?? ''])
        .filter((name) => name !== '')
        .sort();
      if (command.commands.length > 0) expected[`${path} `] = command.commands.flatMap(namesOf).sort();
    }
    expect(Object.keys(expected).length).toBeGreaterThan(12);
    const lines = Object.keys(expected);
    expect(await complete(shell, lines, openSession())).toEqual(expected);
  });

  it.skipIf(!installed)(`knows what an option's value can be, and where files go${because}`, async () => {
    const session = openSession();
    await session.sh(`touch zzring 'zz ring' value`);
    const files = ['zz ring', 'zzring'];
    const expected: Record<string, string[]> = {
      'zephr -e ': ['1d', '1h', '30d', '5m', '7d'],
      'zephr --expiry=': ['1d', '1h', '30d', '5m', '7d'],
      'zephr --link ': ['v1', 'v2'],
      'zephr serve --access ': ['closed', 'open', 'tiered'],
      'zephr completion ': ['bash', 'fish', 'zsh'],
      'zephr config set ': ['apiKey', 'expiry', 'link', 'record', 'server'],
      'zephr config get s': ['server'],
      'zephr help rev': ['revoke'],
      'zephr get --key-file zz': files,
      'zephr get --key-file=zz': files,
      'zephr get -o zz': files,
      'zephr --passphrase-file zz': files,
      'zephr --config zz': files,
      'zephr serve --store zz': files,
      // No file and no option in these places.
      'zephr zz': [],
      'zephr get zz': [],
      'zephr get ': [],
      'zephr get --key zz': [],
      'zephr --hint zz': [],
      'zephr --name v': [],
      'zephr --server=v': [],
      'zephr config set server v': [],
      'zephr config path v': [],
      'zephr completion bash v': [],
    };
    const found = await complete(shell, Object.keys(expected), session);
    const unquoted = (names: string[] | undefined) => names?.map((name) => name.replaceAll('\\', ''));
    for (const [line, candidates] of Object.entries(expected))
      expect([line, unquoted(found[line])]).toEqual([line, candidates]);
  });

  it.skipIf(!installed)(`tells a command from the value of an option${because}`, async () => {
    const lines = [
      'zephr --name get --exp',
      'zephr --server http://127.0.0.1:8787 get --key-',
      'zephr -sq -H x --li',
    ];
    const found = await complete(shell, lines, openSession());
    expect(Object.values(found)).toEqual([['--expiry'], ['--key-file'], ['--link']]);
  });
});

it.skipIf(!HAS_SCRIPT || !isInstalled('bash'))(
  'Tab in bash types the rest, with what a name needs in quotes (needs script of util-linux)',
  async () => {
    const session = openSession();
    const { sh } = session;
    writeFileSync(join(session.folder, 'key file'), '');
    await sh('zephr completion bash > completion');
    writeFileSync(
      join(session.folder, 'rc'),
      `PS1='READY '; source ./completion; zephr() { printf '%s\\n' "$@" > typed; }`,
    );
    const typed = async (line: string) => {
      await type(session, 'bash --rcfile rc', [
        ['READY ', `${line}\n`],
        ['READY ', 'exit\n'],
      ]);
      return readFileSync(join(session.folder, 'typed'), 'utf8');
    };
    expect(await typed('zephr get --key-f\t ke\t')).toBe('get\n--key-file\nkey file\n');
    expect(await typed('zephr comp\t fi\t')).toBe('completion\nfish\n');
    expect(await typed('zephr get --key-file=ke\t')).toBe('get\n--key-file=key file\n');
  },
);

describe.skipIf(!isInstalled('fish'))(
  `a file of completions${isInstalled('fish') ? '' : ' (skipped: there is no fish)'}`,
  () => {
    it('keeps fish from adding what it guesses from the man page', async () => {
      const { sh } = openSession();
      const guesses = '~/.local/share/fish/generated_completions';
      await sh(`mkdir -p ${guesses} ~/.config/fish/completions
      echo "complete -c zephr -l guessed-from-man" > ${guesses}/zephr.fish`);
      const options = async () => (await sh(`fish -c 'complete --do-complete "zephr --"'`)).stdout;
      expect(await options()).toContain('--guessed-from-man');
      await sh('zephr completion fish > ~/.config/fish/completions/zephr.fish');
      expect(await options()).toContain('--expiry');
      expect(await options()).not.toContain('--guessed-from-man');
    });
  },
);
