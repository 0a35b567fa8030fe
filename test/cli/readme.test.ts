/** README.md is a session that works: its command lines run here in its order, as a newcomer would type them. */

import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { callsIn, unknownOptions } from '../support/command-lines.js';
import { deadHost, httpHost } from '../support/hosts.js';
import { openSession, type Session } from '../support/session.js';
import { vaultSession } from '../support/vault.js';

const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');

/** The blocks of a language under a heading of the second level. */
function blocksUnder(heading: string, language: string): string[] {
  const [, section = ''] = new RegExp(`^## ${heading}\n(.*?)^## `, 'ms').exec(readme) ?? [];
  const blocks = section.matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\``, 'gms'));
  return [...blocks].map(([, text = '']) => text);
}

/** A command of another program: it writes down what it got on stdin. */
function standIn(session: Session, name: string): void {
  const bin = join(session.folder, 'bin');
  mkdirSync(bin, { recursive: true });
  writeFileSync(join(bin, name), `#!/bin/sh\ncat > "$HOME/${name}.stdin"\n`);
  chmodSync(join(bin, name), 0o755);
}

/** A session on a port of its own, in which the README's server can be started. */
async function newcomer(): Promise<Session & { readonly port: number }> {
  const port = Number(new URL(await deadHost()).port);
  const session = openSession({ ZEPHR_SERVE_PORT: String(port), DB_PASSWORD: 'correct horse' });
  return { ...session, port };
}

/** Runs what stands in the README, its port replaced, and ends the servers that it started. */
function run(session: Session & { readonly port: number }, script: string) {
  const stop = 'trap \'kill "$!" && wait\' EXIT\nPATH="$HOME/bin:$PATH"\n';
  return session.sh(stop + script.replaceAll('8787', String(session.port)));
}

/** Waits for the server that the lines before it started. */
const UNTIL_READY = 'until zephr doctor > doctor.log 2>&1; do sleep 0.1; done\n';

describe('README.md', () => {
  it('uses commands and options that there are', () => {
    const blocks = [...readme.matchAll(/^```(?:sh|console|yaml|crontab)\n(.*?)^```/gms)].map(
      ([, text]) => text ?? '',
    );
    const calls = blocks.flatMap(callsIn);
    expect(calls.length).toBeGreaterThan(20);
    expect(calls.filter((call) => unknownOptions(call).length > 0)).toEqual([]);
  });

  it('shows how to use it', async () => {
    const session = await newcomer();
    mkdirSync(join(session.folder, 'conf'));
    writeFileSync(join(session.folder, 'conf/app.ini'), 'debug=false\n');
    const [start = '', use = ''] = blocksUnder('Use', 'sh');
    for (const name of ['kube.config', 'ca.pem']) writeFileSync(join(session.folder, name), name);
    mkdirSync(join(session.folder, 'inbox'));
    const look = 'cmp ca.pem inbox/ca.pem && find conf\nzephr status < link || echo "exit $?"\n';
    const { stdout, stderr } = await run(session, `{\n${start}} > started\n${UNTIL_READY}${use}${look}`);
    const talk = stderr.replaceAll(/^\{.*\n/gm, '');
    const [status = '', ...rest] = stdout.split('\n');
    expect(status, talk).toMatch(/^waiting/);
    expect(rest[0]).toBe('correct horse');
    expect(stdout).toContain('conf/app.ini');
    expect(stdout.match(/^correct horse$/gm)).toHaveLength(2);
    expect(stdout).toMatch(/\nrevoked/);
    expect(talk).toContain('sent: only who asked can open it');
  });

  it('shows how scripts use it', async () => {
    const session = await newcomer();
    standIn(session, 'docker');
    const [start = ''] = blocksUnder('Use', 'sh');
    const blocks = blocksUnder('Scripts and CI', 'sh');
    const { stdout, stderr } = await run(
      session,
      `{\n${start}} > started 2> log\n${UNTIL_READY}${blocks.join('')}cmp password docker.stdin && echo same\n`,
    );
    expect(stdout).toBe('same\n');
    expect(stderr).toContain('read, expired or revoked: if it was not you, change the secret\n');
  });

  it('shows a cron job that mails once', async () => {
    const session = await newcomer();
    const [start = ''] = blocksUnder('Use', 'sh');
    const [line = ''] = blocksUnder('Scripts and CI', 'crontab');
    const job = line.replace(/^(\S+ ){5}/, '');
    const script = `mkdir links && echo secret | zephr -q > links/db
      (${job}); echo 'not yet'; zephr get -q < links/db; (${job}); (${job}); echo done`;
    const { stdout } = await run(session, `{\n${start}} > started 2> log\n${UNTIL_READY}${script}`);
    expect(stdout).toBe('not yet\nsecret\nthe link was used\ndone\n');
  });

  it('shows the step of a CI job', async () => {
    const session = await newcomer();
    standIn(session, 'npx');
    const [start = ''] = blocksUnder('Use', 'sh');
    const [step = ''] = blocksUnder('Scripts and CI', 'yaml');
    const [, command = ''] = /run: \|\n(.*)/s.exec(step) ?? [];
    // What npx would do with the package that it fetches.
    const script = `LINK=$(printf 'one\\ntwo\\n' | zephr -q) GITHUB_ENV=$HOME/github.env
      ${command.replace(/npx .*? zephr get/, 'zephr get')}\ncat "$GITHUB_ENV"`;
    const { stdout } = await run(session, `{\n${start}} > started 2> log\n${UNTIL_READY}${script}`);
    expect(stdout).toBe('::add-mask::one\n::add-mask::two\nTOKEN<<end-of-token\none\ntwo\nend-of-token\n');
  });

  it('shows a vault, and commands that are given its secrets', async () => {
    const session = await vaultSession();
    const deploy = 'grep -q key "$CERT" && printenv DB_PASSWORD && ! printenv API_KEY && echo deployed';
    writeFileSync(join(session.folder, 'deploy'), `#!/bin/sh\n${deploy}\n`, { mode: 0o755 });
    writeFileSync(join(session.folder, 'password'), 'correct horse\n');
    writeFileSync(join(session.folder, '.env'), 'API_KEY=0123456789\nTLS_KEY="a key\nof lines\n"\n');
    const [block = ''] = blocksUnder('Use without seeing', 'sh');
    const { code, stdout, stderr } = await session.sh(block);
    expect(stdout, stderr).toMatch(/^API_KEY .*\nDB_PASSWORD .*\nTLS_KEY .*\n/);
    expect(stdout.split('\n').slice(3)).toEqual([
      'using [masked DB_PASSWORD]',
      '[masked DB_PASSWORD]',
      'deployed',
      '',
    ]);
    expect(code).toBe(0);
  });

  it('shows requests with a secret that nobody sees', async () => {
    const seen: unknown[] = [];
    const upstream = await httpHost((request, response) => {
      seen.push(request.headers.authorization);
      response.end(`${request.headers.authorization}\n`);
    });
    const session = await vaultSession();
    const deploy = 'printenv API_KEY';
    writeFileSync(join(session.folder, 'deploy'), `#!/bin/sh\n${deploy}\n`, { mode: 0o755 });
    writeFileSync(join(session.folder, 'api-key'), `sk_test_${'0123456789'.repeat(3)}\n`);
    const [, block = ''] = blocksUnder('Use without seeing', 'sh');
    const { host } = new URL(upstream);
    const script = block
      .replace('https://api.example.com', upstream)
      .replace('--host api.example.com', `--host ${host}`);
    const { code, stdout, stderr } = await session.sh(script);
    expect(code, stderr).toBe(0);
    expect(seen).toEqual([`Bearer sk_test_${'0123456789'.repeat(3)}`]);
    const [called, deployed, verified] = stdout.split('\n');
    expect(called).toBe('Bearer [masked API_KEY]');
    expect(deployed).toMatch(/^sk_test_(?!0123456789)./);
    expect(verified).toMatch(/^ok: [1-9]/);
  });

  it('shows a server that wants an API key', async () => {
    const session = await newcomer();
    const [block = ''] = blocksUnder('Your own server', 'sh');
    const [serve = '', ...rest] = block.split('\n');
    const server = `ZEPHR_SERVER=http://127.0.0.1:${session.port}; export ZEPHR_SERVER; echo hunter2 > secret\n`;
    const script = `${server}{ ${serve.replace(/ *#.*/, '')} & } > started 2> log
      until [ -s started ]; do sleep 0.1; done\n${rest.join('\n')}`;
    const { stdout, stderr } = await run(session, `${script}zephr < secret || echo "exit $?"`);
    expect(stdout, stderr).toMatch(/^http:\S+#v2\.\S+\nexit 4\n$/);
  });
});
