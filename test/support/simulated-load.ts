/** Mixed load on a server in simulated time, and a model of the rules that says what each answer must be. */

import { createHash, randomBytes } from 'node:crypto';
import { LEASE_MS } from '../../src/core/protocol/limits.js';
import { fetchFrom } from '../../src/server/fetch.js';
import type { App } from '../../src/server/http/messages.js';

const MINUTE = 60_000;
const PROOF = Buffer.alloc(32, 7);
const WRONG_PROOF = Buffer.alloc(32, 8);
const HEADERS = { proof: PROOF.toString('base64url'), wrong: WRONG_PROOF.toString('base64url') };
const PROOF_HASH = createHash('sha256').update(PROOF).digest('base64url');

/** Where webhooks go. */
export const RECEIVERS = ['https://one.example/hook', 'https://other.example/hook'] as const;

/** A secret as the model knows it. */
interface Modelled {
  readonly id: string;
  readonly blob: string;
  readonly version: 1 | 2;
  readonly callback: boolean;
  readonly expiresAt: number;
  viewsLeft: number;
  wasRead: boolean;
  revoked: boolean;
  /** Until when each claim reads again; 0 once that is over. */
  readonly leases: Map<string, number>;
}

type State = 'waiting' | 'read' | 'revoked' | 'expired';

/** Asks one thing of a secret. @returns what was answered that should not have been, or nothing. */
type Act = (secret: Modelled) => Promise<string | undefined>;

/** Clients of one app, which keep count of what must have become of everything. */
export class SimulatedLoad {
  readonly #app: App;
  readonly #clock: { now: number };
  readonly #random: () => number;
  #secrets: Modelled[] = [];
  /** Requests sent so far, and those that a quota refused. */
  readonly sent = { all: 0, limited: 0 };
  /** What was answered that should not have been. */
  readonly wrong: string[] = [];

  /** @param random gives numbers from 0 to 1. */
  constructor(app: App, clock: { now: number }, random: () => number) {
    this.#app = app;
    this.#clock = clock;
    this.#random = random;
  }

  /** So many requests at the same time, each about another secret. */
  async burst(count: number): Promise<void> {
    const chosen = new Set(Array.from({ length: count }, () => this.#pick(this.#secrets)));
    const acts = [...chosen].flatMap((secret) => (secret === undefined ? [] : [this.#about(secret)]));
    const creates = Array.from({ length: Math.ceil(count / 3) }, () => this.#create());
    const answers = await Promise.all([...acts, ...creates]);
    this.wrong.push(...answers.filter((answer) => answer !== undefined));
  }

  /** How many secrets were made and not forgotten by {@link forget}. */
  get records(): number {
    return this.#secrets.length;
  }

  /** How many ciphertexts somebody can still come for. */
  get needed(): number {
    const { now } = this.#clock;
    const isNeeded = (secret: Modelled) =>
      this.#state(secret) === 'waiting' || [...secret.leases.values()].some((end) => end > now);
    return this.#secrets.filter(isNeeded).length;
  }

  /** How many events there are to tell of, once all that expired was purged. */
  get events(): number {
    return this.#secrets
      .filter(({ callback }) => callback)
      .reduce((sum, { wasRead, revoked }) => sum + (wasRead && revoked ? 2 : 1), 0);
  }

  /** Forgets all secrets, as the server does a day after their expiry. */
  forget(): void {
    this.#secrets = [];
  }

  async #create(): Promise<string | undefined> {
    const version = this.#random() < 0.7 ? 2 : 1;
    const views = version === 2 ? this.#whole(1, 3) : 1;
    const minutes = this.#whole(1, 60);
    const bytes = this.#random() < 0.05 ? this.#whole(10_000, 40_000) : this.#whole(100, 600);
    const blob = randomBytes(bytes).toString('base64url');
    const callback = this.#random() < 0.3 && this.#pick(RECEIVERS);
    const body = JSON.stringify({
      encrypted_blob: blob,
      expiry: minutes,
      split_url_mode: false,
      ...(callback && { callback_url: callback, callback_secret: 'shh' }),
      ...(version === 2 && { version, views, proof_hash: PROOF_HASH }),
    });
    const headers = { 'content-type': 'application/json', 'idempotency-key': randomBytes(8).toString('hex') };
    const address = `192.0.2.${this.#whole(0, 9)}`;
    const create = () => this.#ask('POST', '/api/secrets', headers, body, address);
    const { status, reply } = await create();
    if (status === 429) {
      this.sent.limited += 1;
      return undefined;
    }
    if (status !== 201) return `a create got ${status}`;
    const id = String(reply.id);
    const expiresAt = this.#clock.now + minutes * MINUTE;
    if (reply.expires_at !== new Date(expiresAt).toISOString()) return 'a create got another expiry';
    const kept = { id, blob, version, callback: callback !== false, expiresAt, viewsLeft: views } as const;
    this.#secrets.push({ ...kept, wasRead: false, revoked: false, leases: new Map() });
    if (this.#random() > 0.1) return undefined;
    const again = await create();
    return again.reply.id === id ? undefined : `a repeated create got ${again.status} and another id`;
  }

  #about(secret: Modelled): Promise<string | undefined> {
    const acts: readonly Act[] = [
      (one) => this.#read(one, null),
      (one) => this.#read(one, randomBytes(16).toString('base64url')),
      (one) => this.#read(one, this.#pick([...one.leases.keys()]) ?? null),
      (one) => this.#acknowledge(one),
      ...(secret.version === 1 ? [] : this.#withProof),
    ];
    return this.#pick(acts)?.(secret) ?? Promise.resolve(undefined);
  }

  readonly #withProof: readonly Act[] = [
    async (secret) => {
      const { id, viewsLeft } = secret;
      const { status, reply } = await this.#ask('GET', `/api/secrets/${id}/status`, {
        'zephr-proof': HEADERS.proof,
      });
      const told = `${status} ${reply.state} ${reply.views_left}`;
      const expected = `200 ${this.#state(secret)} ${viewsLeft}`;
      return told === expected ? undefined : `a status was '${told}' and not '${expected}'`;
    },
    async ({ id }) => {
      const { status } = await this.#ask('GET', `/api/secrets/${id}`, { 'zephr-proof': HEADERS.wrong });
      return status === 403 ? undefined : `a wrong proof got ${status}`;
    },
    async (secret) => {
      const state = this.#state(secret);
      const { status } = await this.#ask('DELETE', `/api/secrets/${secret.id}`, {
        'zephr-proof': HEADERS.proof,
      });
      for (const claim of secret.leases.keys()) secret.leases.set(claim, 0);
      if (state === 'waiting') secret.revoked = true;
      const expected = state === 'waiting' || state === 'revoked' ? 204 : 410;
      return status === expected ? undefined : `a revocation of what was ${state} got ${status}`;
    },
  ];

  async #read(secret: Modelled, claim: string | null): Promise<string | undefined> {
    const { now } = this.#clock;
    const { id, blob, version, leases } = secret;
    const end = claim === null ? undefined : leases.get(claim);
    const given = end === undefined ? this.#state(secret) === 'waiting' : end > now;
    if (given && end === undefined) {
      secret.viewsLeft -= 1;
      secret.wasRead = true;
      if (claim !== null) leases.set(claim, now + LEASE_MS);
    }
    const { status, reply } = await this.#ask('GET', `/api/secrets/${id}`, {
      ...(version === 2 && { 'zephr-proof': HEADERS.proof }),
      ...(claim !== null && { 'zephr-claim': claim }),
    });
    if (status !== (given ? 200 : 410)) return `a read got ${status} and ${given ? 'not ' : ''}410`;
    return given && reply.encrypted_blob !== blob ? "a read got another secret's bytes" : undefined;
  }

  async #acknowledge({ id, leases }: Modelled): Promise<string | undefined> {
    const claim = this.#pick([...leases.keys()]);
    if (claim === undefined) return undefined;
    leases.set(claim, 0);
    const { status } = await this.#ask('DELETE', `/api/secrets/${id}`, { 'zephr-claim': claim });
    return status === 204 ? undefined : `an acknowledgement got ${status}`;
  }

  #state({ viewsLeft, revoked, expiresAt }: Pick<Modelled, 'viewsLeft' | 'revoked' | 'expiresAt'>): State {
    if (revoked) return 'revoked';
    if (viewsLeft === 0) return 'read';
    return expiresAt <= this.#clock.now ? 'expired' : 'waiting';
  }

  async #ask(
    method: string,
    path: string,
    headers: Record<string, string>,
    body?: string,
    address = `2001:db8:${this.#whole(0, 9999)}:${this.#whole(0, 9999)}::1`,
  ): Promise<{ status: number; reply: Record<string, unknown> }> {
    this.sent.all += 1;
    const init = { method, headers, ...(body !== undefined && { body }) };
    const response = await fetchFrom(this.#app, path, init, address);
    const text = await response.text();
    return {
      status: response.status,
      reply: text === '' ? {} : (JSON.parse(text) as Record<string, unknown>),
    };
  }

  /** A whole number, both ends included. */
  #whole(least: number, most: number): number {
    return least + Math.floor(this.#random() * (most - least + 1));
  }

  #pick<T>(values: readonly T[]): T | undefined {
    return values[Math.floor(this.#random() * values.length)];
  }
}
