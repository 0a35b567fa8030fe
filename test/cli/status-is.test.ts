/** `zephr status --is`: a question that the exit code answers, for scripts and cron. */

import { describe, expect, it } from 'vitest';
import { sharedServer } from '../support/shared-server.js';

const server = sharedServer();

const CREATE = 'echo hunter2 | zephr -q > link';

describe('zephr status --is', () => {
  it.each([
    ['waiting', ':'],
    ['read', 'zephr get -q < link > /dev/null'],
    ['revoked', 'zephr revoke -q < link'],
  ])('%s is exit 0 for such a secret, 11 for the other states, and prints nothing', async (state, change) => {
    const { sh } = server.session();
    await sh(`${CREATE}; ${change}`);
    for (const asked of ['waiting', 'read', 'expired', 'revoked']) {
      for (const flags of ['', '--json', '-q']) {
        expect(await sh(`zephr status --is ${asked} ${flags} < link`), asked).toMatchObject({
          code: asked === state ? 0 : 11,
          stdout: '',
          stderr: '',
        });
      }
    }
  });

  it('asks about a secret with several readers without using one up', async () => {
    const { sh } = server.session();
    await sh('echo hunter2 | zephr -q --views 2 > link; zephr get -q < link');
    expect((await sh('zephr status --is waiting < link; zephr get -q < link')).stdout).toBe('hunter2\n');
    expect((await sh('zephr status --is read < link')).code).toBe(0);
  });

  it.each([
    ['raed', 'did you mean read?'],
    ['gone', 'the states are waiting, read, expired, revoked, open, answered, cancelled'],
  ])('%s is exit 2', async (state, hint) => {
    const { code, stderr } = await server.session().sh(`${CREATE}; zephr status --is ${state} < link`);
    expect(stderr).toBe(`zephr: error: that is no state of a secret or a request\nzephr: hint: ${hint}\n`);
    expect(code).toBe(2);
  });

  it('does not take a failure for an answer', async () => {
    const { sh } = server.session();
    const { code, stderr } = await sh(
      `zephr status --is read '${server.url}/secret/${'A'.repeat(22)}#v2.${'A'.repeat(43)}'`,
    );
    expect(stderr).toContain('zephr: error: ');
    expect(code).toBe(5);
  });
});
