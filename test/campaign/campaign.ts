/** A campaign: real servers, clients that want secrets from them, faults, and a checker that reads what happened. */

import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { check, type Violation } from './checker.js';
import type { Terms } from './history.js';
import { Life, type World } from './life.js';
import { drawKind, drawPlan, drawRequest, type Kind, type Mix } from './plan.js';
import { Random } from './random.js';
import { Recorder } from './recorder.js';
import { type Line, RequestLife } from './request-life.js';
import { checkRequest, type RequestHistory } from './request-rules.js';
import type { Scene } from './scene.js';
import { type Tempo, Trouble } from './trouble.js';
import { DELIVERED } from './webhook-rules.js';
import { Wire } from './wire.js';

/** Lives at the same time. */
const ABREAST = 96;

/** After the faults: until everybody has an answer, and then until one more event has arrived. Milliseconds. */
const ANSWERS_MS = 30_000;
const EVENTS_MS = 20_000;

/** Of a create that must succeed when all is over. */
const LAST_TRIES = 20;

/** Between two looks at whether all events have arrived, and by how much the clocks are put on for each. */
const LOOK_MS = 1_000;
const HOUR_MS = 60 * 60_000;

/** Beyond that a day has passed since secrets expired, and nobody has to know them any more. */
const MOST_HOURS = 15;

/** A campaign under way, and what came of it. */
export class Campaign {
  readonly histories: Recorder[] = [];
  /** Requests, whose own histories and those of their answers are among the others. */
  readonly requested: RequestHistory[] = [];
  readonly trouble: Trouble;
  violation: Violation | null = null;
  /** What went wrong with the campaign's servers or receivers, and belongs to no secret. */
  readonly wrong: string[] = [];
  readonly #scene: Scene;
  readonly #random: Random;
  readonly #mix: Mix;
  readonly #ids = new Map<string, Recorder>();
  /** Aborted when the time is up, or something was found. */
  readonly #ending = new AbortController();
  #requests = 0;
  #lives = 0;
  #lastCall = Number.POSITIVE_INFINITY;

  constructor(scene: Scene, seed: string, tempo: Tempo, mix: Mix) {
    this.#mix = mix;
    this.#scene = scene;
    setMaxListeners(0, this.#ending.signal);
    this.#random = new Random(seed);
    this.trouble = new Trouble(scene.faults, this.#random.part('faults'), tempo, (ms) => this.#rest(ms));
  }

  get requests(): number {
    return this.#requests;
  }

  /** Runs for so many milliseconds, and until each fault has struck; then ends everything and looks at it once more. */
  async run(ms: number, signal: AbortSignal): Promise<void> {
    const stop = () => this.#end();
    signal.addEventListener('abort', stop, { once: true });
    const timer = setTimeout(() => void this.trouble.allStruck.then(stop), ms);
    const stopping = () => this.#ending.signal.aborted;
    try {
      const faults = this.trouble.run(stopping).then(() => {
        this.#lastCall = this.#scene.stopwatch.now() + ANSWERS_MS;
      });
      await Promise.all([faults, ...Array.from({ length: ABREAST }, () => this.#live(stopping))]);
      if (this.violation === null && !signal.aborted) await this.#settle(signal);
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', stop);
    }
  }

  #end(): void {
    this.#ending.abort();
  }

  async #rest(ms: number): Promise<void> {
    const { signal } = this.#ending;
    // Towards the end nobody waits for long, but nobody runs in circles either.
    await sleep(signal.aborted ? Math.min(ms, 100) : ms, undefined, {
      signal: signal.aborted ? undefined : signal,
    }).catch(() => undefined);
  }

  /** Lives one life after the other. */
  async #live(stopping: () => boolean): Promise<void> {
    const { receivers, phone, relay, apiKey, stopwatch } = this.#scene;
    const world: World = {
      receivers,
      phone,
      relay,
      apiKey,
      rest: (ms) => this.#rest(ms),
      tooLate: () => this.violation !== null || stopwatch.now() > this.#lastCall,
    };
    while (!stopping()) {
      const number = this.#lives++;
      const random = this.#random.part(number);
      const kind = drawKind(this.#mix, random.part('kind'));
      if (kind === 'request') await this.#liveRequest(`r${number}`, random, world);
      else await this.#liveSecret(`s${number}`, kind, random, world);
    }
  }

  async #liveSecret(name: string, kind: Kind, random: Random, world: World): Promise<void> {
    const { clocks, stopwatch } = this.#scene;
    const plan = drawPlan(name, kind, random, world.receivers.length, clocks.right(stopwatch.now()));
    const { wire, recorder } = this.#line(plan, random);
    await new Life(plan, world, wire, recorder, random.part('life')).live();
    this.#examine(recorder, false);
  }

  async #liveRequest(name: string, random: Random, world: World): Promise<void> {
    const plan = drawRequest(name, random);
    const { minutes, most: views } = plan;
    const line = this.#line({ name, terms: { version: 2, views, minutes, callback: false } }, random);
    const answerers = plan.answers.map((answer) => this.#line(answer, random));
    const history = {
      request: line.recorder,
      answers: answerers.map(({ recorder }) => recorder),
    };
    this.requested.push(history);
    await new RequestLife(plan, world, line, answerers, random.part('life')).live();
    for (const { recorder } of [line, ...answerers]) this.#examine(recorder, false);
    this.#examineRequest(history);
  }

  /** The history of a secret, or of a request, which begins here, and what its requests are sent by. */
  #line({ name, terms }: { readonly name: string; readonly terms: Terms }, random: Random): Line {
    const recorder = new Recorder(name, terms, this.#scene.stopwatch);
    this.histories.push(recorder);
    const { servers } = this.#scene;
    const wire = new Wire(recorder, servers, random.part(`wire ${name}`), () => ++this.#requests);
    return { wire, recorder };
  }

  #examineRequest(history: RequestHistory): void {
    if (this.violation !== null) return;
    const found = checkRequest(history, this.#scene.clocks);
    if (found === null) return;
    this.violation = { ...found, history: history.request, others: history.answers };
    this.#end();
  }

  /** Keeps the first violation, and ends the campaign with it. */
  #examine(recorder: Recorder, ended: boolean): void {
    if (this.violation !== null) return;
    this.violation = check(recorder, this.#scene.clocks, ended) ?? this.#sameId(recorder);
    if (this.violation !== null) this.#end();
  }

  #sameId(recorder: Recorder): Violation | null {
    for (const event of recorder.events) {
      const id = event.what === 'answered' ? event.answer.id : undefined;
      if (id === undefined) continue;
      const other = this.#ids.get(id) ?? recorder;
      if (other !== recorder)
        return { rule: 'an id names one secret', why: `so does ${other.name}`, history: recorder };
      this.#ids.set(id, recorder);
    }
    return null;
  }

  /** Lets everything come to its end: all servers are well, all secrets expire, all events are delivered. */
  async #settle(signal: AbortSignal): Promise<void> {
    const { servers, receivers, stopwatch, clocks } = this.#scene;
    let hours = 2;
    await this.#scene.setClocks(hours * HOUR_MS);
    await Promise.all(
      servers.map(async (server) => {
        // A server cleans up when it starts, and now and then.
        await server.end('SIGTERM');
        await server.start();
      }),
    );
    let late = stopwatch.now() + EVENTS_MS;
    let open: readonly Recorder[] = this.histories;
    while (!signal.aborted) {
      await sleep(LOOK_MS);
      const found = open.map((recorder) => ({ recorder, rule: check(recorder, clocks, true)?.rule ?? null }));
      const still = found.filter(({ rule }) => rule !== null);
      if (still.length < open.length) late = stopwatch.now() + EVENTS_MS;
      open = still.map(({ recorder }) => recorder);
      // No wait mends the others.
      if (still.every(({ rule }) => rule !== DELIVERED) || stopwatch.now() > late) break;
      hours = Math.min(hours + 1, MOST_HOURS);
      await this.#scene.setClocks(hours * HOUR_MS);
    }
    if (signal.aborted) return;
    for (const server of servers) {
      // A disk that was full has room again, by now for creates too.
      const answer = await createAtLast(server.proxy.port);
      if (answer !== 201) this.wrong.push(`in the end server ${server.name} answers a create with ${answer}`);
    }
    for (const recorder of this.histories) this.#examine(recorder, true);
    for (const history of this.requested) this.#examineRequest(history);
    this.wrong.push(
      ...servers.flatMap(({ collapses }) => collapses),
      ...receivers.flatMap(({ strays }) => strays),
    );
  }
}

/** The status of a create that nothing disturbs, once it is 201 or many tries were in vain; or why there is none. */
async function createAtLast(port: number): Promise<unknown> {
  let answer: unknown = null;
  for (let tries = 0; tries < LAST_TRIES && answer !== 201; tries++) {
    if (tries > 0) await sleep(LOOK_MS);
    answer = await fetch(`http://127.0.0.1:${port}/api/secrets`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ encrypted_blob: 'AAAA', expiry: 1, split_url_mode: false }),
      signal: AbortSignal.timeout(ANSWERS_MS),
    }).then(
      async (reply) => {
        await reply.arrayBuffer();
        return reply.status;
      },
      (error: unknown) => String(error),
    );
  }
  return answer;
}
