/** Writes one secret's history down while it happens. */

import { createHash } from 'node:crypto';
import type { Answer, Call, Delivery, History, HistoryEvent, Run, Terms } from './history.js';
import type { Stopwatch } from './moment.js';

/** A history that grows. */
export class Recorder implements History {
  readonly events: HistoryEvent[] = [];
  readonly #stopwatch: Stopwatch;

  constructor(
    readonly name: string,
    readonly terms: Terms,
    stopwatch: Stopwatch,
  ) {
    this.#stopwatch = stopwatch;
  }

  sent(request: number, server: string, call: Call): void {
    this.events.push({ at: this.#stopwatch.now(), what: 'sent', request, server, call });
  }

  answered(request: number, answer: Answer): void {
    this.events.push({ at: this.#stopwatch.now(), what: 'answered', request, answer });
  }

  lost(request: number, unsent: boolean, why: string): void {
    this.events.push({ at: this.#stopwatch.now(), what: 'lost', request, unsent, why });
  }

  delivered(delivery: Delivery): void {
    this.events.push({ at: this.#stopwatch.now(), what: 'delivered', delivery });
  }

  ran(run: Run): void {
    this.events.push({ at: this.#stopwatch.now(), what: 'ran', run });
  }

  now(): number {
    return this.#stopwatch.now();
  }

  spoilt(what: 'delivery' | 'secret', why: string): void {
    this.events.push({ at: this.#stopwatch.now(), what: `spoilt ${what}`, why });
  }
}

/** The part of a JSON body that matters, whatever it holds. */
export function answerOf(status: number, text: string, isRight: (blob: unknown) => boolean): Answer {
  const body = fieldsOf(text);
  const { error, id, expires_at, purge_at, views_left, state, encrypted_blob: blob } = body;
  const { answers_left: left, answers } = body;
  const code = (error as { code?: unknown } | undefined)?.code;
  return {
    status,
    ...(code === undefined ? {} : { code: String(code) }),
    ...(id === undefined ? {} : { id: String(id) }),
    ...(expires_at === undefined ? {} : { expiresAt: Date.parse(String(expires_at)) }),
    ...(purge_at === undefined ? {} : { purgeAt: Date.parse(String(purge_at)) }),
    ...(views_left === undefined ? {} : { viewsLeft: Number(views_left) }),
    ...(state === undefined ? {} : { state: String(state) }),
    ...(blob === undefined ? {} : { bytes: isRight(blob) ? 'right' : 'wrong' }),
    ...(left === undefined ? {} : { answersLeft: Number(left) }),
    ...(Array.isArray(answers) ? { answers: answers.map(({ id: one }) => String(one)) } : {}),
  };
}

/** The fields of a JSON object; none if it is something else. */
export function fieldsOf(text: string): Record<string, unknown> {
  if (text === '') return {};
  const value: unknown = JSON.parse(text);
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

export function sha256(bytes: string | Uint8Array): string {
  return createHash('sha256').update(bytes).digest('base64url');
}
