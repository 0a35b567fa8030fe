/** Lives one secret's life: creates it, lets its actors at it, and in the end reads whatever is left. */

import {
  createResumably,
  createSecret,
  type SecretLink,
  type StandardLink,
} from '../../src/client/create/create.js';
import type { CreateSecretOptions } from '../../src/client/create/options.js';
import type { Attachment } from '../../src/client/files/content.js';
import { type OpenedSecret, openSecret } from '../../src/client/open-secret.js';
import { newClaim, requestCode } from '../../src/client/read.js';
import { revokeSecret, secretStatus } from '../../src/client/status.js';
import { formatProof, unlockKey } from '../../src/core/crypto/key-schedule.js';
import { ApiError, EncryptionError, NetworkError } from '../../src/core/errors.js';
import type { Link } from '../../src/core/link.js';
import { parseLink } from '../../src/core/links/reader.js';
import { HEADERS } from '../../src/core/protocol/requests.js';
import { CommandRuns } from './command-runs.js';
import { MemoryJournal } from './memory-journal.js';
import type { Phone } from './phone.js';
import type { Actor, Plan } from './plan.js';
import type { Random } from './random.js';
import type { Receiver } from './receiver.js';
import type { Recorder } from './recorder.js';
import type { Relay } from './relay.js';
import { ANY_SERVER, HOME, PATIENCE_MS, type Wire } from './wire.js';

/** Between two tries of somebody whose request was lost, in milliseconds. */
const PAUSE_MS = 300;

/** After a create that failed, in milliseconds. */
const CREATE_PAUSE_MS = 500;

/** Tries of a reader with a claim; each is up to three requests. */
export const TRIES = 4;

/** What a life needs of the world. */
export interface World {
  readonly receivers: readonly Receiver[];
  readonly phone: Phone;
  readonly relay: Relay;
  /** Of somebody who may have codes sent. */
  readonly apiKey: string;
  /** Resolves after so many milliseconds; sooner when the campaign comes to its end. */
  rest(ms: number): Promise<void>;
  /** Whether it is too late for another try to find out what has become of a secret. */
  tooLate(): boolean;
}

/** How long somebody waits for a code that was sent, in milliseconds, and how often they look. */
const CODE_WAIT_MS = 2_000;
const LOOK_MS = 50;

/** One secret and those who want it. */
export class Life {
  readonly #plan: Plan;
  readonly #world: World;
  readonly #wire: Wire;
  readonly #recorder: Recorder;
  readonly #random: Random;
  readonly #secret: Uint8Array<ArrayBuffer>;
  readonly #files: readonly Uint8Array<ArrayBuffer>[];

  constructor(plan: Plan, world: World, wire: Wire, recorder: Recorder, random: Random) {
    this.#plan = plan;
    this.#world = world;
    this.#wire = wire;
    this.#recorder = recorder;
    this.#random = random;
    this.#secret = new Uint8Array(random.bytes(plan.size));
    this.#files = plan.files.map((size) => filling(random, size));
  }

  /**
   * Resolves when there is nothing left to do. Rejects if something happens that no server and no network excuses.
   * @param make makes the secret, and gives its link or `null`. Default: creates it.
   */
  async live(make?: (secret: Uint8Array) => Promise<Link | null>): Promise<void> {
    const { conflict, actors, rest } = this.#plan;
    const link = await (make === undefined ? this.#create() : make(this.#secret));
    if (link !== null) {
      if (link.key.version === 2) this.#wire.proof = formatProof(await unlockKey(link.key));
      if (conflict) await this.#wire.createOther();
      await Promise.all(actors.map((actor, index) => this.#act(actor, link, index)));
      await this.#world.rest(rest);
      await this.#readTheRest(link);
    } else {
      // Nobody creates without end where nothing can be created.
      await this.#world.rest(CREATE_PAUSE_MS);
    }
    await this.#wire.settled();
  }

  async #create(): Promise<Link | null> {
    const { name, terms, receiver, twins } = this.#plan;
    this.#wire.twins = twins;
    const callbackSecret = `signs ${name}`;
    const callbackUrl = this.#world.receivers[receiver]?.expect(this.#recorder, callbackSecret);
    const created = await unlessExcused(
      this.#post({
        server: ANY_SERVER,
        hint: name,
        expiry: `${terms.minutes}m`,
        link: terms.version === 1 ? 'v1' : 'v2',
        fetch: this.#wire.fetch,
        timeout: PATIENCE_MS,
        ...(terms.version === 2 && { views: terms.views }),
        ...(terms.callback && callbackUrl !== undefined && { callbackUrl, callbackSecret }),
        ...this.#gates(),
      }),
    );
    return created instanceof Error ? null : parseLink(created.fullLink);
  }

  #gates(): Pick<CreateSecretOptions, 'gates' | 'apiKey'> {
    const { gate } = this.#plan.terms;
    if (gate === undefined) return {};
    if (gate.is === 'address') return { gates: { addresses: [HOME] } };
    if (gate.is === 'time') return { gates: { notBefore: new Date(gate.notBefore).toISOString() } };
    const phone = this.#world.phone.number((code) => this.#wire.codes.push(code));
    return { gates: { code: { phone } }, apiKey: this.#world.apiKey };
  }

  /** Creates it; with files, perhaps by several processes one after the other. */
  async #post(options: CreateSecretOptions & { split?: false }) {
    if (this.#plan.files.length === 0) return createSecret(this.#secret, options);
    const attachments: readonly Attachment[] = this.#files.map((content, index) => ({
      name: `file ${index}`,
      content,
    }));
    const journal = new MemoryJournal();
    for (const after of this.#plan.brokenOff) {
      const killed = AbortSignal.any([AbortSignal.timeout(after)]);
      try {
        return standard(
          await createResumably(this.#secret, { ...options, attachments, signal: killed }, journal.process()),
        );
      } catch (error) {
        if (error !== killed.reason) throw error;
      }
    }
    return standard(await createResumably(this.#secret, { ...options, attachments }, journal.process()));
  }

  async #act(actor: Actor, link: Link, index: number): Promise<void> {
    const options = { fetch: this.#wire.fetch, timeout: PATIENCE_MS };
    await this.#world.rest(actor.after);
    switch (actor.does) {
      case 'retrieve':
        return this.#retrieve(link, actor);
      case 'take':
        await this.#ask(link, {});
        return;
      case 'guess':
        for (let times = 0; times < actor.times; times++) await this.#guess(link, actor.proof);
        return;
      case 'code':
        return this.#useCode(link, actor.wrong);
      case 'run':
        return this.#run(link, actor, index);
      case 'revoke':
        await unlessExcused(revokeSecret(link, options));
        return;
      case 'ask':
        await unlessExcused(secretStatus(link, options));
    }
  }

  /** Runs the command, killed and again, until it ends by itself with something decided. */
  async #run(link: Link, { killed }: Actor & { does: 'run' }, index: number): Promise<void> {
    const runs = new CommandRuns(
      `${this.#plan.name}.${index}`,
      this.#world.relay,
      this.#wire,
      this.#recorder,
      this.#secret,
    );
    try {
      for (const moment of [...killed, null]) await runs.run(link, moment);
      // Whoever has nothing tries once more, unless there is nothing to hope for.
      const last = runs.last;
      if (last !== null && last.got !== 'all' && last.code !== GONE) await runs.run(link, null);
    } finally {
      runs.close();
    }
  }

  /** Has a code sent, and shows it once it has come, after others. */
  async #useCode(link: Link, wrong: number): Promise<void> {
    const { gate } = this.#plan.terms;
    if (gate?.is !== 'code') return;
    await unlessExcused(requestCode(link, { fetch: this.#wire.fetch, timeout: PATIENCE_MS }));
    for (let waited = 0; this.#wire.codes.length === 0 && waited < CODE_WAIT_MS; waited += LOOK_MS) {
      await this.#world.rest(LOOK_MS);
    }
    const code = this.#wire.codes.at(-1);
    if (code === undefined) return;
    const claim = newClaim();
    for (let tries = 1; tries <= wrong; tries++) {
      const other = String((Number(code) + tries) % 1_000_000).padStart(6, '0');
      await this.#ask(link, { [HEADERS.claim]: newClaim(), [HEADERS.code]: other });
    }
    await this.#ask(link, { [HEADERS.claim]: claim, [HEADERS.code]: code });
    // A claim that has its view is not asked for a code again.
    await this.#ask(link, { [HEADERS.claim]: claim });
  }

  async #retrieve(link: Link, actor: Actor & { does: 'retrieve' }): Promise<void> {
    const claim = newClaim();
    const reading = await this.#read(link, claim, actor.from);
    if (reading === null) return;
    for (const pause of actor.again) {
      await this.#world.rest(pause);
      await this.#ask(link, { [HEADERS.claim]: claim });
    }
    // Who was killed on the way reads it again from its start, under the same claim.
    const whole = await this.#readFiles(reading);
    if (!actor.acknowledges || !whole) return;
    await unlessExcused(reading.acknowledge());
    if (!actor.onceMore) return;
    await this.#ask(link, { [HEADERS.claim]: claim });
    await this.#readFiles(reading);
  }

  /** Whether all files came, as they were sent. */
  async #readFiles(reading: OpenedSecret): Promise<boolean> {
    const all = Buffer.concat(this.#files);
    if (reading.totalBytes !== all.length) this.#spoilt('its files have another length');
    const came = await unlessExcused(
      (async () => {
        const pieces: Uint8Array[] = [];
        for await (const { bytes } of reading.parts()) pieces.push(bytes);
        return Buffer.concat(pieces);
      })(),
    );
    if (came instanceof EncryptionError) this.#spoilt(came.message);
    if (came instanceof Error) return false;
    if (!came.equals(all)) this.#spoilt('its files opened to something else');
    return true;
  }

  /** Reads until something is decided, as somebody does who runs `zephr get` again. `null` for a refusal. */
  async #read(link: Link, claim: string, from: 'home' | 'elsewhere'): Promise<OpenedSecret | null> {
    const fetch = from === 'home' ? this.#wire.fetch : this.#wire.fetchElsewhere;
    for (let left = TRIES; left > 0; left--) {
      const reading = await unlessExcused(openSecret(link, { claim, fetch, timeout: PATIENCE_MS }));
      if (!(reading instanceof Error)) {
        if (!Buffer.from(reading.note).equals(this.#secret)) this.#spoilt('it opened to something else');
        return reading;
      }
      if (reading instanceof EncryptionError) this.#spoilt(reading.message);
      if (decides(reading)) return null;
      await this.#world.rest(PAUSE_MS);
    }
    return null;
  }

  /** One request to read, with the right key and these headers. */
  #ask(link: Link, headers: Record<string, string>): Promise<number | null> {
    const { proof } = this.#wire;
    const proven = proof === null ? {} : { [HEADERS.proof]: proof };
    const chunks = this.#files.length === 0 ? {} : { [HEADERS.chunks]: '1' };
    return this.#wire.ask('GET', `/api/secrets/${link.id}`, { ...headers, ...proven, ...chunks });
  }

  async #guess(link: Link, proof: 'wrong' | 'none'): Promise<void> {
    const shown = proof === 'none' ? {} : { [HEADERS.proof]: this.#random.bytes(32).toString('base64url') };
    const claimed = this.#random.chance(0.5) ? { [HEADERS.claim]: newClaim() } : {};
    await this.#wire.ask('GET', `/api/secrets/${link.id}`, { ...shown, ...claimed });
  }

  /** Reads with one claim after the other until none is left, and then once more, for all to see. */
  async #readTheRest(link: Link): Promise<void> {
    for (let readers = 0; readers <= this.#plan.terms.views; readers++) {
      const claim = newClaim();
      let status: number | null;
      for (;;) {
        status = await this.#ask(link, { [HEADERS.claim]: claim });
        if ((status !== null && status !== 503 && status !== 429) || this.#world.tooLate()) break;
        await this.#world.rest(PAUSE_MS);
      }
      if (status !== 200) return;
    }
  }

  #spoilt(why: string): void {
    this.#recorder.spoilt('secret', why);
  }
}

/** Exit code of the command for what is gone (cli/CLI.md). */
const GONE = 6;

/** Bytes that are drawn, as many times over as it takes. */
function filling(random: Random, size: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.alloc(size, random.bytes(251)));
}

/** A link that is in one piece, as all are here. */
function standard(link: SecretLink): StandardLink {
  if (link.mode !== 'standard') throw new Error('a link in two pieces, which nobody asked for');
  return link;
}

/** Whether a refusal leaves nothing to hope for. */
export function decides(error: Error): boolean {
  return error instanceof ApiError
    ? ![429, 503, 507].includes(error.statusCode)
    : !(error instanceof NetworkError);
}

/** The result, or the error if it is one that servers and networks bring about: the history holds those. */
export async function unlessExcused<T>(work: Promise<T>): Promise<T | Error> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof ApiError || error instanceof NetworkError || error instanceof EncryptionError)
      return error;
    throw error;
  }
}
