/** Lives the life of a request: somebody asks, others answer, and who asked reads the answers and may cancel. */

import { answerRequest } from '../../src/client/requests/answer-request.js';
import { collectAnswers } from '../../src/client/requests/collect-answers.js';
import { type CreatedRequest, createRequest } from '../../src/client/requests/create-request.js';
import { cancelRequest } from '../../src/client/requests/request-status.js';
import type { Fetch } from '../../src/client/transport/fetch.js';
import type { Link } from '../../src/core/link.js';
import { decides, Life, TRIES, unlessExcused, type World } from './life.js';
import type { Plan, RequestPlan } from './plan.js';
import type { Random } from './random.js';
import type { Recorder } from './recorder.js';
import { ANY_SERVER, PATIENCE_MS, type Wire } from './wire.js';

/** Between two tries, in milliseconds. */
const PAUSE_MS = 300;

/** A wire with the history that it writes. */
export interface Line {
  readonly wire: Wire;
  readonly recorder: Recorder;
}

/** One request, and those who answer it. */
export class RequestLife {
  constructor(
    readonly plan: RequestPlan,
    readonly world: World,
    readonly line: Line,
    readonly answerers: readonly Line[],
    readonly random: Random,
  ) {}

  /** Resolves when there is nothing left to do, as that of a secret does. */
  async live(): Promise<void> {
    const { minutes, most, answers, cancelled } = this.plan;
    const { wire } = this.line;
    const made = await unlessExcused(
      createRequest({
        server: ANY_SERVER,
        expiry: `${minutes}m`,
        secretExpiry: `${minutes}m`,
        answers: most,
        views: answers[0]?.terms.views ?? 1,
        message: 'the password',
        fetch: wire.fetch,
        timeout: PATIENCE_MS,
      }),
    );
    if (made instanceof Error) {
      await this.world.rest(PAUSE_MS);
      return;
    }
    const cancelling = async () => {
      if (cancelled === null) return;
      await this.world.rest(cancelled);
      await unlessExcused(cancelRequest(made.collectLink, { fetch: wire.fetch, timeout: PATIENCE_MS }));
    };
    const lives = this.answerers.flatMap((line, index) => {
      const plan = answers[index];
      return plan === undefined ? [] : [this.#answer(made, plan, line, index)];
    });
    await Promise.all([cancelling(), ...lives]);
    await this.#list(made);
  }

  async #answer(made: CreatedRequest, plan: Plan, { wire, recorder }: Line, index: number): Promise<void> {
    wire.twins = plan.twins;
    const life = new Life(plan, this.world, wire, recorder, this.random.part(index));
    await life.live(async (secret) => {
      // The request itself is looked at on the line of who asked.
      const fetch: Fetch = (url, init) => (init.method === 'POST' ? wire : this.line.wire).fetch(url, init);
      const sent = await unlessExcused(
        answerRequest(made.requestLink, secret, { fetch, timeout: PATIENCE_MS }),
      );
      return sent instanceof Error ? null : this.#collect(made, sent.secretId);
    });
  }

  /** The link of an answer, for who asked. */
  async #collect(made: CreatedRequest, id: string): Promise<Link | null> {
    const listed = await this.#list(made);
    const answer = listed?.answers.find((one) => one.id === id);
    return answer === undefined || answer.keyHash === null ? null : answer.link();
  }

  async #list({ collectLink }: CreatedRequest) {
    const { wire } = this.line;
    for (let left = TRIES; left > 0; left--) {
      const listed = await unlessExcused(
        collectAnswers(collectLink, { fetch: wire.fetch, timeout: PATIENCE_MS }),
      );
      if (!(listed instanceof Error)) return listed;
      if (decides(listed)) return null;
      await this.world.rest(PAUSE_MS);
    }
    return null;
  }
}
