/** Runs a campaign from setting the scene to taking it down, whatever happens in between. */

import { Campaign } from './campaign.js';
import { MIXED } from './plan.js';
import { KINDS, type Plant } from './plants.js';
import { isClean, report } from './report.js';
import { type Engine, setScene } from './scene.js';
import { STEADY, type Tempo } from './trouble.js';

/** What to run. */
export interface Order {
  readonly engine: Engine;
  readonly milliseconds: number;
  /** Any text. */
  readonly seed: string;
  readonly plant?: Plant | null;
  readonly tempo?: Tempo;
  /** Ends it early. */
  readonly signal?: AbortSignal;
  /** Is told how far it is, now and then. */
  readonly progress?: (line: string) => void;
}

/** How it ended. */
export interface Result {
  readonly clean: boolean;
  /** The rule that was broken first. */
  readonly rule: string | null;
  readonly report: string;
  readonly secrets: number;
  /** Faults that can't be had here, and why. */
  readonly impossible: readonly string[];
  /** How often each fault struck. */
  readonly faults: ReadonlyMap<string, number>;
}

const PROGRESS_MS = 30_000;

/** Runs a campaign. All processes that it starts have ended when this settles. */
export async function runCampaign(order: Order): Promise<Result> {
  const { engine, milliseconds, seed, plant = null, tempo = STEADY, progress = () => undefined } = order;
  const ends: (() => unknown)[] = [];
  try {
    const scene = await setScene(engine, seed, plant, ends);
    const kind = plant === null ? undefined : KINDS[plant.name];
    // A planted fault is to be found soon: half of all lives come near it.
    const mix = kind === undefined ? MIXED : { ...MIXED, [kind]: 0.5 };
    const campaign = new Campaign(scene, seed, tempo, mix);
    const timer = setInterval(() => {
      const { histories, requests } = campaign;
      progress(
        `${Math.round(scene.stopwatch.now() / 1000)} s: ${histories.length} secrets, ${requests} requests`,
      );
    }, PROGRESS_MS);
    ends.push(() => clearInterval(timer));
    await campaign.run(milliseconds, order.signal ?? new AbortController().signal);
    return {
      clean: isClean(campaign),
      rule: campaign.violation?.rule ?? null,
      report: report(campaign, scene),
      secrets: campaign.histories.length,
      impossible: scene.impossible,
      faults: campaign.trouble.counts,
    };
  } finally {
    for (const end of ends.reverse()) await end();
  }
}
