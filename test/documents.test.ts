/** PROTOCOL.md and CLI.md say what the program does, as far as a machine can tell; and no document links to nowhere. */

import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { EXIT, EXIT_MEANINGS } from '../src/cli/exit/codes.js';
import { FILES } from '../src/cli/files/folders.js';
import { EVERYWHERE } from '../src/cli/parser/everywhere.js';
import { argumentsOf, optionsOf, pathOf } from '../src/cli/parser/tree.js';
import { SERVE_VARIABLES, VARIABLES } from '../src/cli/terminal/environment.js';
import { type Limits, TIERS } from '../src/core/protocol/limits.js';
import { type CreateBody, HEADERS } from '../src/core/protocol/requests.js';
import { ACCESS_MODES } from '../src/server/secrets/access.js';
import type { EventName } from '../src/server/store/contracts/outbox.js';
import { MAX_ATTEMPTS } from '../src/server/webhooks/delivery.js';
import { refusal } from './server/harness.js';
import { REFUSALS } from './server/refusals.js';
import { allCommands } from './support/command-lines.js';
import { quotedIn, sectionsOf, tableIn, textUnder } from './support/markdown.js';
import { openSession, ZEPHR } from './support/session.js';

const root = fileURLToPath(new URL('..', import.meta.url));

const protocol = readFileSync(join(root, 'src/core/protocol/PROTOCOL.md'), 'utf8');
const cli = readFileSync(join(root, 'src/cli/CLI.md'), 'utf8');

/** The first column of the table under a heading. */
function namesUnder(document: string, heading: string): string[] {
  return tableIn(textUnder(document, heading)).map(([name = '']) => name);
}

describe('the error codes of PROTOCOL.md', () => {
  const documented = tableIn(textUnder(protocol, 'Error codes')).flatMap(([status, codes = '']) =>
    codes.split(', ').map((code) => `${status} ${code}`),
  );

  it('are those that there are, each once', () => {
    const codes = documented.map((one) => one.split(' ')[1]);
    expect(codes.sort()).toEqual(Object.keys(REFUSALS).sort());
  });

  for (const [code, refused] of Object.entries(REFUSALS)) {
    it(`have ${code} with the status it is answered with`, async () => {
      const answer = await refusal(refused());
      expect(answer.split(' ')[1]).toBe(code);
      expect(documented).toContain(answer);
    });
  }
});

describe('PROTOCOL.md', () => {
  it('has the fields of a create', () => {
    const fields: Readonly<Record<keyof CreateBody, true>> = {
      encrypted_blob: true,
      expiry: true,
      expiry_hours: true,
      split_url_mode: true,
      hint: true,
      callback_url: true,
      callback_secret: true,
      version: true,
      proof_hash: true,
      link_proof_hash: true,
      receipt_hash: true,
      views: true,
      upload: true,
      chunks: true,
      gates: true,
    };
    expect(namesUnder(protocol, 'Create: `POST /api/secrets`')).toEqual(Object.keys(fields));
  });

  it('has the headers', () => {
    const section = textUnder(protocol, '4. HTTP');
    expect(Object.values(HEADERS).filter((name) => !section.includes(`\`${name}`))).toEqual([]);
  });

  it('has the limits of each tier', () => {
    const rows = tableIn(textUnder(protocol, '6. Callers and limits'));
    expect(Object.fromEntries(rows.map(([tier, ...cells]) => [tier, limitsIn(cells)]))).toEqual(TIERS);
  });

  it('has the access modes', () => {
    const [, table = ''] = textUnder(protocol, '6. Callers and limits').split(/(?=^\| access )/m);
    expect(tableIn(table).map(([mode]) => mode)).toEqual(ACCESS_MODES);
  });

  it('has the events of webhooks, and how often they are tried', () => {
    const events: Readonly<Record<EventName, true>> = {
      'secret.consumed': true,
      'secret.expired': true,
      'secret.revoked': true,
      'request.answered': true,
      'request.expired': true,
      'request.cancelled': true,
    };
    const section = textUnder(protocol, '7. Webhooks');
    expect(section.match(/(?<=^- `)(?:secret|request)\.[a-z]+/gm)).toEqual(Object.keys(events));
    expect(section).toContain(`${MAX_ATTEMPTS} attempts in three days`);
  });
});

/** The limits in a row such as `50 a month | 60 to 43,200 | 20 KB | 10 MB`. */
function limitsIn([creates = '', expiry = '', blob = '', upload = '']: readonly string[]): Limits {
  const [count = '', per = ''] = creates.split(' a ');
  const [min = '', max = min] = expiry.split(' to ');
  const period = (['minute', 'day', 'month'] as const).find((one) => one === per);
  if (period === undefined) throw new Error(`${creates} is not so many in a time`);
  return {
    creates: { count: numberIn(count), per: period },
    expiry: { min: numberIn(min), max: numberIn(max) },
    blob: sizeIn(blob),
    upload: sizeIn(upload),
  };
}

/** Such as `20 KB`, in bytes. */
function sizeIn(text: string): number {
  const [size = '', unit = ''] = text.split(' ');
  return numberIn(size) * 1024 ** (['KB', 'MB', 'GB'].indexOf(unit) + 1);
}

function numberIn(text: string): number {
  return Number(text.replaceAll(',', ''));
}

describe('CLI.md', () => {
  const commands = allCommands();

  it('has the commands and their arguments', () => {
    const calls = commands.map((command) => [pathOf(command), ...argumentsOf(command)].join(' '));
    expect(namesUnder(cli, 'Commands').map((name) => quotedIn(name)[0])).toEqual(calls);
  });

  it('has their other names', () => {
    const section = textUnder(cli, 'Commands');
    const aliases = commands.flatMap((command) => command.aliases());
    expect([...section.matchAll(/also `zephr (\w+)`/g)].map(([, alias]) => alias)).toEqual(aliases);
  });

  /** The options in tables under headings, by the commands that the headings name. */
  const tables = sectionsOf(cli)
    .map(({ heading, text }) => ({ heading, table: /^\n\n\| option .*(?:\n\|.*)*/.exec(text)?.[0] ?? '' }))
    .filter(({ table }) => table !== '')
    .map(({ heading, table }) => ({
      heading,
      commands: quotedIn(heading),
      options: tableIn(table).map(([flags = '']) => quotedIn(flags)[0]),
    }));

  it.each(commands.map((command) => [pathOf(command), command] as const))(
    'has the options of %s',
    (path, command) => {
      const own = optionsOf(command).filter(({ helpGroupHeading }) => helpGroupHeading !== EVERYWHERE);
      const documented = tables
        .filter((one) => one.commands.includes(path))
        .flatMap(({ options }) => options);
      expect(documented.sort()).toEqual(own.map(({ flags }) => flags).sort());
    },
  );

  it('has options of commands that there are, and those that every command takes', () => {
    const paths = commands.map(pathOf);
    expect(tables.flatMap((one) => one.commands).filter((path) => !paths.includes(path))).toEqual([]);
    const everywhere = tables.filter((one) => one.commands.length === 0);
    expect(everywhere.map(({ heading }) => heading)).toEqual(['Every command']);
    for (const command of commands) {
      const shared = optionsOf(command).filter(({ helpGroupHeading }) => helpGroupHeading === EVERYWHERE);
      expect(shared.map(({ flags }) => flags)).toEqual(everywhere[0]?.options);
    }
  });

  it('has the JSON of commands that there are', () => {
    const paths = commands.map(pathOf);
    const named = namesUnder(cli, 'JSON').flatMap(quotedIn);
    expect(named.filter((path) => !paths.includes(path))).toEqual([]);
  });

  it('has the files', () => {
    expect(namesUnder(cli, 'Files').flatMap(quotedIn)).toEqual(Object.keys(FILES));
  });

  it('has the exit codes', () => {
    const table = Object.entries(EXIT).map(([name, code]) => [
      String(code),
      EXIT_MEANINGS[name as keyof typeof EXIT],
    ]);
    expect(tableIn(textUnder(cli, 'Exit codes'))).toEqual(table);
  });

  it('has the environment', () => {
    const table = [...Object.entries(VARIABLES), [SERVE_VARIABLES.name, SERVE_VARIABLES.meaning]];
    expect(tableIn(textUnder(cli, 'Environment'))).toEqual(
      table.map(([name, meaning]) => [`\`${name}\``, meaning]),
    );
  });

  const serve = commands.find((command) => pathOf(command) === 'zephr serve');
  const serveVariables = optionsOf(serve ?? commands[0]!)
    .filter(({ helpGroupHeading }) => helpGroupHeading !== EVERYWHERE)
    .map(({ long = '' }) => `ZEPHR_SERVE_${long.slice(2).replaceAll('-', '_').toUpperCase()}`);

  it('names no variable that there is not', () => {
    const known = [...Object.keys(VARIABLES), ...serveVariables];
    const named = cli.match(/\bZEPHR_[A-Z_]*[A-Z]\b/g) ?? [];
    expect(named.filter((name) => !known.includes(name))).toEqual([]);
  });

  it.each(serveVariables)('says rightly that zephr serve reads %s', (name) => {
    // No option takes this value: it is no host, number, switch, mode, store or range, and half a pair of files.
    const env = { ...openSession().env, [name]: 'nothing://at all' };
    const { status, stdout } = spawnSync(process.execPath, [ZEPHR, 'serve'], { env, timeout: 30_000 });
    expect([status, stdout.toString()]).toEqual([2, '']);
  });

  it('shows the help screen', async () => {
    const { stdout } = await openSession().sh('zephr --help');
    const shown = textUnder(cli, 'The help screen').replace(/^ {4}/gm, '');
    expect(shown).toBe(`\n\n${stdout}`);
  });
});

describe('src/README.md', () => {
  const map = readFileSync(join(root, 'src/README.md'), 'utf8');
  const entries = readdirSync(join(root, 'src'), { recursive: true, withFileTypes: true });
  const pathOfEntry = ({ parentPath, name }: (typeof entries)[number]) =>
    relative(join(root, 'src'), join(parentPath, name));

  it('has a row for each folder, and no other', () => {
    const rows = tableIn(textUnder(map, 'Rooms and shelves')).map(([name = '']) => name);
    const folders = entries
      .filter((entry) => entry.isDirectory())
      .map((entry) => `\`${pathOfEntry(entry)}/\``);
    expect(rows.sort()).toEqual(folders.sort());
  });

  it('names files that there are', () => {
    const paths = new Set(entries.map(pathOfEntry));
    const names = new Set(entries.map(({ name }) => name));
    const named = [...map.matchAll(/`([\w/*-]+\.(?:ts|js|md))`/g)].map(([, name = '']) => name);
    const missing = named.filter(
      (name) =>
        !name.includes('*') &&
        !(name.includes('/') ? paths.has(name) || existsSync(join(root, name)) : names.has(name)),
    );
    expect(named.length).toBeGreaterThan(30);
    expect(missing).toEqual([]);
  });
});

describe('links', () => {
  const documents = [
    'README.md',
    ...readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.md'))
      .map((path) => join('src', path)),
  ];

  it.each(documents)('of %s lead to files and headings that there are', (path) => {
    const text = readFileSync(join(root, path), 'utf8');
    const targets = [...text.matchAll(/\]\((?!\w+:)([^)\s]*)\)/g)].map(([, target = '']) => target);
    const broken = targets.filter((target) => {
      const [file = '', anchor] = target.split('#');
      const linked = join(root, file === '' ? path : join(dirname(path), file));
      if (!existsSync(linked)) return true;
      return anchor !== undefined && !anchorsIn(readFileSync(linked, 'utf8')).includes(anchor);
    });
    expect(broken).toEqual([]);
  });
});

describe('comments', () => {
  const sources = ['src', 'test', '.scripts'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .map((path) => join(folder, path))
      .filter((path) => /\.(ts|css|html)$/.test(path) && path !== 'test/documents.test.ts'),
  );

  /** Every mention of a contract, with the sections it names. */
  const mentions = sources.flatMap((source) =>
    [
      ...readFileSync(join(root, source), 'utf8').matchAll(
        /([\w/]*\b(?:PROTOCOL|CLI)\.md)(?:\s[\s*]*sections? ((?:\d+|, | and )+))?/g,
      ),
    ].map(([, path = '', sections = '']) => ({ source, path, sections: sections.match(/\d+/g) ?? [] })),
  );

  it('cite the contracts by their path below src, or from their own folder, and sections that there are', () => {
    const wrong = mentions.filter(({ source, path, sections }) => {
      const found = [dirname(source), 'src']
        .map((folder) => join(root, folder, path))
        .find((one) => existsSync(one));
      if (found === undefined) return true;
      const headings = sectionsOf(readFileSync(found, 'utf8')).map(({ heading }) => heading);
      return !sections.every((number) => headings.some((heading) => heading.startsWith(`${number}. `)));
    });
    expect(mentions.length).toBeGreaterThan(30);
    expect(wrong).toEqual([]);
  });
});

/** The names that GitHub gives to the headings of a document. */
function anchorsIn(document: string): string[] {
  return sectionsOf(document).map(({ heading }) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}
