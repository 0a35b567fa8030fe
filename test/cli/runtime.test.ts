/** Runtimes that lack what zephr needs: one sentence that says what to change. */

import { describe, expect, it } from 'vitest';
import { sharedServer } from '../support/shared-server.js';

const server = sharedServer();
const { session } = server;

describe('a Node without WebAssembly', () => {
  const env = { NODE_OPTIONS: '' };

  it('makes and reads links, and says what a passphrase needs', async () => {
    const { sh } = session(env);
    const jitless = 'node --jitless "$(readlink -f "$(command -v zephr)")"';
    const plain = await sh(`echo x | ${jitless} -q > link && ${jitless} get -q < link`);
    expect([plain.code, plain.stdout]).toEqual([0, 'x\n']);
    for (const command of [
      `echo x | ${jitless} -q --passphrase-file p`,
      `echo x | zephr -q --passphrase-file p > link; ${jitless} get --passphrase-file p < link`,
    ]) {
      const { code, stdout, stderr } = await sh(`echo secret > p; ${command}`);
      expect(stderr).toContain(
        'zephr: error: a passphrase needs WebAssembly, which is off here: run Node without',
      );
      expect([code, stdout]).toEqual([2, '']);
    }
    expect((await sh('zephr get -q --passphrase-file p < link')).stdout).toBe('x\n');
  });
});

/** Node 24 and later always have WebCrypto, and know no flag that takes it away. */
const CAN_LACK_WEBCRYPTO = process.allowedNodeEnvironmentFlags.has('--no-experimental-global-webcrypto');

describe.skipIf(!CAN_LACK_WEBCRYPTO)(
  'a Node without WebCrypto (needs Node 20 or 22, which have a flag for it)',
  () => {
    it.each(['create', 'get'])('says what to change: %s', async (command) => {
      const { sh } = session();
      await sh('echo x | zephr -q > link');
      const without = 'node --no-experimental-global-webcrypto "$(readlink -f "$(command -v zephr)")"';
      const { code, stdout, stderr } = await sh(
        command === 'create' ? `echo x | ${without}` : `${without} get < link`,
      );
      expect(stderr).toContain(
        'zephr: error: there is no WebCrypto here: run Node without --no-experimental',
      );
      expect(stderr).not.toContain('is not defined');
      expect([code, stdout]).toEqual([2, '']);
      expect((await sh('zephr get -q < link')).stdout).toBe('x\n');
    });
  },
);
