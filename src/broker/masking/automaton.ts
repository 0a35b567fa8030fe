/**
 * Many patterns in one pass: the automaton of Aho and Corasick ("Efficient string matching: an aid to bibliographic
 * search", 1975), over bytes. Its state is the longest end of what was read that a pattern begins with.
 *
 * Patterns of secrets are long and seldom share more than their first bytes, so nearly all states have one way on. The
 * few others, and those in which nearly all input is read, have a row for all 256 bytes; their numbers are the lowest.
 */

const NONE = -1;
const BYTES = 256;

/** States, by number; 0 is the start, in which nothing has begun. */
export interface Automaton {
  /** States below this number have a row. */
  readonly rowed: number;
  /** The rows: at `state * 256 + byte` is the state after one more byte, as `~state` where a pattern ends in it. */
  readonly rows: Int32Array;
  /** The state after one more byte, whatever the state, as in {@link Automaton.rows}. */
  next(state: number, byte: number): number;
  /** How many of the bytes read last may be the beginning of a pattern that has not ended. */
  readonly pending: Int32Array;
  /** The state that the same bytes lead to when no pattern with a line end counts. */
  readonly inLine: Int32Array;
  /** The length of the longest pattern that ends in a state; 0 where none does. */
  readonly endings: Int32Array;
  /** Which pattern that is. */
  readonly patterns: Int32Array;
}

/** Whether a byte is a line feed or a carriage return. */
export function isLineEnd(byte: number): boolean {
  return byte === 0x0a || byte === 0x0d;
}

/** Builds the automaton of patterns, none of them empty. Takes time and memory in proportion to their bytes. */
export function buildAutomaton(patterns: readonly Uint8Array[]): Automaton {
  const trie = new Trie(patterns);
  const order = trie.breadthFirst();
  const { numbers, rowed } = numbered(trie, order);
  const rows = new Int32Array(rowed * BYTES);
  const fails = new Int32Array(trie.size);
  /** For states without a row: the byte of their way on, and where it leads. */
  const wayBytes = new Int16Array(trie.size).fill(NONE);
  const ways = new Int32Array(trie.size);
  const pending = new Int32Array(trie.size);
  const inLine = new Int32Array(trie.size);
  const endings = new Int32Array(trie.size);
  const ending = new Int32Array(trie.size).fill(NONE);

  const next = (from: number, byte: number): number => {
    let state = from;
    while (state >= rowed) {
      if (wayBytes[state] === byte) return ways[state] ?? 0;
      state = fails[state] ?? 0;
    }
    return rows[state * BYTES + byte] ?? 0;
  };

  // Breadth first, so that a state comes after those that it may fall back to.
  for (const node of order) {
    const state = numbers[node] ?? 0;
    const fail = fails[state] ?? 0;
    const own = trie.endings[node] ?? 0;
    endings[state] = own > 0 ? own : (endings[fail] ?? 0);
    ending[state] = (own > 0 ? trie.patterns[node] : ending[fail]) ?? NONE;
    pending[state] = (trie.children[node] === NONE ? pending[fail] : trie.depths[node]) ?? 0;
    inLine[state] = trie.hasLineEnd[node] === 1 ? (inLine[fail] ?? 0) : state;
    if (state < rowed && state > 0) {
      if (fail < rowed) rows.copyWithin(state * BYTES, fail * BYTES, (fail + 1) * BYTES);
      else for (let byte = 0; byte < BYTES; byte++) rows[state * BYTES + byte] = next(fail, byte);
    }
    for (let child = trie.children[node] ?? NONE; child !== NONE; child = trie.siblings[child] ?? NONE) {
      const target = numbers[child] ?? 0;
      const byte = trie.bytes[child] ?? 0;
      fails[target] = state === 0 ? 0 : next(fail, byte);
      if (state < rowed) rows[state * BYTES + byte] = target;
      else {
        wayBytes[state] = byte;
        ways[state] = target;
      }
    }
  }
  // Only now: until here states are looked up in the rows.
  for (let at = 0; at < rows.length; at++) {
    const state = rows[at] ?? 0;
    if ((endings[state] ?? 0) > 0) rows[at] = ~state;
  }
  return {
    rowed,
    rows,
    next(from, byte) {
      const state = next(from, byte);
      return state >= 0 && (endings[state] ?? 0) > 0 ? ~state : state;
    },
    pending,
    inLine,
    endings,
    patterns: ending,
  };
}

/** Numbers the states, those with a row first. */
function numbered(trie: Trie, order: Int32Array): { readonly numbers: Int32Array; readonly rowed: number } {
  const numbers = new Int32Array(trie.size);
  let rowed = 0;
  for (const node of order) if (hasRow(trie, node)) numbers[node] = rowed++;
  let number = rowed;
  for (const node of order) if (!hasRow(trie, node)) numbers[node] = number++;
  return { numbers, rowed };
}

function hasRow(trie: Trie, node: number): boolean {
  if ((trie.depths[node] ?? 0) <= 1) return true;
  const child = trie.children[node] ?? NONE;
  return child !== NONE && trie.siblings[child] !== NONE;
}

/** The patterns as a tree: a node for each beginning of one. */
class Trie {
  readonly bytes: Uint8Array;
  /** The first child of each node, and the next child of the same parent; -1 where there is none. */
  readonly children: Int32Array;
  readonly siblings: Int32Array;
  readonly depths: Int32Array;
  /** The length of the pattern that a node is, or 0; and which that is. */
  readonly endings: Int32Array;
  readonly patterns: Int32Array;
  /** 1 where the beginning has a line end in it. */
  readonly hasLineEnd: Uint8Array;
  size = 1;

  constructor(patterns: readonly Uint8Array[]) {
    const most = 1 + patterns.reduce((sum, { length }) => sum + length, 0);
    this.bytes = new Uint8Array(most);
    this.children = new Int32Array(most).fill(NONE);
    this.depths = new Int32Array(most);
    this.endings = new Int32Array(most);
    this.patterns = new Int32Array(most);
    this.hasLineEnd = new Uint8Array(most);
    this.siblings = new Int32Array(most).fill(NONE);
    for (const [index, pattern] of patterns.entries()) this.#insert(pattern, index);
  }

  /** All nodes, those with fewer bytes first. */
  breadthFirst(): Int32Array {
    const order = new Int32Array(this.size);
    let written = 1;
    for (let read = 0; read < written; read++) {
      let child = this.children[order[read] ?? 0] ?? NONE;
      for (; child !== NONE; child = this.siblings[child] ?? NONE) order[written++] = child;
    }
    return order;
  }

  #insert(pattern: Uint8Array, index: number): void {
    let node = 0;
    for (const byte of pattern) node = this.#childOf(node, byte);
    if ((this.endings[node] ?? 0) > 0) return;
    this.endings[node] = pattern.length;
    this.patterns[node] = index;
  }

  #childOf(node: number, byte: number): number {
    let child = this.children[node] ?? NONE;
    for (; child !== NONE; child = this.siblings[child] ?? NONE) if (this.bytes[child] === byte) return child;
    const made = this.size++;
    this.bytes[made] = byte;
    this.depths[made] = (this.depths[node] ?? 0) + 1;
    this.hasLineEnd[made] = isLineEnd(byte) ? 1 : (this.hasLineEnd[node] ?? 0);
    this.siblings[made] = this.children[node] ?? NONE;
    this.children[node] = made;
    return made;
  }
}
