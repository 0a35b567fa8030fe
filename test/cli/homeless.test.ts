/** A user without an entry in the user database and without HOME, as containers and services have. */

import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { deadHost } from '../support/hosts.js';
import { openSession, type Session, ZEPHR } from '../support/session.js';
import { sharedServer } from '../support/shared-server.js';

const server = sharedServer();

const UID = 54_321;
const DROP = ['--reuid', `${UID}`, '--clear-groups'];

const CAN_BECOME = spawnSync('setpriv', [...DROP, 'test', '-r', ZEPHR]).status === 0;
const because = CAN_BECOME
  ? ''
  : ' (skipped: it takes root, setpriv of util-linux, and a folder that others can read)';

/** Runs a script as that user, in a folder of its own, with nothing in its environment but PATH and `env`. */
function homeless(
  { sh, env: { PATH } }: Session,
  script: string,
  env: Readonly<Record<string, string>> = {},
) {
  const set = Object.entries(env).map(([name, value]) => `${name}='${value}'`);
  // The folders of a session are its owner's alone.
  const command = `printf "#!/bin/sh\\nexec %s %s \\"\\$@\\"\\n" "${process.execPath}" "${ZEPHR}" > zephr; chmod +x zephr`;
  const inner = `cd "$(mktemp -d)"; trap "rm -rf $PWD" EXIT; ${command}; PATH="$PWD:$PATH"; ${script}`;
  return sh(`setpriv ${DROP.join(' ')} env -i PATH="$PATH" ${set.join(' ')} sh -c '${inner}'`, {
    env: { PATH },
  });
}

describe.skipIf(!CAN_BECOME)(`without a home${because}`, () => {
  it('creates, asks, reads and revokes', async () => {
    const one = server.session();
    const env = { ZEPHR_SERVER: server.url };
    const script =
      'link=$(echo hunter2 | zephr -q); zephr status "$link"; zephr get "$link"; zephr revoke "$link"';
    const { stdout, stderr } = await homeless(one, script, env);
    expect(stdout).toMatch(/^waiting.*\nhunter2\n$/);
    expect(stderr).not.toMatch(/ {4}at |SystemError|passwd/);
  });

  it.each([
    ['zephr --version', 0, /^\d/],
    ['zephr --help', 0, /Usage/],
    ['zephr help get', 0, /Usage/],
    ['zephr completion bash', 0, /zephr/],
    ['zephr config ls', 0, /zephr\.io/],
    ['zephr config set link v2 --config /dev/null', 2, /a pipe or a device/],
    ['zephr config path', 2, /no home directory/],
    ['zephr config set link v2', 2, /no home directory/],
    ['zephr config unset link', 2, /no home directory/],
    ['zephr config get link', 2, /has no link/],
    ['zephr serve --port 0', 2, /no home directory\nzephr: hint: name it with --store/],
    ['zephr keys ls', 2, /no home directory\nzephr: hint: name it with --store/],
    ['zephr keys new --tier dev --name ci', 2, /no home directory/],
    ['zephr keys revoke ci', 2, /no home directory/],
  ])('%s is exit %i', async (command, expected, words) => {
    const { code, stdout, stderr } = await homeless(openSession(), command);
    expect(stdout + stderr).toMatch(words);
    expect(stdout + stderr).not.toMatch(/ {4}at |SystemError|passwd/);
    expect(code).toBe(expected);
  });

  it('zephr doctor checks a server', async () => {
    const { code, stdout } = await homeless(server.session(), 'zephr doctor', { ZEPHR_SERVER: server.url });
    expect(stdout).toContain('the defaults: there is no home directory');
    expect(code).toBe(0);
  });

  it('a server that is away is just that', async () => {
    const { code, stderr } = await homeless(openSession(), 'echo x | zephr', {
      ZEPHR_SERVER: await deadHost(),
    });
    expect(stderr).toContain('refused the connection');
    expect(code).toBe(8);
  });

  it('serves from a store that is named', async () => {
    const script =
      'zephr serve --port 0 --store memory: > url & for i in $(seq 50); do test -s url || sleep 0.1; done; kill $!; wait $!';
    const served = await homeless(openSession(), script);
    expect(served.stderr).not.toMatch(/ {4}at |passwd/);
    expect(served.code).toBe(0);
  });
});
