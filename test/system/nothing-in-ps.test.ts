/** What other users of the machine can see of a running zephr and its children: never a secret, a key, a link. */

import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { delimiter, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { tcpHost } from '../support/hosts.js';
import { openSession, type Session } from '../support/session.js';
import { sharedServer } from '../support/shared-server.js';
import { HAS_SCRIPT, type } from '../support/typing.js';

const hasProc = existsSync('/proc/self/environ');

const server = sharedServer();

/** Arguments and environment of every process that has this session's folder for its home. */
function seen({ folder }: Session): string {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => procFile(pid, 'environ') + procFile(pid, 'cmdline'))
    .filter((text) => text.includes(`HOME=${folder}\0`))
    .join('\n');
}

function procFile(pid: string, name: string): string {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'latin1');
  } catch {
    // It has ended, or is not ours.
    return '';
  }
}

/** The server, behind a host that looks at all processes whenever something passes. */
async function watched(looks: string[]): Promise<Session> {
  const { hostname, port } = new URL(server.url);
  let session: Session | undefined;
  const url = await tcpHost((near) => {
    const far = connect(Number(port), hostname);
    const look = () => session !== undefined && looks.push(seen(session));
    near.on('data', (chunk) => {
      look();
      far.write(chunk);
    });
    far.on('data', (chunk) => {
      look();
      near.write(chunk);
    });
    near.on('close', () => far.destroy());
    far.on('end', () => near.end());
    far.on('error', () => near.destroy());
  });
  session = openSession({ ZEPHR_SERVER: url });
  // A clipboard tool that takes its time, so that it is seen.
  const tools = join(session.folder, 'tools');
  mkdirSync(tools);
  writeFileSync(
    join(tools, 'xsel'),
    `#!/bin/sh\ncat /proc/[0-9]*/environ /proc/[0-9]*/cmdline > "$HOME/looked" 2> /dev/null\ncat > /dev/null\n`,
  );
  chmodSync(join(tools, 'xsel'), 0o755);
  session.env.PATH = [tools, session.env.PATH].join(delimiter);
  return session;
}

/** Of a link: its key, and its URL, which is half of it. */
function partsOf(link: string): string[] {
  const [, id = '', key = ''] = /secret\/(.{22})#v2p?\.(.{43})/.exec(link) ?? [];
  expect(key).toHaveLength(43);
  return [id, key];
}

const SECRET = 'correct-horse-battery';

describe.skipIf(!hasProc)('in /proc there is nothing to see', () => {
  it.each([
    ['of a create from a pipe', `printf ${SECRET} > in; zephr -q < in > link`],
    ['of a create that copies', `printf ${SECRET} > in; zephr -q --copy < in > link`],
    ['of a get from stdin', `printf ${SECRET} > in; zephr -q < in > link; zephr get -q < link`],
    [
      'of a get with a key file',
      `printf ${SECRET} > in; zephr -q -s < in > pair; head -n 1 pair > url; tail -n 1 pair > key
       zephr get -q --key-file key < url; paste -d '#' url key > link`,
    ],
    [
      'of a status and a revoke',
      `printf ${SECRET} > in; zephr -q < in > link; zephr status < link; zephr revoke < link`,
    ],
    [
      'of a create and a get with a passphrase',
      `printf ${SECRET} > in; printf x${SECRET} > pass; zephr -q --passphrase-file pass < in | tee link | zephr get -q --passphrase-file pass`,
    ],
    ['of a doctor', `printf ${SECRET} > in; zephr -q < in > link; zephr doctor`],
    ['of a get that copies', `printf ${SECRET} > in; zephr -q < in > link; zephr get -q -c < link`],
  ])('%s', async (_, script) => {
    const looks: string[] = [];
    const one = await watched(looks);
    // The script itself stands in the shell's arguments: it goes in a file, and names the secret there only.
    writeFileSync(join(one.folder, 'script'), script);
    expect((await one.sh('sh script')).code).toBe(0);
    const link = readFileSync(join(one.folder, 'link'), 'utf8');
    const looked = join(one.folder, 'looked');
    if (script.includes('-c') && existsSync(looked)) looks.push(readFileSync(looked, 'latin1'));
    expect(looks.filter((text) => text.includes('zephr')).length).toBeGreaterThan(0);
    for (const part of [SECRET, ...partsOf(link)]) expect(looks.join('\n')).not.toContain(part);
  });

  it.skipIf(!HAS_SCRIPT)('of a create from a prompt', async () => {
    const looks: string[] = [];
    const one = await watched(looks);
    const { screen } = await type(one, 'zephr', [['Secret (hidden):', `${SECRET}\r`]]);
    expect(looks.filter((text) => text.includes('zephr')).length).toBeGreaterThan(0);
    for (const part of [SECRET, ...partsOf(screen)]) expect(looks.join('\n')).not.toContain(part);
  });

  it('and the look would find what is there', async () => {
    const looks: string[] = [];
    const one = await watched(looks);
    await one.sh(`echo x | zephr -q --hint ${SECRET}`);
    expect(looks.join('\n')).toContain(SECRET);
  });
});
