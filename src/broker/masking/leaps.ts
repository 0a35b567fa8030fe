/**
 * Leaps over bytes that no pattern begins among, so that most of a stream is never read. It looks at the last three
 * bytes of a window as long as the shortest pattern, as Wu and Manber do ("A fast algorithm for multi-pattern
 * searching", 1994): where no beginning of a pattern has these three in a row, none begins before the second of them.
 */

import { isLineEnd } from './automaton.js';

/** Finds where patterns may begin. */
export interface Leaps {
  /** How many bytes are looked at for one answer. */
  readonly window: number;
  /**
   * The first place at or after `from` where a pattern may begin, or where less than a window is left. No pattern begins
   * between the two, not even one with line ends among its bytes that are not its own.
   */
  next(bytes: Uint8Array, from: number): number;
}

/** How many bytes in a row are looked at. */
const LENGTH = 3;

/** In a longer window, more of all groups of three would be part of a beginning. */
const LONGEST_WINDOW = 10;

/** Bytes are told apart by classes, so that a table of all groups of three fits into a processor's cache. */
const CLASS_BITS = 7;
const CLASSES = 1 << CLASS_BITS;

/** The class of line ends, which may stand anywhere in a pattern, and that of bytes that no beginning has. */
const LINE_END = 0;
const OTHER = 1;

/** Prepares leaps for patterns of three bytes or more. */
export function buildLeaps(patterns: readonly Uint8Array[]): Leaps {
  const window = patterns.reduce((least, { length }) => Math.min(least, length), LONGEST_WINDOW);
  const classes = classesOf(patterns, window);
  const groupAt = (bytes: Uint8Array, at: number) =>
    ((classes[bytes[at] ?? 0] ?? 0) << (2 * CLASS_BITS)) |
    ((classes[bytes[at + 1] ?? 0] ?? 0) << CLASS_BITS) |
    (classes[bytes[at + 2] ?? 0] ?? 0);
  const groups = groupsWithLineEnd();
  for (const pattern of patterns) {
    for (let at = 0; at + LENGTH <= window; at++) {
      const group = groupAt(pattern, at);
      groups[group >> 5] = (groups[group >> 5] ?? 0) | (1 << (group & 31));
    }
  }
  const step = window - LENGTH + 1;
  return {
    window,
    next(bytes, from) {
      const last = bytes.length - LENGTH;
      let at = from + window - LENGTH;
      for (; at <= last; at += step) {
        const group = groupAt(bytes, at);
        if (((groups[group >> 5] ?? 0) & (1 << (group & 31))) !== 0) break;
      }
      return at - window + LENGTH;
    },
  };
}

/** A class for each byte that the beginnings have. Where there are too many of them, some share one. */
function classesOf(patterns: readonly Uint8Array[], window: number): Uint8Array {
  const classes = new Uint8Array(256).fill(OTHER);
  let used = OTHER;
  for (const pattern of patterns) {
    for (let at = 0; at < window; at++) {
      const byte = pattern[at] ?? 0;
      if (classes[byte] !== OTHER) continue;
      used = used + 1 < CLASSES ? used + 1 : OTHER + 1;
      classes[byte] = used;
    }
  }
  for (let byte = 0; byte < 256; byte++) if (isLineEnd(byte)) classes[byte] = LINE_END;
  return classes;
}

/** A bit for each group of three classes, which is set where one of them is that of line ends. */
function groupsWithLineEnd(): Uint32Array {
  const rows = CLASSES >> 5;
  const groups = new Uint32Array(CLASSES * CLASSES * rows);
  // The third one: the first bit of each row, one row copied into all others.
  groups[0] = 1;
  for (let done = rows; done < groups.length; done *= 2) groups.copyWithin(done, 0, done);
  // The second, and the first.
  for (let first = 0; first < CLASSES; first++)
    groups.fill(-1, first * CLASSES * rows, (first * CLASSES + 1) * rows);
  groups.fill(-1, 0, CLASSES * rows);
  return groups;
}
