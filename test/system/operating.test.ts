/** src/server/OPERATING.md is true: what it has an operator do works as it stands there. */

import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { callsIn, unknownOptions } from '../support/command-lines.js';
import { textUnder } from '../support/markdown.js';
import { startServerProcess } from '../support/server.js';
import { openSession } from '../support/session.js';

const operating = readFileSync(new URL('../../src/server/OPERATING.md', import.meta.url), 'utf8');

/** The blocks of a language under a heading. */
function blocksUnder(heading: string, language: string): string[] {
  const blocks = textUnder(operating, heading).matchAll(
    new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\``, 'gms'),
  );
  return [...blocks].map(([, text = '']) => text);
}

const has = (program: string) => spawnSync(program, ['--version']).status === 0;

const installed = (program: string) => (has(program) ? '' : ` (skipped: ${program} is not installed)`);

describe('the operator\u2019s document', () => {
  it('uses commands and options that there are', () => {
    const blocks = [...operating.matchAll(/^```sh\n(.*?)^```/gms)].map(([, text = '']) => text);
    const calls = blocks.flatMap(callsIn);
    expect(calls.length).toBeGreaterThan(4);
    expect(calls.filter((call) => unknownOptions(call).length > 0)).toEqual([]);
    const spoken = operating.replaceAll(/^```.*?^```/gms, '');
    for (const [, option = ''] of spoken.matchAll(/`(--[a-z-]+)/g)) {
      expect([option, unknownOptions(['serve', option]).length]).toEqual([option, 0]);
    }
  });

  it('has names for options that there are in its service and its container', async () => {
    const [service = ''] = blocksUnder('systemd', 'ini');
    const [container = ''] = blocksUnder('Container', 'dockerfile');
    const names = [...`${service}${container}`.matchAll(/ZEPHR_SERVE_([A-Z_]+)=/g)].map(
      ([, name = '']) => name,
    );
    expect(names).toContain('TRUST_PROXY');
    for (const name of names) {
      const option = `--${name.toLowerCase().replaceAll('_', '-')}`;
      expect([option, unknownOptions(['serve', option]).length]).toEqual([option, 0]);
    }
  });

  it.skipIf(!has('systemd-analyze'))(
    `rates its service as systemd does${installed('systemd-analyze')}`,
    () => {
      const { folder } = openSession();
      const [service = ''] = blocksUnder('systemd', 'ini');
      // systemd looks for the program, and here zephr is not installed.
      writeFileSync(join(folder, 'zephr.service'), service.replace('/usr/bin/zephr', '/bin/true'));
      const args = ['security', '--offline=true', '--no-pager', join(folder, 'zephr.service')];
      const { stdout } = spawnSync('systemd-analyze', args, { encoding: 'utf8' });
      const [, rating] = /Overall exposure level for \S+: (\d+\.\d)/.exec(stdout) ?? [];
      expect(textUnder(operating, 'systemd')).toContain(`rates it ${rating}`);
    },
  );

  it.skipIf(!has('sqlite3'))(`puts API keys back into a new store${installed('sqlite3')}`, async () => {
    const session = openSession();
    const store = join(session.folder, 'zephr.db');
    const [save = '', restore = ''] = blocksUnder('Backup', 'sh').map((block) =>
      block
        .split('\n')
        .filter((line) => line.startsWith('sqlite3'))
        .join('\n'),
    );
    await (await startServerProcess({ store })).stop();
    const made = await session.sh(
      `zephr keys new --store zephr.db --tier pro --name ci > key && ${save} && rm zephr.db*`,
    );
    expect([made.stderr, made.code]).toEqual([expect.any(String), 0]);
    // Before the server has made the store there is no table for them: that is said, and nothing is half done.
    expect((await session.sh(restore)).code).not.toBe(0);
    await session.sh('rm -f zephr.db');
    const server = await startServerProcess({ store, args: ['--access', 'closed'] });
    expect(await session.sh(restore)).toMatchObject({ stderr: '', code: 0 });
    const env = { ZEPHR_SERVER: server.url, ZEPHR_API_KEY_FILE: 'key' };
    expect(await session.sh('echo x | zephr -q', { env })).toMatchObject({ code: 0 });
    expect(await server.stop()).toBe(0);
  });
});
