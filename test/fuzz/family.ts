/** What is fuzzed: families of parsers, each with its properties, and each property with its generator. */

import assert from 'node:assert/strict';
import fc from 'fast-check';

/** A parser, or several that belong together. */
export interface Family {
  readonly name: string;
  readonly properties: readonly Property[];
  /** Prepares what the properties need, and gives what ends it; that throws when something went wrong meanwhile. */
  readonly start?: () => Promise<() => Promise<void>>;
}

/** What holds for every input. */
export interface Property {
  readonly name: string;
  /** Its share of a campaign's cases, beside the shares of all others. */
  readonly weight: number;
  /**
   * Tries `cases` inputs.
   * @returns how often each outcome came.
   * @throws Error that holds the reduced counterexample and the seed.
   */
  run(cases: number, seed: number): Promise<ReadonlyMap<string, number>>;
}

interface PropertyOptions<T> {
  /** Default 100; less where a case takes longer. */
  readonly weight?: number;
  /** Inputs that once broke the property: they are tried first, always. */
  readonly found?: readonly T[];
  /** Outcomes without which the generator is no good; checked from 2,000 cases on. */
  readonly outcomes?: readonly string[];
  /** How many cases one input counts for. Default 1. */
  readonly size?: number;
}

/** Cases that are tried to reduce a counterexample. */
const REDUCTIONS = 3_000;

const ENOUGH_FOR_ALL_OUTCOMES = 2_000;

/** A property: `check` throws where it does not hold, and names the outcome where it does. */
export function property<T>(
  name: string,
  inputs: fc.Arbitrary<T>,
  check: (input: T) => string | readonly string[] | Promise<string | readonly string[]>,
  { weight = 100, found = [], outcomes = [], size = 1 }: PropertyOptions<T> = {},
): Property {
  return {
    name,
    weight,
    async run(cases, seed) {
      const seen = new Map<string, number>();
      let reducing = Number.POSITIVE_INFINITY;
      const holds = fc.asyncProperty(inputs, async (input) => {
        // What is tried to reduce a counterexample has its limits: it may take seconds each time.
        if (--reducing < 0) return;
        try {
          for (const outcome of [await check(input)].flat()) seen.set(outcome, (seen.get(outcome) ?? 0) + 1);
        } catch (error) {
          reducing = Math.min(reducing, REDUCTIONS / size);
          throw error;
        }
      });
      const numRuns = Math.max(Math.ceil(cases / size), found.length + 1);
      await fc.assert(holds, { seed, numRuns, examples: found.map((input) => [input] as [T]) });
      if (cases >= ENOUGH_FOR_ALL_OUTCOMES) {
        for (const outcome of outcomes)
          assert(seen.has(outcome), `no input was ${outcome}: a weak generator`);
      }
      return seen;
    },
  };
}

/** What `run` throws, or its result. */
export async function resultOf<T>(run: () => T | Promise<T>): Promise<{ value: T } | { error: unknown }> {
  try {
    return { value: await run() };
  } catch (error) {
    return { error };
  }
}

/** Whether `text` holds six characters in a row that `secret` holds too. */
export function quotes(text: string, secret: string): boolean {
  for (let at = 0; at + 6 <= secret.length; at++) if (text.includes(secret.slice(at, at + 6))) return true;
  return false;
}
