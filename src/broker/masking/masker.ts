/**
 * Masks secrets in a stream of bytes: every form of every secret becomes `[masked NAME]`, and all other bytes pass as
 * they are, in order (cli/CLI.md). A byte is held back only as long as a secret may have begun with it, and never by
 * time, so a prompt appears at once.
 */

import { concatBytes, encodeUtf8 } from '../../core/bytes.js';
import { type Automaton, buildAutomaton, isLineEnd } from './automaton.js';
import { formsOf } from './forms.js';
import { buildLeaps, type Leaps } from './leaps.js';

/** A value and what it is called. */
export interface NamedSecret {
  readonly name: string;
  readonly value: Uint8Array;
}

/** What is looked for, for any number of streams. It is built when it is first read: many a command prints nothing. */
export interface MaskedForms {
  readonly automaton: Automaton;
  readonly leaps: Leaps;
  /** What stands in place of each pattern. */
  readonly markers: readonly Uint8Array[];
  /** The same, each once. */
  readonly distinctMarkers: ReadonlySet<Uint8Array>;
}

/**
 * Looks for these secrets in all their forms. Where two have the same form, the first one is named.
 * @param mark what stands in place of a secret, by its name.
 */
export function maskedForms(
  secrets: readonly NamedSecret[],
  mark = (name: string) => `[masked ${name}]`,
): MaskedForms {
  let built: MaskedForms | undefined;
  const forms = () => {
    built ??= buildForms(secrets, mark);
    return built;
  };
  return {
    get automaton() {
      return forms().automaton;
    },
    get leaps() {
      return forms().leaps;
    },
    get markers() {
      return forms().markers;
    },
    get distinctMarkers() {
      return forms().distinctMarkers;
    },
  };
}

function buildForms(secrets: readonly NamedSecret[], mark: (name: string) => string): MaskedForms {
  const named = secrets.flatMap(({ name, value }) => {
    const marker = encodeUtf8(mark(name));
    return formsOf(value).map((form) => ({ form, marker }));
  });
  const patterns = named.map(({ form }) => form);
  const markers = named.map(({ marker }) => marker);
  return {
    automaton: buildAutomaton(patterns),
    leaps: buildLeaps(patterns),
    markers,
    distinctMarkers: new Set(markers),
  };
}

/** Whether a text of bytes, in ISO 8859-1 and in one line, holds nothing that would be masked. */
export function holdsNothing(text: string, { automaton: { rowed, rows, next } }: MaskedForms): boolean {
  let state = 0;
  for (let index = 0; index < text.length; index++) {
    const byte = text.charCodeAt(index);
    if (isLineEnd(byte)) return false;
    state = state < rowed ? (rows[state * 256 + byte] ?? 0) : next(state, byte);
    if (state < 0) return false;
  }
  return true;
}

/** Bytes that hold a secret. Positions count from the stream's first byte. */
interface Found {
  start: number;
  end: number;
  /** The longest pattern in it, which names it. */
  pattern: number;
  length: number;
}

/**
 * A line end is taken for one that an encoder put into a secret where at least so many bytes of it are before it, or where
 * so long a run of an encoding's characters ends there. Otherwise the last letter of most lines would be held back: with
 * many secrets, any letter is the first one of some form of some of them.
 */
const SHORTEST_BEFORE_WRAP = 4;
const SHORTEST_ENCODED_LINE = 16;

/** 1 for what base64, hex and percent-encoding write (RFC 4648, RFC 3986). */
const ENCODING = Uint8Array.from({ length: 256 }, (_, byte) =>
  /[\w+/=%-]/.test(String.fromCharCode(byte)) ? 1 : 0,
);

/** A reader of the stream without its line ends, for encoders wrap lines. Patterns with one do not count. */
interface Unwrapped {
  state: number;
  /** Where the line ends are that it left out, and a pattern may have begun before. */
  breaks: number[];
}

/** Where a masker is in its stream. It holds bytes of secrets, and can be written as JSON. */
export interface MaskerPosition {
  readonly state: number;
  readonly unwrapped: Unwrapped | null;
  readonly encoded: number;
  readonly done: number;
  readonly come: number;
  readonly held: readonly number[];
  readonly found: readonly Found[];
  readonly maskedTo: number;
}

/** What stands in place of each byte of a secret where the length of a stream must not change. */
const FILLER = 0x2a;

/** Masks one stream. */
export class Masker {
  readonly #forms: MaskedForms;
  #state = 0;
  #unwrapped: Unwrapped | null = null;
  /** How long a run of an encoding's characters has come last, up to {@link SHORTEST_ENCODED_LINE}. */
  #encoded = 0;
  /** Bytes before this position have been given back, or are masked. */
  #done = 0;
  /** How many bytes have come. */
  #come = 0;
  /** Those from {@link Masker.#done} on that came with earlier pieces. */
  #held: Uint8Array = new Uint8Array(0);
  /** In order, none touching another's bytes. */
  readonly #found: Found[] = [];
  /** Where the last marker's secret ends: what overlaps it belongs to it. */
  #maskedTo = 0;
  readonly #keepsLength: boolean;

  /** @param keepsLength puts an asterisk in place of each byte of a secret, for a stream that says how long its parts are. */
  constructor(forms: MaskedForms, { keepsLength = false } = {}) {
    this.#forms = forms;
    this.#keepsLength = keepsLength;
  }

  /** Where it is in its stream, for another process that goes on with it. */
  get position(): MaskerPosition {
    return {
      state: this.#state,
      unwrapped: this.#unwrapped,
      encoded: this.#encoded,
      done: this.#done,
      come: this.#come,
      held: Array.from(this.#held),
      found: this.#found,
      maskedTo: this.#maskedTo,
    };
  }

  /** A masker of the same forms that goes on where another one was. */
  static at(forms: MaskedForms, position: MaskerPosition): Masker {
    const masker = new Masker(forms);
    masker.#state = position.state;
    masker.#unwrapped = position.unwrapped;
    masker.#encoded = position.encoded;
    masker.#done = position.done;
    masker.#come = position.come;
    masker.#held = Uint8Array.from(position.held);
    masker.#found.push(...position.found);
    masker.#maskedTo = position.maskedTo;
    return masker;
  }

  /** Takes the next bytes, and gives back what is certain now. The pieces may be views of `bytes`. */
  push(bytes: Uint8Array): Uint8Array[] {
    this.#read(bytes);
    const pieces = this.#release(bytes, this.#firstUncertain());
    const left = this.#come - this.#done;
    const earlier = Math.max(0, left - bytes.length);
    this.#held = concatBytes(
      this.#held.subarray(this.#held.length - earlier),
      bytes.subarray(bytes.length - (left - earlier)),
    );
    return pieces;
  }

  /** Gives back what was held. Nothing may be pushed afterwards. */
  end(): Uint8Array[] {
    return this.#release(new Uint8Array(0), this.#come);
  }

  /** Finds what ends in these bytes. */
  #read(bytes: Uint8Array): void {
    const { window } = this.#forms.leaps;
    for (let index = 0; index < bytes.length; ) {
      const start = this.#leap(bytes, index);
      // The window that the leap ended at is read before the next leap.
      const end = Math.min(bytes.length, start + window);
      this.#readAll(bytes, Math.max(start, index), end);
      index = end;
    }
    this.#encoded = this.#encodedBefore(bytes, bytes.length);
    this.#come += bytes.length;
  }

  /** Leaps from `index`, or from where a pattern may have begun before it. @returns where the next one may begin. */
  #leap(bytes: Uint8Array, index: number): number {
    if (this.#unwrapped !== null) return index;
    const { automaton, leaps } = this.#forms;
    const pending = automaton.pending[this.#state] ?? 0;
    const from = index - pending;
    const isAmongFound = (this.#found.at(-1)?.end ?? 0) > this.#come + from;
    if (pending >= leaps.window || from < 0 || isAmongFound) return index;
    const next = leaps.next(bytes, from);
    if (next > index) this.#state = 0;
    return next;
  }

  #readAll(bytes: Uint8Array, start: number, end: number): void {
    const { rowed, rows, next } = this.#forms.automaton;
    let state = this.#state;
    for (let index = start; index < end; index++) {
      const byte = bytes[index] ?? 0;
      if (this.#unwrapped !== null) this.#readUnwrapped(this.#unwrapped, byte, this.#come + index + 1);
      else if (isLineEnd(byte)) this.#unwrap(state, bytes, index);
      state = state < rowed ? (rows[state * 256 + byte] ?? 0) : next(state, byte);
      if (state < 0) {
        state = ~state;
        this.#find(state, this.#come + index + 1);
      }
    }
    this.#state = state;
  }

  /** Goes on behind the line end at `index` without it, if it may be in a secret. `state` is the one before it. */
  #unwrap(state: number, bytes: Uint8Array, index: number): void {
    const { inLine, pending } = this.#forms.automaton;
    const begun = inLine[state] ?? 0;
    if (begun === 0) return;
    const isLong = (pending[begun] ?? 0) >= SHORTEST_BEFORE_WRAP;
    if (!isLong && this.#encodedBefore(bytes, index) < SHORTEST_ENCODED_LINE) return;
    this.#unwrapped = { state: begun, breaks: [this.#come + index] };
  }

  /** How long a run of an encoding's characters ends before `end`. */
  #encodedBefore(bytes: Uint8Array, end: number): number {
    let start = end;
    while (start > 0 && end - start < SHORTEST_ENCODED_LINE && ENCODING[bytes[start - 1] ?? 0] === 1) start--;
    return Math.min(SHORTEST_ENCODED_LINE, end - start + (start === 0 ? this.#encoded : 0));
  }

  /** Reads one byte without line ends. */
  #readUnwrapped(unwrapped: Unwrapped, byte: number, at: number): void {
    if (isLineEnd(byte)) {
      unwrapped.breaks.push(at - 1);
      return;
    }
    const next = this.#forms.automaton.next(unwrapped.state, byte);
    unwrapped.state = next < 0 ? ~next : next;
    if (next < 0) this.#find(unwrapped.state, at, unwrapped);
    const start = this.#unwrappedStart(unwrapped, at);
    while ((unwrapped.breaks[0] ?? start) < start) unwrapped.breaks.shift();
    // What has begun in this line is followed without it.
    if (unwrapped.breaks.length === 0) this.#unwrapped = null;
  }

  #unwrappedStart(unwrapped: Unwrapped, at: number): number {
    return at - unwrappedLength(unwrapped, at, this.#forms.automaton.pending[unwrapped.state] ?? 0);
  }

  /** In this state, before `end`, a pattern ends; line ends that were left out are part of it. */
  #find(state: number, end: number, unwrapped?: Unwrapped): void {
    const { patterns, endings } = this.#forms.automaton;
    const own = endings[state] ?? 0;
    const length = unwrapped === undefined ? own : unwrappedLength(unwrapped, end, own);
    const found: Found = { start: end - length, end, pattern: patterns[state] ?? 0, length };
    for (
      let last = this.#found.at(-1);
      last !== undefined && last.end > found.start;
      last = this.#found.at(-1)
    ) {
      this.#found.pop();
      found.start = Math.min(found.start, last.start);
      if (last.length >= found.length) {
        found.pattern = last.pattern;
        found.length = last.length;
      }
    }
    this.#found.push(found);
  }

  /** The first byte that a pattern may have begun with that has not ended yet. */
  #firstUncertain(): number {
    const start = this.#come - (this.#forms.automaton.pending[this.#state] ?? 0);
    return this.#unwrapped === null
      ? start
      : Math.min(start, this.#unwrappedStart(this.#unwrapped, this.#come));
  }

  /** What begins before `limit`, where the first pattern that has not ended may begin. */
  #release(bytes: Uint8Array, limit: number): Uint8Array[] {
    const pieces: Uint8Array[] = [];
    for (let next = this.#found[0]; next !== undefined && next.start < limit; next = this.#found[0]) {
      this.#found.shift();
      if (next.start >= this.#maskedTo) {
        this.#pass(bytes, next.start, pieces);
        if (!this.#keepsLength) pieces.push(this.#forms.markers[next.pattern] ?? new Uint8Array(0));
      }
      this.#maskedTo = Math.max(this.#maskedTo, next.end);
      if (this.#keepsLength) pieces.push(new Uint8Array(this.#maskedTo - this.#done).fill(FILLER));
      this.#done = this.#maskedTo;
    }
    this.#pass(bytes, limit, pieces);
    return pieces;
  }

  /** Gives the bytes up to `end` as they are. */
  #pass(bytes: Uint8Array, end: number, pieces: Uint8Array[]): void {
    if (end <= this.#done) return;
    const before = this.#come - bytes.length;
    const heldFrom = before - this.#held.length;
    if (this.#done < before) pieces.push(this.#held.subarray(this.#done - heldFrom, end - heldFrom));
    if (end > before) pieces.push(bytes.subarray(Math.max(0, this.#done - before), end - before));
    this.#done = end;
  }
}

/** How many bytes of the stream, line ends included, end before `at` and have `length` other bytes. */
function unwrappedLength({ breaks }: Unwrapped, at: number, length: number): number {
  let start = at - length;
  for (let index = breaks.length - 1; index >= 0; index--) {
    if ((breaks[index] ?? 0) < start) break;
    start--;
  }
  return at - start;
}
