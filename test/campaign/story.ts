/** Histories made by hand, for the tests of the checker. */

import { check } from './checker.js';
import { Clocks } from './clocks.js';
import type { Answer, Call, Delivery, History, HistoryEvent, Proof, Run, Terms, Visit } from './history.js';

/** What a clock without an offset shows when the campaign begins. A second of the campaign is one of the servers. */
export const EPOCH = Date.UTC(2030, 0, 1);
export const MINUTE = 60_000;
export const TERMS: Terms = { version: 2, views: 1, minutes: 60, callback: true };
export const EXPIRES = EPOCH + 10 + 60 * MINUTE;

/** A history in the making, event by event. */
export class Story {
  readonly events: HistoryEvent[] = [];
  readonly clocks = new Clocks(1, EPOCH);
  #now = 0;
  #request = 0;

  constructor(readonly terms: Terms = TERMS) {
    for (const server of ['a', 'b']) this.clocks.step(server, 0, 0)(0);
  }

  wait(ms: number): this {
    this.#now += ms;
    return this;
  }

  /** A request and its answer, 10 ms apart, and 1 ms more; without an answer it is lost. */
  ask(call: Call, answer?: Answer, server = 'a'): this {
    const request = this.sends(call, server);
    this.wait(10);
    if (answer === undefined) this.loses(request);
    else this.answers(request, answer);
    return this.wait(1);
  }

  sends(call: Call, server = 'a'): number {
    this.#request += 1;
    this.events.push({ at: this.#now, what: 'sent', request: this.#request, server, call });
    return this.#request;
  }

  answers(request: number, answer: Answer): this {
    this.events.push({ at: this.#now, what: 'answered', request, answer });
    return this;
  }

  loses(request: number, unsent = false): this {
    this.events.push({ at: this.#now, what: 'lost', request, unsent, why: 'cut' });
    return this;
  }

  step(offset: number, server = 'a'): this {
    this.clocks.step(server, offset, this.#now)(this.#now);
    return this;
  }

  create(): this {
    return this.ask({ do: 'create', body: 'own' }, { status: 201, id: 'x', expiresAt: EXPIRES });
  }

  /** A read that takes a view now. */
  takes(claim: string | null, viewsLeft = 0): this {
    const purgeAt = EPOCH + this.#now + (claim === null ? 0 : MINUTE);
    return this.ask(read(claim), { status: 200, purgeAt, viewsLeft, bytes: 'right' });
  }

  refused(claim: string | null, code: string, server = 'a'): this {
    return this.ask(read(claim), { status: 410, code }, server);
  }

  /** A run of the command that reads, which began so long ago and ends now. */
  ran(run: Partial<Run>, began = 0): this {
    const ended = { machine: 'm', from: this.#now - began, killed: null, code: 0, got: 'all' } as const;
    this.events.push({
      at: this.#now,
      what: 'ran',
      run: { ...ended, claims: ['c'], acknowledged: [], ...run },
    });
    return this;
  }

  /** A read at a gate, refused or let in. */
  comes(visit: Visit, code?: string, claim = 'c'): this {
    const lease = this.terms.chunks === undefined ? MINUTE : 10 * MINUTE;
    const purgeAt = EPOCH + this.#now + lease;
    const given: Answer = { status: 200, purgeAt, viewsLeft: this.terms.views - 1, bytes: 'right' };
    return this.ask({ ...read(claim), ...visit }, code === undefined ? given : { status: 403, code });
  }

  told(event: Delivery['event'], changes: Partial<Delivery> = {}): this {
    const occurredAt = event === 'secret.expired' ? EXPIRES : EPOCH + 11;
    const delivery = {
      event,
      eventId: event,
      secretId: 'x',
      occurredAt,
      body: event,
      accepted: true,
      ...changes,
    };
    this.events.push({ at: this.#now, what: 'delivered', delivery });
    return this;
  }

  get history(): History {
    return { name: 'story', terms: this.terms, events: this.events };
  }

  /** The rule that is broken, or `null`. */
  verdict(ended = false): string | null {
    return check(this.history, this.clocks, ended)?.rule ?? null;
  }
}

/** A read, by default with the right key. */
export function read(claim: string | null, proof: Proof = 'right'): Call & { do: 'read' } {
  return { do: 'read', claim, proof };
}
