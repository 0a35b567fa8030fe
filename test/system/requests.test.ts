/**
 * Asking and answering between real processes: over one server on SQLite and two on PostgreSQL, of which some are killed
 * and started again meanwhile.
 */

import { spawn, spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, watch, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openSecret } from '../../src/client/open-secret.js';
import { answerRequest } from '../../src/client/requests/answer-request.js';
import { collectAnswers } from '../../src/client/requests/collect-answers.js';
import { createRequest } from '../../src/client/requests/create-request.js';
import { retrieveSecret } from '../../src/client/retrieve.js';
import type { Fetch } from '../../src/client/transport/fetch.js';
import { ApiError } from '../../src/core/errors.js';
import { type ServerProcess, startServerProcess } from '../support/server.js';
import { openSession, ZEPHR } from '../support/session.js';
import { ENGINES, type Engine, newStore, withoutEngine } from '../support/stores.js';

/** How often a request is sent again that got no answer, or none that decides; and the pause before that. */
const TRIES = 400;
const PAUSE_MS = 25;

const LONG = { timeout: 240_000 };

/** The servers of a test: one over SQLite, two over PostgreSQL. */
class Servers {
  readonly #store: string;
  readonly #processes: ServerProcess[];
  #turn = 0;
  #restart: Promise<void> = Promise.resolve();
  /** After how many requests more the first server is killed. */
  #fuse = Number.POSITIVE_INFINITY;
  kills = 0;

  static async start(engine: Engine): Promise<Servers> {
    const store = await newStore(engine);
    const count = engine === 'SQLite' ? 1 : 2;
    const processes: ServerProcess[] = [];
    for (let started = 0; started < count; started += 1) processes.push(await startServerProcess({ store }));
    const servers = new Servers(store, processes);
    onTestFinished(() => servers.stop());
    return servers;
  }

  private constructor(store: string, processes: ServerProcess[]) {
    this.#store = store;
    this.#processes = processes;
  }

  /** The first one, and the last, which is another where there are two. */
  get urls(): readonly [first: string, last: string] {
    return [this.#processes[0]!.url, this.#processes.at(-1)!.url];
  }

  /** Kills the first server after so many requests more, and starts it again. */
  killAfter(requests: number): void {
    this.#fuse = requests;
  }

  /** A fetch over all of them in turn, which asks again where none answers. */
  readonly fetch: Fetch = async (url, init) => {
    for (let tries = 1; ; tries += 1) {
      this.#fuse -= 1;
      if (this.#fuse === 0) this.#restart = this.#killAndStart();
      const { url: server } = this.#processes[this.#turn++ % this.#processes.length]!;
      const { pathname, search } = new URL(url);
      try {
        const reply = await fetch(`${server}${pathname}${search}`, init);
        if (reply.status !== 503) return reply;
      } catch (error) {
        if (tries === TRIES || init.signal.aborted) throw error;
      }
      if (tries === TRIES) throw new Error('the servers never recovered');
      await sleep(PAUSE_MS);
    }
  };

  async stop(): Promise<void> {
    await this.#restart;
    await Promise.all(this.#processes.map((process) => process.stop('SIGKILL')));
  }

  /** Waits until a server that was killed is there again. */
  async settle(): Promise<void> {
    await this.#restart;
  }

  async #killAndStart(): Promise<void> {
    this.kills += 1;
    const [first] = this.#processes;
    await first?.stop('SIGKILL');
    const port = Number(new URL(first?.url ?? '').port);
    this.#processes[0] = await startServerProcess({ store: this.#store, port });
  }
}

describe.each(ENGINES)('over %s', (engine) => {
  const skipped = withoutEngine(engine);

  it.skipIf(skipped)(
    `of 40 answers at once a request for 5 gets 5, and each is read once, while a server is killed${skipped}`,
    LONG,
    async () => {
      const servers = await Servers.start(engine);
      const options = { fetch: servers.fetch, timeout: 60_000 };
      const request = await createRequest({ ...options, server: servers.urls[0], answers: 5 });
      // Each of the 40 looks at the request, and then answers.
      servers.killAfter(45);
      const texts = Array.from({ length: 40 }, (_, number) => `secret ${number}`);
      const given = await Promise.allSettled(
        texts.map((text) => answerRequest(request.requestLink, text, options)),
      );
      await servers.settle();
      expect(servers.kills).toBe(1);
      const taken = texts.filter((_, number) => given[number]?.status === 'fulfilled');
      expect(taken).toHaveLength(5);
      for (const outcome of given) {
        if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ code: 'REQUEST_ANSWERED' });
      }

      const { answers, state } = await collectAnswers(request.collectLink, options);
      expect([state, answers.length]).toEqual(['answered', 5]);
      servers.killAfter(20);
      const readers = answers.flatMap((answer) => Array.from({ length: 8 }, () => answer));
      const read = await Promise.allSettled(
        readers.map(async (answer) => (await retrieveSecret(answer.link(), options)).plaintext),
      );
      await servers.settle();
      expect(servers.kills).toBe(2);
      const arrived = read.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
      expect(arrived.toSorted()).toEqual(taken.toSorted());
      for (const one of read) {
        if (one.status === 'rejected') expect(one.reason).toMatchObject({ statusCode: 410 });
      }
    },
  );

  it.skipIf(skipped)(
    `who waits at one server gets the files that are given at another, SDK to SDK${skipped}`,
    LONG,
    async () => {
      const servers = await Servers.start(engine);
      const [first, last] = servers.urls;
      const request = await createRequest({ server: first });
      const waiting = collectAnswers(request.collectLink, { wait: 25_000 });
      const content = randomBytes(3_000_000);
      await answerRequest(request.requestLink.replace(first, last), 'note', {
        attachments: [{ name: 'backup.tgz', content }],
      });
      const { answers } = await waiting;
      expect(answers).toHaveLength(1);
      const secret = await openSecret(answers[0]!.link());
      const hash = createHash('sha256');
      for await (const { bytes } of secret.parts()) hash.update(bytes);
      await secret.acknowledge();
      expect(hash.digest('hex')).toBe(createHash('sha256').update(content).digest('hex'));
      await expect(openSecret({ ...answers[0]!.link(), server: last })).rejects.toBeInstanceOf(ApiError);
    },
  );

  it.skipIf(skipped)(
    `a command that waits at one server gets what another gives, text and files, in a script${skipped}`,
    LONG,
    async () => {
      const servers = await Servers.start(engine);
      const [first, last] = servers.urls;
      const asker = openSession({ ZEPHR_SERVER: first });
      const giver = openSession();
      writeFileSync(
        join(asker.folder, 'deploy'),
        `set -eu
         DB_PASSWORD=$(zephr request --wait -m 'the database password' 2> link)
         printf 'deploying with %s\n' "$DB_PASSWORD"`,
      );
      const linkIn = async (name: string) => {
        const path = join(asker.folder, name);
        await expect
          .poll(() => (readdirSync(asker.folder).includes(name) ? readFileSync(path, 'utf8') : ''), {
            timeout: 60_000,
          })
          .toMatch(/#r1\.[\w-]{43}\n/);
        const [link = ''] = readFileSync(path, 'utf8').match(/\S+#r1\.[\w-]{43}/) ?? [];
        return link.replace(first, last);
      };
      const deploying = asker.sh('sh deploy');
      const given = await giver.sh(`printf 'correct horse' | zephr give '${await linkIn('link')}'`);
      expect(given.stderr).toContain('Message: the database password');
      expect(await deploying).toMatchObject({ code: 0, stdout: 'deploying with correct horse\n' });

      const content = randomBytes(2_200_000);
      writeFileSync(join(giver.folder, 'disk.img'), content);
      const receiving = asker.sh('mkdir in; zephr request -q --wait -o in 2> link2');
      expect((await giver.sh(`zephr give -q '${await linkIn('link2')}' -a disk.img`)).code).toBe(0);
      expect((await receiving).code).toBe(0);
      expect(readFileSync(join(asker.folder, 'in/disk.img')).equals(content)).toBe(true);
    },
  );

  it.skipIf(skipped)(
    `without the proof nothing is said, whatever has become of the request${skipped}`,
    LONG,
    async () => {
      const servers = await Servers.start(engine);
      const [server] = servers.urls;
      const ids = [];
      for (const wanted of ['open', 'answered']) {
        const { requestId, requestLink } = await createRequest({ server });
        if (wanted === 'answered') await answerRequest(requestLink, 'hunter2');
        ids.push(requestId);
      }
      const said = new Set<string>();
      const json = { 'Content-Type': 'application/json', 'Idempotency-Key': 'key' };
      for (const id of ids) {
        for (const shown of [undefined, Buffer.alloc(32, 1).toString('base64url')]) {
          const proof = shown === undefined ? {} : { 'Zephr-Proof': shown, 'Zephr-Receipt': shown };
          const calls: [string, string, string?][] = [
            ['GET', `requests/${id}`],
            ['GET', `requests/${id}/answers`],
            ['POST', `requests/${id}/answers`, '{}'],
            ['DELETE', `requests/${id}`],
            ['POST', 'uploads', JSON.stringify({ request: id })],
          ];
          for (const [method, path, body] of calls) {
            const reply = await fetch(`${server}/api/${path}`, {
              method,
              headers: { ...json, ...proof },
              ...(body === undefined ? {} : { body }),
            });
            const { error } = (await reply.json()) as { error: { code: string } };
            said.add(`${shown === undefined ? 'missing' : 'wrong'}: ${reply.status} ${error.code}`);
          }
        }
      }
      expect([...said].sort()).toEqual(['missing: 403 PROOF_REQUIRED', 'wrong: 403 WRONG_KEY']);
    },
  );
});

describe('zephr request', () => {
  const shells = ['bash', 'dash', 'zsh'].map((shell) => {
    const isThere = spawnSync(shell, ['-c', ':']).status === 0;
    return { shell, without: isThere ? '' : ` (skipped: there is no ${shell})` };
  });

  for (const { shell, without } of shells) {
    it.skipIf(without !== '')(
      `gives a script of ${shell} what somebody answers${without}`,
      LONG,
      async () => {
        const server = await startServerProcess();
        onTestFinished(() => server.stop().then(() => undefined));
        const one = openSession({ ZEPHR_SERVER: server.url });
        writeFileSync(
          join(one.folder, 'script'),
          `DB_PASSWORD=$(zephr request --wait -m 'the database password' 2> link) || exit
         printf '<%s>' "$DB_PASSWORD"`,
        );
        const { code, stdout } = await one.sh(
          `${shell} script & until grep -qs '#r1' link; do sleep 0.05; done
         printf ' two words\n$HOME \\ "é" \n' | zephr give -q "$(grep '#r1' link)"; wait $!`,
        );
        // The shell itself drops line ends from the end.
        expect([code, stdout]).toEqual([0, '< two words\n$HOME \\ "é" >']);
      },
    );
  }

  it('that is killed when its file is there has given out no link without one', LONG, async () => {
    const server = await startServerProcess();
    onTestFinished(() => server.stop().then(() => undefined));
    const one = openSession({ ZEPHR_SERVER: server.url });
    const folder = join(one.folder, '.local/state/zephr/requests');
    mkdirSync(folder, { recursive: true });
    const files = () => readdirSync(folder).filter((name) => /^[\w-]{22}\.json$/.test(name));
    let printed = 0;
    for (let round = 0; round < 12; round += 1) {
      const before = files().length;
      const child = spawn(process.execPath, [ZEPHR, 'request', '-q'], { cwd: one.folder, env: one.env });
      const watcher = watch(folder, () => {
        // Half of them as soon as the file is there, the others a little later.
        if (files().length > before) setTimeout(() => child.kill('SIGKILL'), round % 2 === 0 ? 0 : round);
      });
      const [stdout] = await Promise.all([text(child.stdout), once(child, 'close')]);
      watcher.close();
      expect(files()).toHaveLength(before + 1);
      const [, id] = /request\/([\w-]{22})#r1\./.exec(stdout) ?? [];
      if (id === undefined) continue;
      printed += 1;
      expect(files()).toContain(`${id}.json`);
      expect(
        (await one.sh(`echo hunter2 | zephr give -q '${stdout.trim()}'; zephr get -q -- ${id}`)).stdout,
      ).toBe('hunter2\n');
    }
    console.log(`${printed} of 12 had printed their link when they were killed`);
  });
});
