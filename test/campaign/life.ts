/** Lives one secret's life: creates it, lets its actors at it, and in the end reads whatever is left. */

import { createSecret } from '../../src/client/create/create.js';
import { newClaim, type Reading, readSecret } from '../../src/client/read.js';
import { revokeSecret, secretStatus } from '../../src/client/status.js';
import { formatProof, unlockKey } from '../../src/core/crypto/key-schedule.js';
import { ApiError, EncryptionError, NetworkError } from '../../src/core/errors.js';
import type { Link } from '../../src/core/link.js';
import { parseLink } from '../../src/core/links/reader.js';
import { HEADERS } from '../../src/core/protocol/requests.js';
import type { Actor, Plan } from './plan.js';
import type { Random } from './random.js';
import type { Receiver } from './receiver.js';
import type { Recorder } from './recorder.js';
import { ANY_SERVER, PATIENCE_MS, type Wire } from './wire.js';

/** Between two tries of somebody whose request was lost, in milliseconds. */
const PAUSE_MS = 300;

/** After a create that failed, in milliseconds. */
const CREATE_PAUSE_MS = 500;

/** Tries of a reader with a claim; each is up to three requests. */
const TRIES = 4;

/** What a life needs of the world. */
export interface World {
  readonly receivers: readonly Receiver[];
  /** Resolves after so many milliseconds; sooner when the campaign comes to its end. */
  rest(ms: number): Promise<void>;
  /** Whether it is too late for another try to find out what has become of a secret. */
  tooLate(): boolean;
}

/** One secret and those who want it. */
export class Life {
  readonly #plan: Plan;
  readonly #world: World;
  readonly #wire: Wire;
  readonly #recorder: Recorder;
  readonly #random: Random;
  readonly #secret: Uint8Array<ArrayBuffer>;

  constructor(plan: Plan, world: World, wire: Wire, recorder: Recorder, random: Random) {
    this.#plan = plan;
    this.#world = world;
    this.#wire = wire;
    this.#recorder = recorder;
    this.#random = random;
    this.#secret = new Uint8Array(random.bytes(plan.size));
  }

  /** Resolves when there is nothing left to do. Rejects if something happens that no server and no network excuses. */
  async live(): Promise<void> {
    const { conflict, actors, rest } = this.#plan;
    const idempotencyKey = crypto.randomUUID();
    const link = await this.#create(idempotencyKey);
    if (link !== null) {
      if (link.key.version === 2) this.#wire.proof = formatProof(await unlockKey(link.key));
      if (conflict) await this.#wire.createOther(idempotencyKey);
      await Promise.all(actors.map((actor) => this.#act(actor, link)));
      await this.#world.rest(rest);
      await this.#readTheRest(link);
    } else {
      // Nobody creates without end where nothing can be created.
      await this.#world.rest(CREATE_PAUSE_MS);
    }
    await this.#wire.settled();
  }

  async #create(idempotencyKey: string): Promise<Link | null> {
    const { name, terms, receiver, twins } = this.#plan;
    this.#wire.twins = twins;
    const callbackSecret = `signs ${name}`;
    const callbackUrl = this.#world.receivers[receiver]?.expect(this.#recorder, callbackSecret);
    const created = await unlessExcused(
      createSecret(this.#secret, {
        server: ANY_SERVER,
        hint: name,
        expiry: `${terms.minutes}m`,
        link: terms.version === 1 ? 'v1' : 'v2',
        idempotencyKey,
        fetch: this.#wire.fetch,
        timeout: PATIENCE_MS,
        ...(terms.version === 2 && { views: terms.views }),
        ...(terms.callback && callbackUrl !== undefined && { callbackUrl, callbackSecret }),
      }),
    );
    return created instanceof Error ? null : parseLink(created.fullLink);
  }

  async #act(actor: Actor, link: Link): Promise<void> {
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
      case 'revoke':
        await unlessExcused(revokeSecret(link, options));
        return;
      case 'ask':
        await unlessExcused(secretStatus(link, options));
    }
  }

  async #retrieve(link: Link, actor: Actor & { does: 'retrieve' }): Promise<void> {
    const claim = newClaim();
    const reading = await this.#read(link, claim);
    if (reading === null) return;
    for (const pause of actor.again) {
      await this.#world.rest(pause);
      await this.#ask(link, { [HEADERS.claim]: claim });
    }
    if (!actor.acknowledges) return;
    await unlessExcused(reading.acknowledge());
    if (actor.onceMore) await this.#ask(link, { [HEADERS.claim]: claim });
  }

  /** Reads until something is decided, as somebody does who runs `zephr get` again. `null` for a refusal. */
  async #read(link: Link, claim: string, tries = TRIES): Promise<Reading | null> {
    for (let left = tries; left > 0; left--) {
      const reading = await unlessExcused(
        readSecret(link, { claim, fetch: this.#wire.fetch, timeout: PATIENCE_MS }),
      );
      if (!(reading instanceof Error)) {
        if (!Buffer.from(reading.bytes).equals(this.#secret)) this.#spoilt('it opened to something else');
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
    return this.#wire.ask('GET', `/api/secrets/${link.id}`, { ...headers, ...proven });
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

/** Whether a refusal leaves nothing to hope for. */
function decides(error: Error): boolean {
  return error instanceof ApiError
    ? ![429, 503, 507].includes(error.statusCode)
    : !(error instanceof NetworkError);
}

/** The result, or the error if it is one that servers and networks bring about: the history holds those. */
async function unlessExcused<T>(work: Promise<T>): Promise<T | Error> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof ApiError || error instanceof NetworkError || error instanceof EncryptionError)
      return error;
    throw error;
  }
}
