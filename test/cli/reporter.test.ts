/** What is said on stderr: colors and a spinner for a person at a terminal, plain lines for everything else. */

import { request } from 'node:http';
import { describe, expect, it } from 'vitest';
import { httpHost } from '../support/hosts.js';
import { sharedServer } from '../support/shared-server.js';
import { HAS_SCRIPT, type } from '../support/typing.js';

const server = sharedServer();
const { session } = server;

/** A server that answers so late that the spinner appears. */
async function farServer(): Promise<string> {
  return httpHost((near, response) => {
    setTimeout(() => {
      const { method, url = '', headers } = near;
      const far = request(`${server.url}${url}`, { method, headers }, (reply) => {
        response.writeHead(reply.statusCode ?? 0, reply.headers);
        reply.pipe(response);
      });
      near.pipe(far);
    }, 300);
  });
}

const ESC = '\x1b';
const COLOR = new RegExp(`${ESC}\\[[0-9;]*m`);
const RED = `${ESC}[31m${ESC}[1mzephr: error:${ESC}[22m${ESC}[39m `;
const YELLOW = `${ESC}[33mzephr: warning:${ESC}[39m `;
const CYAN = `${ESC}[36mzephr: hint:${ESC}[39m `;
const bold = (label: string) => `${ESC}[1m${label}:${ESC}[22m `;

/** Everything that has a color: two endings, a warning, three labels. */
const ALL = `
  : | zephr
  echo x | zephr --hint db --name id_rsa --message hello -e 24 > link
  zephr get < link
  zephr get < link`;

describe('in a pipe', () => {
  it('there is not one escape sequence', async () => {
    const { stdout, stderr } = await session().sh(ALL);
    expect(stderr).toMatch(/^zephr: error: the secret is empty\nzephr: hint: /);
    expect(stderr).toContain('zephr: warning: an expiry of 24');
    expect(stderr).toContain('Hint: db\nName: id_rsa\nMessage: hello\n');
    expect(stdout + stderr).not.toContain(ESC);
  });

  it.each([{ FORCE_COLOR: '1' }, { FORCE_COLOR: 'true' }])('there are colors with %o', async (env) => {
    const { stdout, stderr } = await session(env).sh(ALL);
    for (const mark of [RED, YELLOW, CYAN, bold('Hint'), bold('Name'), bold('Message')]) {
      expect(stderr).toContain(mark);
    }
    expect(stdout).toBe('x\n');
  });

  it('a refusal of colors wins over FORCE_COLOR', async () => {
    const { sh } = session({ FORCE_COLOR: '1' });
    expect((await sh(`NO_COLOR=1; export NO_COLOR; ${ALL}`)).stderr).not.toContain(ESC);
    expect((await sh(': | zephr --no-color')).stderr).not.toContain(ESC);
  });

  it('a JSON error has no colors even then', async () => {
    const { stderr } = await session({ FORCE_COLOR: '1' }).sh(': | zephr --json');
    expect(JSON.parse(stderr)).toMatchObject({ error: { code: 'USAGE' } });
    expect(stderr).not.toContain(ESC);
  });

  it('there is no spinner, however long it takes', async () => {
    const { stderr, code } = await session({ ZEPHR_SERVER: await farServer() }).sh('echo x | zephr');
    expect(stderr).toMatch(/^the link can be read once; it expires in 1 hour, at [\d :-]+\n$/);
    expect(code).toBe(0);
  });
});

describe.skipIf(!HAS_SCRIPT)('on a terminal', () => {
  it('what is said has colors, and data has none', async () => {
    const { screen } = await type(session({ CI: '1' }), `sh -c '${ALL}'`, []);
    for (const mark of [RED, YELLOW, CYAN, bold('Hint'), bold('Name'), bold('Message')]) {
      expect(screen).toContain(mark);
    }
    expect(screen).toContain('\r\nx\r\n');
  });

  it.each([
    [{ NO_COLOR: '1' }],
    [{ FORCE_COLOR: '0' }],
    [{ FORCE_COLOR: 'false' }],
    [{ TERM: 'dumb' }],
    [{ TERM: '' }],
  ])('there is not one escape sequence with %o', async (env) => {
    const { screen } = await type(session({ CI: '1', ...env }), `sh -c '${ALL}'`, []);
    expect(screen).toContain('Hint: db\r\n');
    expect(screen).not.toContain(ESC);
  });

  it('an empty NO_COLOR says nothing', async () => {
    const { screen } = await type(session({ NO_COLOR: '' }), ': | zephr', []);
    expect(screen).toContain(RED);
  });

  it('--no-color says no', async () => {
    const { screen } = await type(session(), ': | zephr --no-color', []);
    expect(screen).toContain('zephr: error: ');
    expect(screen).not.toContain(ESC);
  });

  it('it is the stream written to that counts', async () => {
    const one = session();
    expect((await type(one, ': | zephr 2> log', [])).screen).toBe('');
    expect((await one.sh('cat log')).stdout).not.toContain(ESC);
    expect((await type(one, ': | zephr > out', [])).screen).toContain(RED);
  });

  it.each([[{ NO_COLOR: '1' }], [{ TERM: 'dumb' }], [{ TERM: '' }]])(
    'a prompt, too, has not one escape sequence with %o',
    async (env) => {
      const { screen, code } = await type(session(env), 'zephr', [['Secret (hidden):', 'x\r']]);
      expect(screen).toMatch(/^Secret \(hidden\): \r\nhttp/);
      expect(screen).not.toContain(ESC);
      expect(code).toBe(0);
    },
  );

  it.each([
    ['zephr', 'echo x | zephr --message hello > link2'],
    ['get', 'zephr get < link > secret'],
    ['status', 'zephr status < link > state'],
    ['revoke', 'zephr revoke < link'],
  ])('a spinner says what %s waits for, and leaves its line and the cursor', async (_, command) => {
    const one = session({ ZEPHR_SERVER: await farServer() });
    await one.sh('echo x | zephr > link');
    const { screen, code } = await type(one, command, []);
    const host = (one.env.ZEPHR_SERVER ?? '').replace('http://', '');
    expect(screen).toContain(` waiting for ${host}`);
    expect(screen).toContain(`${ESC}[?25l`);
    expect(screen.lastIndexOf(`${ESC}[?25h`)).toBeGreaterThan(screen.lastIndexOf(`${ESC}[?25l`));
    expect(screen.slice(screen.lastIndexOf('waiting for'))).toContain(`${ESC}[1G${ESC}[0K${ESC}[?25h`);
    expect(code).toBe(0);
  });

  it('a spinner has no colors with --no-color, and no braille where the locale has none', async () => {
    const one = session({ ZEPHR_SERVER: await farServer() });
    const plain = await type(one, 'echo x | zephr --no-color', []);
    expect(plain.screen).toContain('waiting for');
    expect(plain.screen).not.toMatch(COLOR);
    expect(plain.screen).toContain('⠋');
    const ascii = await type(one, 'echo x | LC_ALL=C zephr', []);
    expect(ascii.screen).toMatch(/-\S* waiting for/);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences are ASCII too
    expect(ascii.screen).toMatch(/^[\x00-\x7f]*$/);
  });

  it.each([
    ['--quiet', 'zephr --quiet', {}],
    ['--json', 'zephr --json', {}],
    ['a dumb terminal', 'zephr', { TERM: 'dumb' }],
    ['a terminal without a name', 'zephr', { TERM: '' }],
    ['NO_COLOR', 'zephr', { NO_COLOR: '1' }],
    ['CI', 'zephr', { CI: 'true' }],
    ['stderr in a file', 'zephr 2> log', {}],
  ])('there is no spinner with %s', async (_, command, env) => {
    const one = session({ ZEPHR_SERVER: await farServer(), ...env });
    const { screen, code } = await type(one, `echo x | ${command}`, []);
    expect(screen).not.toContain('waiting for');
    expect(screen).not.toContain(ESC);
    expect(code).toBe(0);
  });
});
