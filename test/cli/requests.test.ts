/** Asking for a secret and answering, as a shell does it: `zephr request`, `zephr give`, `zephr get`. */

import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { MAX_ANSWERS } from '../../src/core/protocol/secret-requests.js';
import { type Answers, fronting, lying } from '../support/fronting.js';
import { httpHost } from '../support/hosts.js';
import type { Session } from '../support/session.js';
import { sharedServer } from '../support/shared-server.js';
import { HAS_SCRIPT, type } from '../support/typing.js';
import { UNPRIVILEGED, withoutModes } from '../support/unprivileged.js';

const server = sharedServer();

const folderOf = ({ folder }: Session) => join(folder, '.local/state/zephr/requests');

function kept(one: Session): string[] {
  return existsSync(folderOf(one)) ? readdirSync(folderOf(one)) : [];
}

/** Waits until the file has a link in it, for scripts. */
const UNTIL_LINK = 'until grep -qs "#r1" link; do sleep 0.05; done';

describe('zephr request', () => {
  it('prints a link that gets an answer, which only this machine takes, once', async () => {
    const one = server.session();
    const asked = await one.sh("zephr request -m 'the staging password' --from ops > link; wc -l < link");
    expect(asked.stdout.trim()).toBe('1');
    expect(asked.stderr).toMatch(
      /^it can be answered, and expires in 1 day, at .*; zephr get (-- )?[\w-]{8} takes the answer\n$/,
    );
    const [name = ''] = kept(one);
    const id = name.slice(0, 22);
    expect(readFileSync(join(one.folder, 'link'), 'utf8')).toMatch(
      new RegExp(`^http://127.0.0.1:\\d+/request/${id}#r1\\.[\\w-]{43}\n$`),
    );
    expect(statSync(join(folderOf(one), name)).mode & 0o777).toBe(0o600);
    expect(statSync(folderOf(one)).mode & 0o777).toBe(0o700);

    expect(await one.sh(`zephr get -- ${id.slice(0, 8)}`)).toMatchObject({ code: 11, stdout: '' });
    const given = await one.sh('printf %s hunter2 | zephr give "$(cat link)"');
    expect(given.stdout).toBe('');
    expect(given.stderr).toMatch(
      /^From: ops\nMessage: the staging password\nServer: http:\S+\nExpires: in 1 day, at .*\nsent: only who asked can open it; it expires in 1 day, at .*\n$/,
    );
    expect(await one.sh(`zephr get -- ${id.slice(0, 8)}`)).toMatchObject({ code: 0, stdout: 'hunter2' });
    expect(kept(one)).toEqual([]);
    const taken = await one.sh(`zephr get -- ${id}`);
    expect([taken.code, taken.stderr]).toEqual([6, expect.stringContaining('every answer was taken')]);
    expect((await one.sh('echo again | zephr give "$(cat link)"')).code).toBe(6);
  });

  it('waits for the answer in a script', async () => {
    const one = server.session();
    const { stdout, stderr, code } = await one.sh(
      `{ DB_PASSWORD=$(zephr request -q --wait -m 'the database password' 2> link); echo "got $DB_PASSWORD"; } &
       ${UNTIL_LINK}; cat link; echo correct horse | zephr give -q "$(cat link)"; wait`,
    );
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^http:\S+#r1\.[\w-]{43}\ngot correct horse\n$/);
    expect(kept(one)).toEqual([]);
  });

  it('says how the answer is had after its wait was broken off', async () => {
    const one = server.session();
    const { stdout } = await one.sh(
      `timeout -s INT 3 zephr request --wait 2> link; echo $?; grep '^zephr: hint' link
       echo hunter2 | zephr give -q "$(grep '#r1' link)"
       $(sed -n 's/.*goes on: \\(zephr get.*\\) takes.*/\\1/p' link)`,
    );
    expect(stdout).toMatch(
      /^1(?:24|30)\nzephr: hint: the request goes on: zephr get .* --wait takes the answer\nhunter2\n$/,
    );
  });

  it('waits no longer than --for', async () => {
    const one = server.session();
    const { stderr, code } = await one.sh(
      'zephr request -q --wait --for 1s > out; code=$?; cat out; exit $code',
    );
    expect(code).toBe(11);
    expect(stderr).toContain(
      'zephr: error: there is no answer yet\nzephr: hint: the request goes on: zephr get',
    );
    expect(kept(one)).toHaveLength(1);
  });

  it('makes as many at the same time as are wanted', async () => {
    const one = server.session();
    await one.sh('for n in 1 2 3 4 5 6; do zephr request -q > link$n & done; wait');
    expect((await one.sh('cat link?')).stdout.match(/#r1\./g)).toHaveLength(6);
    expect(kept(one)).toHaveLength(6);
  });

  it('gives a second link for collecting, and keeps nothing, with --no-record', async () => {
    const one = server.session();
    const { stdout } = await one.sh(
      'zephr request -q --no-record --answers 2 | tee links; sed -n 1p links > link; sed -n 2p links > collect',
    );
    expect(stdout).toMatch(/^http:\S+#r1\.[\w-]{43}\nhttp:\S+#c1\.[\w-]{43}\n$/);
    expect(kept(one)).toEqual([]);
    await one.sh('for n in 1 2; do echo hunter$n | zephr give -q "$(cat link)"; done');
    const elsewhere = server.session();
    writeFileSync(join(elsewhere.folder, 'collect'), readFileSync(join(one.folder, 'collect')));
    expect((await elsewhere.sh('zephr get < collect')).stdout).toBe('hunter1\n');
    expect((await elsewhere.sh('zephr get "$(cat collect)"')).stdout).toBe('hunter2\n');
    expect((await elsewhere.sh('zephr get < collect')).code).toBe(6);
    // What is kept of them opens nothing.
    for (const name of kept(elsewhere))
      expect(readFileSync(join(folderOf(elsewhere), name), 'utf8')).not.toContain('seed');
  });

  it('shows a collect link in nothing but what --no-record prints', async () => {
    const one = server.session();
    const { stdout, stderr } = await one.sh(
      `zephr request --json | tee made.json; echo; cd .local/state/zephr/requests; ls
       zephr get "$(ls | cut -c 1-22)" --json; zephr request --wait --for 1s`,
    );
    expect(stdout + stderr).not.toMatch(/c1\.|seed/);
    const made = JSON.parse(readFileSync(join(one.folder, 'made.json'), 'utf8'));
    expect(Object.keys(made)).toEqual(['id', 'requestLink', 'expiresAt']);
    const open = JSON.parse((await one.sh('zephr request --json --no-record')).stdout);
    expect(Object.keys(open)).toEqual(['id', 'requestLink', 'collectLink', 'expiresAt']);
  });

  it('says of a file that is damaged that it is, and not that the answers were taken', async () => {
    const one = server.session();
    await one.sh('zephr request -q > link; echo hunter2 | zephr give -q "$(cat link)"');
    const [name = ''] = kept(one);
    const path = join(folderOf(one), name);
    const whole = readFileSync(path);
    const get = () => one.sh(`zephr get -q -- ${name.slice(0, 8)}`);
    for (const part of [whole.subarray(0, 60), '', '{}']) {
      writeFileSync(path, part);
      const { code, stderr } = await get();
      expect([code, stderr]).toEqual([2, expect.stringContaining(`${name} is damaged`)]);
    }
    writeFileSync(path, whole);
    expect((await get()).stdout).toBe('hunter2\n');
  });

  it('is not forgotten by a clock that is ahead, but by the next one that is made', async () => {
    const one = server.session();
    const outdate = () => {
      const [name = ''] = kept(one);
      const path = join(folderOf(one), name);
      const request = JSON.parse(readFileSync(path, 'utf8')) as { id: string };
      writeFileSync(path, JSON.stringify({ ...request, keptUntil: '2001-01-01T00:00:00.000Z' }));
      return request.id;
    };
    await one.sh('zephr request -q > link');
    const id = outdate();
    expect((await one.sh(`zephr status -- ${id}`)).stdout).toMatch(/^open, /);
    await one.sh('echo hunter2 | zephr give -q "$(cat link)"');
    expect((await one.sh(`zephr get -q -- ${id}`)).stdout).toBe('hunter2\n');
    await one.sh('zephr request -q > link');
    outdate();
    const { stdout } = await one.sh('zephr request --json -q');
    expect(kept(one)).toEqual([`${(JSON.parse(stdout) as { id: string }).id}.json`]);
  });

  it('keeps what opens the answers for as long as they can come, whatever its own clock says', async () => {
    const one = server.session();
    const behind = 'const { now } = Date; Date.now = () => now() - 90 * 86400000;';
    const NODE_OPTIONS = `--import=data:text/javascript,${encodeURIComponent(behind)}`;
    await one.sh('zephr request -q > link', { env: { NODE_OPTIONS } });
    const [name = ''] = kept(one);
    const { keptUntil } = JSON.parse(readFileSync(join(folderOf(one), name), 'utf8')) as {
      keptUntil: string;
    };
    expect(Date.parse(keptUntil)).toBeGreaterThan(Date.now());
  });

  it('makes none where it cannot be kept', async () => {
    const one = server.session();
    const { stdout, stderr, code } = await one.sh('XDG_STATE_HOME=/dev/null/no zephr request');
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain('--no-record');
  });

  it('says of a server that takes none that it is that', async () => {
    const error = { error: { code: 'NOT_FOUND', message: 'there is nothing at this path' } };
    const url = await httpHost((_, response) => {
      response.writeHead(404, { 'Content-Type': 'application/json' }).end(JSON.stringify(error));
    });
    const one = server.session({ ZEPHR_SERVER: url });
    const { stdout, stderr, code } = await one.sh('zephr request');
    expect([code, stdout]).toEqual([8, '']);
    expect(stderr).toContain('takes no requests for secrets\nzephr: hint: name a server that takes them');
    expect(kept(one)).toEqual([]);
  });

  it.skipIf(process.platform !== 'linux')('cancels one whose link nobody got', async () => {
    const one = server.session();
    const { stderr, code } = await one.sh('zephr request > /dev/full');
    expect(code).toBe(10);
    expect(stderr).toContain('nobody has it, and the request is cancelled');
    expect(kept(one)).toEqual([]);
  });

  it.each([
    ['zephr request -o out', '--wait'],
    ['zephr request --for 1m', '--wait'],
    ['zephr request --wait -o out -c', 'one place'],
    ['zephr request --answers 0', '1 to 100'],
    ['zephr request --answers many', 'whole number'],
    ['zephr request --expiry soon', 'expiry'],
    [
      'zephr get --wait http://127.0.0.1:1/secret/AAAAAAAAAAAAAAAAAAAAAA#v2.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA',
      'answers to a request',
    ],
    ['zephr get AAAAAAAAAA --key x', 'no key'],
    ['zephr get AAAAAAAAAA --all', '-o'],
    ['zephr give', 'no link'],
    ['zephr give http://127.0.0.1:1/request/AAAAAAAAAAAAAAAAAAAAAA', '# is missing'],
    [
      'zephr get http://127.0.0.1:1/request/AAAAAAAAAAAAAAAAAAAAAA#r1.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA',
      'use zephr give',
    ],
  ])('is wrong usage: %s', async (line, words) => {
    const one = server.session();
    const { stderr, code } = await one.sh(line.replace(/(http\S+)/, "'$1'"));
    expect(code).toBe(2);
    expect(stderr).toContain(words);
  });
});

describe('a wait', () => {
  it('survives a server that is away, a proxy that cuts its connections, and answers that are none', async () => {
    let polls = 0;
    const url = await fronting(server.url, (fetch) => {
      return async (to, init) => {
        if (!to.includes('wait=')) return fetch(to, init);
        polls++;
        if (polls === 1) throw new Error('cut');
        if (polls === 2) return new Response('<h1>Bad Gateway</h1>', { status: 502 });
        if (polls === 3) return new Response('restarting', { status: 503, headers: { 'Retry-After': '1' } });
        return fetch(to, init);
      };
    });
    const one = server.session({ ZEPHR_SERVER: url });
    const { stdout, stderr } = await one.sh(
      `zephr request --wait 2> link > answer & ${UNTIL_LINK}
       until grep -q 'asking again' link; do sleep 0.05; done
       echo hunter2 | zephr give -q "$(grep '#r1' link)"; wait; cat answer; cat link >&2`,
    );
    expect(stdout).toBe('hunter2\n');
    expect(polls).toBeGreaterThan(3);
    expect(stderr.match(/asking again until it answers/g)).toHaveLength(1);
  });

  it('ends when the request is cancelled', async () => {
    const one = server.session();
    const { stdout, stderr, code } = await one.sh(
      `zephr request -q --wait 2> link & ${UNTIL_LINK}
       zephr revoke -q "$(sed -n 's,.*/request/\\([^#]*\\)#.*,\\1,p' link)"; wait $!; code=$?; cat link >&2; exit $code`,
    );
    expect([code, stdout]).toEqual([6, '']);
    expect(stderr).toContain('the request was cancelled without an answer');
  });
});

describe('a server that lies', () => {
  it.each(['public_key', 'sealed_message'])(
    'with another %s gets no secret: exit 9 before it is read',
    async (member) => {
      let other: unknown;
      const url = await fronting(server.url, (fetch) =>
        lying(fetch, (call, json) => {
          if (!/^GET requests\/[^/]*$/.test(call)) return;
          other ??= json[member];
          json[member] = other;
        }),
      );
      const one = server.session({ ZEPHR_SERVER: url });
      const { stdout, stderr, code } = await one.sh(
        `zephr request -q -m one > one; zephr request -q -m two > two
       echo first | zephr give -q "$(cat one)" || exit; echo hunter2 > secret
       zephr give "$(cat two)" < secret`,
      );
      expect([code, stdout]).toEqual([9, '']);
      expect(stderr).toContain('nothing was sent');
      expect(stderr).not.toContain('Message');
    },
  );

  it.each<[string, (answers: Answers) => void]>([
    [
      'swaps the keys of two answers',
      ([one, two]) => {
        if (one !== undefined && two !== undefined)
          [one.wrapped_key, two.wrapped_key] = [two.wrapped_key, one.wrapped_key];
      },
    ],
    [
      'changes a key',
      ([one]) => {
        if (one !== undefined) one.wrapped_key = `A${one.wrapped_key.slice(1)}`;
      },
    ],
    [
      'has lost a key',
      ([one]) => {
        if (one !== undefined) one.wrapped_key = '';
      },
    ],
  ])('and %s: exit 9, and nothing is printed', async (_, change) => {
    const url = await fronting(server.url, (fetch) =>
      lying(fetch, (call, json) => {
        if (call.endsWith('/answers') && json.answers !== undefined) change(json.answers);
      }),
    );
    const one = server.session({ ZEPHR_SERVER: url });
    await one.sh(`zephr request -q --answers 2 > link
      echo hunter1 | zephr give -q "$(cat link)"; echo hunter2 | zephr give -q "$(cat link)"`);
    const id = (kept(one)[0] ?? '').slice(0, 22);
    const { stdout, stderr, code } = await one.sh(`zephr get -- ${id}`);
    expect([code, stdout]).toEqual([9, '']);
    expect(stderr).toContain('nothing of it was delivered');
  });

  it('and shows an answer that was taken, under another id, gives nothing out twice', async () => {
    let first: Answers[number] | undefined;
    const url = await fronting(server.url, (fetch) =>
      lying(fetch, (call, json) => {
        const [answer] = call.startsWith('GET') && call.endsWith('/answers') ? json.answers : [];
        if (answer === undefined) return;
        first ??= { ...answer };
        // Before all others, so that it is in their way until it is passed over.
        if (answer.state === 'read') json.answers.unshift({ ...first, id: 'A'.repeat(22), state: 'waiting' });
      }),
    );
    const one = server.session({ ZEPHR_SERVER: url });
    await one.sh('zephr request -q --answers 2 > link; echo hunter1 | zephr give -q "$(cat link)"');
    const id = (kept(one)[0] ?? '').slice(0, 22);
    expect(await one.sh(`zephr get -- ${id}`)).toMatchObject({ code: 0, stdout: 'hunter1\n' });
    const { stdout, stderr, code } = await one.sh(`zephr get -- ${id}`);
    expect([code, stdout]).toEqual([9, '']);
    expect(stderr).toContain('nothing of it was delivered');
    // The next answer can be had all the same.
    await one.sh('echo hunter2 | zephr give -q "$(cat link)"');
    expect((await one.sh(`zephr get -- ${id}`)).stdout).toBe('hunter2\n');
  });
});

describe('a server that never comes to an end', () => {
  it('but makes up more answers than any request has ends a get of all of them: exit 9', async () => {
    let made = 0;
    const url = await fronting(server.url, (fetch) =>
      lying(fetch, (call, json) => {
        if (!call.startsWith('GET') || !call.endsWith('/answers')) return;
        made += 1;
        const [answer] = json.answers;
        if (answer !== undefined)
          json.answers = [{ ...answer, id: `A${made}`.padEnd(22, 'A'), wrapped_key: '' }];
      }),
    );
    const one = server.session({ ZEPHR_SERVER: url });
    await one.sh('zephr request -q > link; echo hunter1 | zephr give -q "$(cat link)"');
    const { code, stdout } = await one.sh(`zephr get -q --all -o . -- ${(kept(one)[0] ?? '').slice(0, 22)}`);
    expect([code, stdout]).toEqual([9, '']);
    expect(made).toBe(MAX_ANSWERS);
  });

  it('but says at once that there is nothing new is not asked again at once', async () => {
    let asked = 0;
    const url = await fronting(server.url, (fetch) => (to, init) => {
      if (to.includes('wait=')) asked += 1;
      return fetch(to.replace(/\?wait=.*/, ''), init);
    });
    const one = server.session({ ZEPHR_SERVER: url });
    const waits = ['zephr request -q --wait --for 3s', 'echo a | zephr -q --wait --for 3s'];
    for (const wait of waits) expect((await one.sh(`${wait} > out 2> link`)).code).toBe(11);
    // After half a second, a second, and two.
    expect(asked).toBeGreaterThanOrEqual(4);
    expect(asked).toBeLessThanOrEqual(8);
  });

  it('nor one that is to be asked again in a month', async () => {
    let asked = 0;
    const url = await fronting(server.url, (fetch) => async (to, init) => {
      if (!to.includes('wait=')) return fetch(to, init);
      asked += 1;
      return new Response('busy', { status: 503, headers: { 'Retry-After': '2600000' } });
    });
    const one = server.session({ ZEPHR_SERVER: url });
    const { code, stderr } = await one.sh('zephr request --wait --for 3s > out');
    expect(code).toBe(11);
    // Each try is made three times.
    expect(asked).toBeLessThanOrEqual(3);
    expect(stderr).not.toContain('Overflow');
  });
});

describe('an answer', () => {
  it('is taken with all others into a folder', async () => {
    const one = server.session();
    await one.sh(`zephr request -q --answers 3 > link
      echo a | zephr give -q "$(cat link)" --name a.txt; printf 'b\\n' | zephr give -q --trim "$(cat link)"`);
    const [name = ''] = kept(one);
    const id = name.slice(0, 22);
    expect(
      (await one.sh(`mkdir in; zephr get -q --all -o in -- ${id}; ls in; cat in/a.txt in/secret`)).stdout,
    ).toBe('a.txt\nsecret\na\nb');
    expect((await one.sh(`zephr get --all -o in -- ${id}`)).code).toBe(11);
    expect(kept(one)).toEqual([name]);
  });

  it.skipIf(withoutModes !== '')(
    `is taken once, also where nothing of that can be noted${withoutModes}`,
    async () => {
      const one = server.session();
      await one.sh(`zephr request -q --answers 2 --views 3 > link; mkdir in
        for n in a b; do echo $n | zephr give -q --name $n "$(cat link)"; done; chmod -R a-w .local/state`);
      const id = (kept(one)[0] ?? '').slice(0, 22);
      const { code, stderr } = await one.sh(`${UNPRIVILEGED}zephr get --all -o in -- ${id}; code=$?
        chmod -R u+w .local/state; zephr status --json -- ${id} > status; exit $code`);
      expect(code).toBe(0);
      expect(stderr.match(/could not be noted/g)).toHaveLength(2);
      expect(readdirSync(join(one.folder, 'in')).sort()).toEqual(['a', 'b']);
    },
  );

  it('that did not arrive is there for the same command', async () => {
    const one = server.session();
    await one.sh('zephr request -q > link; echo hunter2 | zephr give -q "$(cat link)"');
    const id = (kept(one)[0] ?? '').slice(0, 22);
    const { stderr, code } = await one.sh(`zephr get -- ${id} > /dev/full`);
    expect(code).toBe(10);
    expect(stderr).toMatch(/the same command reads it again within \d\d seconds/);
    expect((await one.sh(`zephr get -- ${id}`)).stdout).toBe('hunter2\n');
    expect(kept(one)).toEqual([]);
  });

  it('goes to exactly one of two that take it at the same instant', async () => {
    const one = server.session();
    await one.sh('zephr request -q > link; echo hunter2 | zephr give -q "$(cat link)"');
    const id = (kept(one)[0] ?? '').slice(0, 22);
    const { stdout } = await one.sh(
      `zephr get -q -- ${id} > a 2> a.log & zephr get -q -- ${id} > b 2> b.log; echo $?; wait $!; echo $?; cat a b`,
    );
    expect(stdout).toMatch(/hunter2/);
    expect(stdout.match(/hunter2/g)).toHaveLength(1);
    expect(stdout).toMatch(/^(?:0\n[56]|[56]\n0)\n/);
  });

  it('is found on no other machine, which says what would do it', async () => {
    const one = server.session();
    await one.sh('zephr request -q > link');
    const id = (kept(one)[0] ?? '').slice(0, 22);
    const { stderr, code } = await server.session().sh(`zephr get -- ${id}`);
    expect(code).toBe(5);
    expect(stderr).toContain('by its collect link, which zephr request --no-record prints');
  });

  it.skipIf(!HAS_SCRIPT)(
    'is asked for on a terminal, below who asks for what, control characters visible',
    async () => {
      const one = server.session();
      const message = 'the password\u001b[2J\u202e for\nops';
      const link = (
        await one.sh('zephr request -q -m "$MESSAGE"', { env: { MESSAGE: message } })
      ).stdout.trim();
      one.env.NO_COLOR = '1';
      const { screen, code } = await type(one, `zephr give '${link}'`, [['Secret (hidden): ', 'hunter2\r']]);
      expect(code).toBe(0);
      expect(screen).toContain('Message: the password\\u{1b}[2J\\u{202e} for\r\n         ops\r\n');
      expect(screen.indexOf('Message:')).toBeLessThan(screen.indexOf('Secret (hidden)'));
      expect(screen).not.toContain('hunter2');
      expect((await one.sh(`zephr get -- ${(kept(one)[0] ?? '').slice(0, 22)}`)).stdout).toBe('hunter2');
    },
  );
});
