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
    if (state < rowed && state > 0) rows.copyWithin(state * BYTES, fail * BYTES, (fail + 1) * BYTES);
    if (state < rowed && fail >= rowed) {
      for (let byte = 0; byte < BYTES; byte++) rows[state * BYTES + byte] = next(fail, byte);
    }
    for (const child of trie.childrenOf(node)) {
      const [target, byte] = [numbers[child] ?? 0, trie.bytes[child] ?? 0];
      fails[target] = state === 0 ? 0 : next(fail, byte);
      if (state < rowed) rows[state * BYTES + byte] = target;
      else [wayBytes[state], ways[state]] = [byte, target];
    }
  }
  const marked = (state: number) => ((endings[state] ?? 0) > 0 ? ~state : state);
  return {
    rowed,
    rows: rows.map(marked),
    next: (state, byte) => marked(next(state, byte)),
    pending,
    inLine,
    endings,
    patterns: ending,
  };
}

/** Numbers the states, those with a row first. */
function numbered(trie: Trie, order: Int32Array): { readonly numbers: Int32Array; readonly rowed: number } {
  const numbers = new Int32Array(trie.size);
  const isRowed = (node: number) => (trie.depths[node] ?? 0) <= 1 || trie.hasManyChildren(node);
  const rowed = order.filter(isRowed);
  for (const [number, node] of rowed.entries()) numbers[node] = number;
  for (const [index, node] of order.filter((one) => !isRowed(one)).entries())
    numbers[node] = rowed.length + index;
  return { numbers, rowed: rowed.length };
}

/** The patterns as a tree: a node for each beginning of one. */
class Trie {
  readonly bytes: Uint8Array;
  readonly children: Int32Array;
  readonly depths: Int32Array;
  /** The length of the pattern that a node is, or 0; and which that is. */
  readonly endings: Int32Array;
  readonly patterns: Int32Array;
  /** 1 where the beginning has a line end in it. */
  readonly hasLineEnd: Uint8Array;
  readonly #siblings: Int32Array;
  size = 1;

  constructor(patterns: readonly Uint8Array[]) {
    const most = 1 + patterns.reduce((sum, { length }) => sum + length, 0);
    this.bytes = new Uint8Array(most);
    this.children = new Int32Array(most).fill(NONE);
    this.depths = new Int32Array(most);
    this.endings = new Int32Array(most);
    this.patterns = new Int32Array(most);
    this.hasLineEnd = new Uint8Array(most);
    this.#siblings = new Int32Array(most).fill(NONE);
    for (const [index, pattern] of patterns.entries()) this.#insert(pattern, index);
  }

  /** All nodes, those with fewer bytes first. */
  breadthFirst(): Int32Array {
    const order = new Int32Array(this.size);
    let written = 1;
    for (let read = 0; read < written; read++) {
      for (const child of this.childrenOf(order[read] ?? 0)) order[written++] = child;
    }
    return order;
  }

  *childrenOf(node: number): Generator<number> {
    let child = this.children[node] ?? NONE;
    for (; child !== NONE; child = this.#siblings[child] ?? NONE) yield child;
  }

  hasManyChildren(node: number): boolean {
    const child = this.children[node] ?? NONE;
    return child !== NONE && this.#siblings[child] !== NONE;
  }

  #insert(pattern: Uint8Array, index: number): void {
    let node = 0;
    for (const byte of pattern) node = this.#childOf(node, byte);
    if ((this.endings[node] ?? 0) > 0) return;
    this.endings[node] = pattern.length;
    this.patterns[node] = index;
  }

  #childOf(node: number, byte: number): number {
    for (const child of this.childrenOf(node)) {
      if (this.bytes[child] === byte) return child;
    }
    const made = this.size++;
    this.bytes[made] = byte;
    this.depths[made] = (this.depths[node] ?? 0) + 1;
    this.hasLineEnd[made] = isLineEnd(byte) ? 1 : (this.hasLineEnd[node] ?? 0);
    this.#siblings[made] = this.children[node] ?? NONE;
    this.children[node] = made;
    return made;
  }
}
