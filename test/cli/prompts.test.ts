/** Hidden prompts on a real pseudo-terminal, which `script` (util-linux) makes. */

import { describe, expect, it } from 'vitest';
import { httpHost } from '../support/hosts.js';
import { openSession, type Session } from '../support/session.js';
import { sharedServer } from '../support/shared-server.js';
import { HAS_SCRIPT, type as typeAt } from '../support/typing.js';

const server = sharedServer();

function type(session: Session, command: string, ...dialogue: [question: string, answer: string][]) {
  const env = { ...session.env, ZEPHR_SERVER: server.url };
  return typeAt({ ...session, env }, command, dialogue);
}

describe.skipIf(!HAS_SCRIPT)('on a terminal (needs script of util-linux)', () => {
  it('zephr asks for the secret and does not show it', async () => {
    const session = openSession();
    const { screen, code } = await type(session, 'zephr', ['Secret (hidden):', 'hunter2\r']);
    expect(screen).not.toContain('hunter2');
    expect(code).toBe(0);
    const [link] = /http:\S+#v2\.[\w-]{43}/.exec(screen) ?? [];
    expect((await session.sh(`zephr get '${link}'`)).stdout).toBe('hunter2');
  });

  it('a pasted secret keeps its lines', async () => {
    const session = openSession();
    const { screen } = await type(session, 'zephr', [
      'Secret (hidden):',
      '\x1b[200~line 1\rline 2\x1b[201~\r',
    ]);
    const [link] = /http:\S+#v2\.[\w-]{43}/.exec(screen) ?? [];
    expect((await session.sh(`zephr get '${link}'`)).stdout).toBe('line 1\nline 2');
  });

  it('lines pasted into a terminal that does not mark them are refused: half a secret is none', async () => {
    const session = openSession({ NO_COLOR: '1' });
    const { screen, code } = await type(session, 'zephr', ['Secret (hidden):', 'line 1\rline 2\r']);
    expect(screen).toContain('zephr: error: more than one line was entered\r\nzephr: hint: nothing was sent');
    expect(screen).not.toContain('line 1');
    expect(code).toBe(2);
  });

  it('editing keys edit, and arrow keys leave nothing behind', async () => {
    const session = openSession();
    const { screen } = await type(session, 'zephr', [
      'Secret (hidden):',
      'wrong\x15hä\x7funter3\x7f2\x1b[A\x1b[3~\r',
    ]);
    const [link] = /http:\S+#v2\.[\w-]{43}/.exec(screen) ?? [];
    expect((await session.sh(`zephr get '${link}'`)).stdout).toBe('hunter2');
  });

  it('zephr get asks for the key of half a pair', async () => {
    const session = openSession();
    await session.sh('echo hunter2 | zephr -s -q > pair', { env: { ZEPHR_SERVER: server.url } });
    const key = (await session.sh('tail -n 1 pair')).stdout.trim();
    const { screen, code } = await type(session, 'zephr get "$(head -n 1 pair)"', ['Key:', `${key}\r`]);
    expect(screen).toContain('hunter2');
    expect(screen).not.toContain(key);
    expect(code).toBe(0);
  });

  it('a passphrase is asked for twice, with the secret on stdin, and once by get', async () => {
    const session = openSession();
    const created = await type(
      session,
      'echo hunter2 | zephr -p',
      ['Passphrase:', 'open sesame\r'],
      ['Passphrase again:', 'open sesame\r'],
    );
    expect(created.code).toBe(0);
    const [link] = /http:\S+#v2p\.[\w-]{43}/.exec(created.screen) ?? [];
    const read = await type(session, `zephr get '${link}'`, ['Passphrase:', 'open sesame\r']);
    expect(read.screen).toContain('hunter2');
    expect(created.screen + read.screen).not.toContain('open sesame');
    expect(read.code).toBe(0);
  });

  it('two passphrases that differ, and an empty one, are asked for again, and the typed secret is not lost', async () => {
    const session = openSession();
    const { screen, code } = await type(
      session,
      'zephr -p',
      ['Secret (hidden):', 'hunter2\r'],
      ['Passphrase:', 'open sesame\r'],
      ['Passphrase again:', 'open sesam\r'],
      ['The two differ. Passphrase:', '\r'],
      ['That was empty. Passphrase:', 'open sesame\r'],
      // The second time that this is asked.
      ['Passphrase again:', 'open sesame\r'],
    );
    expect(code).toBe(0);
    const [link] = /http:\S+#v2p\.[\w-]{43}/.exec(screen) ?? [];
    await session.sh('printf "open sesame" > passphrase');
    expect((await session.sh(`zephr get '${link}' --passphrase-file passphrase`)).stdout).toBe('hunter2');
  });

  it.each([
    ['--views 0', 'the number of readers is not'],
    ['--name a/b', 'name'],
    ['--hint ""', 'the hint is not'],
    ['--link v1 --message hello', 'needs a version 2 link'],
    ['--link v1 -p', 'needs a version 2 link'],
    ['--callback-url x', 'the callback'],
    ['--callback-url http:// --callback-secret-file right', 'the callback is not'],
    ['-e 99x', 'expiry'],
    ['--passphrase-file nowhere', 'there is no such file'],
  ])('zephr %s is refused before the secret is asked for', async (flags, words) => {
    const session = openSession();
    await session.sh('printf right > right');
    const { screen, code } = await type(session, `zephr ${flags}`);
    expect(screen).toContain(words);
    expect(screen).not.toContain('hidden');
    expect(code).toBe(2);
  });

  it.each(['get', 'status', 'revoke'])(
    'zephr %s asks again for a passphrase that is wrong or empty, and nothing is used up',
    async (command) => {
      const session = openSession({ ZEPHR_SERVER: server.url });
      await session.sh('printf right > right; echo hunter2 | zephr -q --passphrase-file right > link');
      const { screen, code } = await type(
        session,
        `zephr ${command} "$(cat link)"`,
        ['Passphrase:', '\r'],
        ['Passphrase:', 'wrong\r'],
        ['Wrong passphrase, try again:', 'right\r'],
      );
      expect(screen).toContain({ get: 'hunter2', status: 'waiting', revoke: 'revoked' }[command]);
      expect(code).toBe(0);
    },
  );

  it.each(['WRONG_PASSPHRASE', 'WRONG_KEY'])(
    'zephr get asks again when a server says %s, under one claim or another, and never of a link without passphrase',
    async (name) => {
      let refusals = 0;
      const proxy = await httpHost(async (request, response) => {
        if (request.method === 'GET' && refusals++ < 2) {
          response.writeHead(403).end(JSON.stringify({ error: { code: name, message: 'no' } }));
          return;
        }
        const reply = await fetch(`${server.url}${request.url}`, {
          method: request.method ?? 'GET',
          headers: request.headers as Record<string, string>,
        });
        const headers = { 'Zephr-Claim': reply.headers.get('Zephr-Claim') ?? '' };
        response.writeHead(reply.status, headers).end(await reply.text());
      });
      const session = openSession({ ZEPHR_SERVER: server.url });
      await session.sh(`printf right > right; echo hunter2 | zephr -q --passphrase-file right > link
        sed -i 's|${server.url}|${proxy}|' link`);
      const { screen, code } = await type(
        session,
        'zephr get "$(cat link)"',
        ['Passphrase:', 'wrong\r'],
        ['Wrong passphrase, try again:', 'wrong again\r'],
        ['Wrong passphrase, try again:', 'right\r'],
      );
      expect(screen).toContain('hunter2');
      expect(code).toBe(0);
      refusals = 0;
      const plain = `${proxy}/secret/${'A'.repeat(22)}#v2.${'A'.repeat(43)}`;
      const refused = await type(session, `zephr get '${plain}'`);
      expect(refused.screen).not.toContain('try again:');
      expect(refused.code).toBe(9);
    },
  );

  it('a wrong passphrase from a file is exit 9, and is not asked for', async () => {
    const session = openSession({ ZEPHR_SERVER: server.url });
    await session.sh('printf right > right; printf wrong > wrong');
    const script =
      'echo hunter2 | zephr -q --passphrase-file right > link; zephr get --passphrase-file wrong < link';
    const { screen, code } = await type(session, script);
    expect(screen).toContain('zephr: error:');
    expect(screen).not.toContain('try again:');
    expect(code).toBe(9);
    expect((await session.sh('zephr get --passphrase-file right < link')).stdout).toBe('hunter2\n');
  });

  it.each([
    ['the secret', 'zephr', 'Secret (hidden):'],
    ['the link', 'zephr get', 'Link:'],
    ['the key', `zephr get http://127.0.0.1:1/secret/${'A'.repeat(22)}`, 'Key:'],
    ['the passphrase', 'echo x | zephr -p', 'Passphrase:'],
    [
      'the passphrase of a link',
      `zephr get http://127.0.0.1:1/secret/${'A'.repeat(22)}#v2p.${'A'.repeat(43)}`,
      'Passphrase:',
    ],
    ['the link, by status', 'zephr status', 'Link:'],
    ['the link, by revoke', 'zephr revoke', 'Link:'],
    ['an API key', 'zephr config set apiKey', 'API key:'],
  ])(
    'Ctrl-C at the question for %s is exit 130 and gives the terminal back',
    async (_, command, question) => {
      const { screen } = await type(openSession(), `sh -c '${command}; echo "exit $?"; stty -a'`, [
        question,
        '\x03',
      ]);
      expect(screen).toContain('exit 130');
      expect(screen).toMatch(/ icanon\b/);
      expect(screen).toMatch(/ echo\b/);
      expect(screen.lastIndexOf('\x1b[?2004l')).toBeGreaterThan(screen.lastIndexOf('\x1b[?2004h'));
    },
  );

  it('Ctrl-C at the question for the passphrase again is exit 130, and nothing was sent', async () => {
    const { screen } = await type(
      openSession(),
      `sh -c 'echo x | zephr -p; echo "exit $?"; stty -a'`,
      ['Passphrase:', 'a\r'],
      ['Passphrase again:', '\x03'],
    );
    expect(screen).toContain('exit 130');
    expect(screen).not.toContain('http');
    expect(screen).toMatch(/ icanon\b/);
    expect(screen).toMatch(/ echo\b/);
  });

  it('Ctrl-D is an answer of nothing, and exit 2', async () => {
    const { screen, code } = await type(openSession(), 'zephr', ['Secret (hidden):', '\x04']);
    expect(screen).toContain('nothing was entered');
    expect(code).toBe(2);
  });

  it('a newline is added only to a secret that goes to the terminal', async () => {
    const session = server.session();
    await session.sh('printf hunter2 | zephr -q > link; printf hunter3 | zephr -q > link2');
    expect((await type(session, 'zephr get -q < link; echo done')).screen).toBe('hunter2\r\ndone\r\n');
    expect((await session.sh('zephr get < link2')).stdout).toBe('hunter3');
  });

  it('binary goes to the terminal only when told', async () => {
    const session = server.session();
    await session.sh(`printf 'a\\033[2Jb' | zephr -q > link; printf 'a\\033[2Jb' | zephr -q > link2`);
    const refused = await type(session, 'zephr get < link');
    expect(refused.screen).toContain('the secret is binary');
    expect(refused.screen).not.toContain('\x1b[2J');
    expect(refused.code).toBe(4);
    expect((await type(session, 'zephr get -o - < link2')).screen).toContain('\x1b[2J');
  });
});
