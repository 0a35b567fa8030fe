/** `zephr get` and its siblings take links as mail, chat and terminals hand them on. */

import { describe, expect, it } from 'vitest';
import { sharedServer } from '../support/shared-server.js';

const server = sharedServer();
const { session } = server;

describe('zephr get', () => {
  it.each([
    ['in Markdown', '[the secret](LINK).'],
    ['of Slack', '<LINK|LINK>'],
    ['in a quoted mail', '> (LINK),'],
    ['of Outlook', 'https://eur01.safelinks.protection.outlook.com/?url=ESCAPED&data=05'],
    ['with a slash and a query', 'SLASHED'],
  ])('takes a link %s, as an argument and on stdin', async (_, shape) => {
    const { sh } = session();
    const shaped = async () => {
      const link = (await sh('echo hunter2 | zephr -q')).stdout.trim();
      return shape
        .replaceAll('LINK', link)
        .replace('ESCAPED', encodeURIComponent(link))
        .replace('SLASHED', link.replace('#', '/?utm=1#'));
    };
    expect(await sh(`zephr get -q '${await shaped()}'`)).toMatchObject({ stdout: 'hunter2\n', code: 0 });
    const file = `printf '\\n%s\\n\\n' '${await shaped()}' > link`;
    expect(await sh(`${file}; zephr get -q < link`)).toMatchObject({ stdout: 'hunter2\n', code: 0 });
  });

  it('takes a link that was broken over lines', async () => {
    const { sh } = session();
    await sh('echo hunter2 | zephr -q --link v2 | fold -w 40 | sed "s/^/> /" > link');
    expect(Number((await sh('wc -l < link')).stdout)).toBeGreaterThan(1);
    expect(await sh('zephr get -q < link')).toMatchObject({ stdout: 'hunter2\n', code: 0 });
  });

  it('takes what zephr --split prints', async () => {
    const { sh } = session();
    expect(await sh('echo hunter2 | zephr -q --split > pair; zephr get -q < pair')).toMatchObject({
      stdout: 'hunter2\n',
      code: 0,
    });
  });

  it('takes a whole link for its key', async () => {
    const { sh } = session();
    await sh('echo hunter2 | zephr -q > link; cut -d "#" -f 1 link > url');
    expect((await sh('zephr get -q "$(cat url)" --key-file link')).stdout).toBe('hunter2\n');
  });

  it('waits for no more of a pipe than a whole link', async () => {
    const { sh } = session();
    await sh('echo hunter2 | zephr -q > link');
    // The pipe stays open until the secret is here.
    const { stdout, code } = await sh('mkfifo p; (cat link; cat p) | { zephr get -q; echo > p; }');
    expect([stdout, code]).toEqual(['hunter2\n', 0]);
  });

  it('says on which server the secret is when the link was wrapped', async () => {
    const { sh } = session();
    const link = (await sh('echo hunter2 | zephr -q')).stdout.trim();
    const wrapped = `https://www.google.com/url?q=${encodeURIComponent(link)}`;
    const { stderr } = await sh(`zephr status '${wrapped}'`);
    expect(stderr).toContain(`the link was inside one of www.google.com: the secret is on ${server.url}`);
  });

  it('puts no key of version 1 together, and uses up nothing', async () => {
    const { sh } = session();
    await sh('echo hunter2 | zephr -q --link v1 > link');
    const broken = await sh('sed "s/...$/\\n&/" link | zephr get');
    expect(broken.stderr).toContain('the key is broken over two lines');
    expect(broken.code).toBe(2);
    expect((await sh('zephr get -q < link')).stdout).toBe('hunter2\n');
  });

  it.each([
    'zephr get ./link',
    'zephr get link',
    'zephr get @link',
    'zephr status link',
    'zephr revoke link',
    'zephr get --url link',
    'zephr get .',
  ])('says how a file is given: %s', async (line) => {
    const { sh } = session();
    const { stdout, stderr, code } = await sh(`echo hunter2 | zephr -q > link; ${line}`);
    expect([stdout, code]).toEqual(['', 2]);
    expect(stderr).toBe(
      'zephr: error: that is the name of a file, not a link\nzephr: hint: give the link in a file on stdin: < FILE\n',
    );
    expect((await sh('zephr status < link')).stdout).toMatch(/^waiting/);
  });

  it('takes a name that no file has for a damaged link', async () => {
    const { stderr, code } = await session().sh('zephr get ./link');
    expect([stderr.split('\n')[0], code]).toEqual(['zephr: error: that is not a zephr link', 2]);
  });
});
