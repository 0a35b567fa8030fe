/** What a history says about a secret: what is certain, and what may have been. */

import { CHUNKS_LEASE_MS } from '../../src/core/protocol/chunks.js';
import { LEASE_MS } from '../../src/core/protocol/limits.js';
import type { Clocks } from './clocks.js';
import { type Answer, type Call, type History, type Request, requestsOf, type Terms } from './history.js';

/** A request that was answered. */
export type Answered = Request & { readonly answer: Answer };

type CallOf<Verb extends Call['do']> = Extract<Call, { do: Verb }>;

/** A request of one kind. */
export type RequestOf<Verb extends Call['do']> = Omit<Request, 'call'> & { readonly call: CallOf<Verb> };

/** Somebody who had a view, or may have had one: a claim, or a read without a claim, which is for nobody else. */
export class Taker {
  /** The reads that were answered with the secret or lost. The others took nothing. */
  readonly reads: readonly RequestOf<'read'>[];

  constructor(
    readonly claim: string | null,
    reads: readonly RequestOf<'read'>[],
  ) {
    this.reads = reads;
  }

  /** The answers that held the secret. */
  get deliveries(): (RequestOf<'read'> & { readonly answer: Answer })[] {
    return this.reads.flatMap((read) => (read.answer === null ? [] : [{ ...read, answer: read.answer }]));
  }

  /** Whether the secret had certainly been delivered by then. */
  had(by: number): boolean {
    return this.deliveries.some(({ to }) => to <= by);
  }

  /** Whether a view may have been taken by then. */
  mayHave(by: number): boolean {
    return this.reads.some(({ from }) => from <= by);
  }
}

/** What is known of one secret. */
export class Facts {
  readonly terms: Terms;
  readonly requests: readonly Request[];
  readonly creates: readonly RequestOf<'create'>[];
  /** With the right key, as all below. */
  readonly reads: readonly RequestOf<'read'>[];
  readonly takers: readonly Taker[];
  readonly acknowledgements: readonly RequestOf<'acknowledge'>[];
  readonly revocations: readonly RequestOf<'revoke'>[];
  readonly statuses: readonly RequestOf<'status'>[];
  /** Of chunks. */
  readonly fetches: readonly RequestOf<'fetch'>[];
  /** That may have a code sent. */
  readonly sendings: readonly RequestOf<'send code'>[];
  readonly puts: readonly RequestOf<'put'>[];
  /** Requests with a wrong key, or without one where it is needed. */
  readonly guesses: readonly Request[];
  /** The first 201. Nobody can have asked for the secret without one. */
  readonly created: { readonly id: string; readonly expiresAt: number; readonly by: number } | null;

  constructor(
    readonly history: History,
    readonly clocks: Clocks,
  ) {
    this.terms = history.terms;
    this.requests = requestsOf(history);
    this.creates = this.#all('create');
    this.reads = this.#all('read').filter((one) => this.#holdsKey(one.call));
    this.acknowledgements = this.#all('acknowledge');
    this.revocations = this.#all('revoke').filter((one) => this.#holdsKey(one.call));
    this.statuses = this.#all('status').filter((one) => this.#holdsKey(one.call));
    this.fetches = this.#all('fetch').filter((one) => this.#holdsKey(one.call));
    this.sendings = this.#all('send code').filter((one) => this.#holdsKey(one.call));
    this.puts = this.#all('put');
    this.guesses = this.requests.filter(({ call }) => 'proof' in call && !this.#holdsKey(call));
    this.takers = takersOf(this.reads);
    const first = answered(this.creates).find(({ answer }) => answer.status === 201);
    this.created =
      first === undefined
        ? null
        : { id: first.answer.id ?? '', expiresAt: first.answer.expiresAt ?? Number.NaN, by: first.to };
  }

  /** When it expires, in milliseconds since 1970. */
  get expiresAt(): number {
    return this.created?.expiresAt ?? Number.NaN;
  }

  /** How long a claim has its view, in milliseconds, if nothing is fetched. */
  get leaseMs(): number {
    return this.terms.chunks === undefined ? LEASE_MS : CHUNKS_LEASE_MS;
  }

  /**
   * When the server says that a view was taken, by its clock. The lease of files grows while they are fetched, and so the
   * first answer tells it.
   */
  takenAt({ purgeAt = Number.NaN }: Answer, { claim, deliveries }: Taker): number {
    if (claim === null) return purgeAt;
    const first =
      this.terms.chunks === undefined
        ? purgeAt
        : Math.min(purgeAt, ...deliveries.map(({ answer }) => answer.purgeAt ?? Number.NaN));
    return first - this.leaseMs;
  }

  /** How many had certainly had it by then. */
  had(by: number): number {
    return this.takers.filter((taker) => taker.had(by)).length;
  }

  /** How many others than `except` may have taken a view by then. */
  mayHave(by: number, except: Taker | null = null): number {
    return this.takers.filter((taker) => taker !== except && taker.mayHave(by)).length;
  }

  /** Whether it had certainly been revoked by then. */
  wasRevoked(by: number): boolean {
    return this.revocations.some(({ answer, to }) => answer?.status === 204 && to <= by);
  }

  /** Whether it may have been revoked by then, leaving one request aside. */
  mayBeRevoked(by: number, except?: number): boolean {
    return this.revocations.some(
      ({ number, answer, from }) =>
        number !== except && from <= by && (answer === null || answer.status === 204),
    );
  }

  /**
   * Whether the lease of a taker may have ended by then: acknowledged, taken away by a revocation (which destroys the
   * ciphertext even if it came too late), or over by any server's clock, since each server cleans up.
   */
  leaseMayBeOver({ claim, reads, deliveries }: Taker, by: number): boolean {
    if (this.acknowledgements.some(({ call, from }) => call.claim === claim && from <= by)) return true;
    if (this.revocations.some(({ from }) => from <= by)) return true;
    const told = deliveries[0]?.answer.purgeAt;
    const ends =
      told ??
      Math.min(
        ...reads
          .filter(({ from }) => from <= by)
          .map(({ server, from }) => this.clocks.shown(server, from, by).min + LEASE_MS),
      );
    return this.clocks.reached(ends, by);
  }

  #all<Verb extends Call['do']>(verb: Verb): RequestOf<Verb>[] {
    return this.requests.filter((one): one is Request & RequestOf<Verb> => one.call.do === verb);
  }

  #holdsKey(call: { readonly proof: string; readonly do: string }): boolean {
    return call.proof === 'right' || (call.do === 'read' && this.terms.version === 1);
  }
}

/** Those that were answered. */
export function answered<T extends { readonly answer: Answer | null }>(
  requests: readonly T[],
): (T & { readonly answer: Answer })[] {
  return requests.flatMap((one) => (one.answer === null ? [] : [{ ...one, answer: one.answer }]));
}

function takersOf(reads: readonly RequestOf<'read'>[]): Taker[] {
  const took = reads.filter(({ answer }) => answer === null || answer.status === 200);
  const claims = new Set(took.flatMap(({ call }) => (call.claim === null ? [] : [call.claim])));
  return [
    ...[...claims].map(
      (claim) =>
        new Taker(
          claim,
          took.filter(({ call }) => call.claim === claim),
        ),
    ),
    ...took.filter(({ call }) => call.claim === null).map((read) => new Taker(null, [read])),
  ];
}
