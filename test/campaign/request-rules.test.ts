/** The rules for requests, on histories made by hand: each refuses what breaks it, and none what can be. */

import { describe, expect, it } from 'vitest';
import type { Answer, Call } from './history.js';
import { checkRequest, REQUEST_RULES } from './request-rules.js';
import { EPOCH, EXPIRES, MINUTE, Story, TERMS } from './story.js';

const LIST: Call = { do: 'list' };
const CANCEL: Call = { do: 'cancel' };
const done: Answer = { status: 204 };
const ANSWERED: Answer = { status: 410, code: 'REQUEST_ANSWERED' };

/** A request for so many answers, and up to three of them, told in one order. */
class Told {
  readonly request: Story;
  readonly #answers = ['x', 'y', 'z'].map((id) => ({
    id,
    story: new Story({ ...TERMS, callback: false, answer: true }),
  }));

  constructor(views = 1) {
    this.request = new Story({ ...TERMS, callback: false, views });
    this.asks({ do: 'ask' }, { status: 201, id: 'r', expiresAt: EXPIRES });
  }

  asks(call: Call, answer?: Answer): this {
    this.request.ask(call, answer);
    for (const { story } of this.#answers) story.wait(11);
    return this;
  }

  lists(state: string, answersLeft: number, ...answers: string[]): this {
    return this.asks(LIST, { status: 200, state, answersLeft, answers });
  }

  wait(ms: number): this {
    for (const story of this.#all) story.wait(ms);
    return this;
  }

  /** An answer comes, and is taken, refused or lost. */
  comes(id: string, refusal?: Answer | null): this {
    const taken: Answer = { status: 201, id, expiresAt: EXPIRES };
    for (const { id: one, story } of this.#answers) {
      if (one === id)
        story.ask({ do: 'create', body: 'own' }, refusal === null ? undefined : (refusal ?? taken));
      else story.wait(11);
    }
    this.request.wait(11);
    return this;
  }

  verdict(): string | null {
    const history = {
      request: this.request.history,
      answers: this.#answers.map(({ story }) => story.history),
    };
    return checkRequest(history, this.request.clocks)?.rule ?? null;
  }

  get #all(): Story[] {
    return [this.request, ...this.#answers.map(({ story }) => story)];
  }
}

/** By rule: what breaks it first, and what comes close but can be. */
const STORIES: Readonly<Record<string, { breaks: () => Told; keeps: () => Told }>> = {
  'a request takes as many answers as were asked for': {
    breaks: () => new Told().comes('x').comes('y'),
    keeps: () => new Told(2).comes('x').comes('y').comes('z', ANSWERED),
  },
  'an answer that was taken is listed': {
    breaks: () => new Told(2).comes('x').lists('open', 1),
    keeps: () => new Told(2).comes('x').lists('open', 1, 'x'),
  },
  'a request is closed only when something has closed it': {
    breaks: () => new Told(2).comes('x').comes('y', ANSWERED),
    // The answer that was lost may have come.
    keeps: () => new Told(2).comes('x').comes('z', null).comes('y', ANSWERED),
  },
  'a cancelled request takes no answer': {
    breaks: () => new Told().asks(CANCEL, done).comes('x'),
    keeps: () => new Told().asks(CANCEL).comes('x'),
  },
  'a cancellation comes before the last answer': {
    breaks: () => new Told().comes('x').asks(CANCEL, done),
    keeps: () => new Told(2).comes('x').asks(CANCEL, done),
  },
  'a list tells what can be': {
    breaks: () => new Told(2).lists('open', 1),
    keeps: () => new Told(2).comes('x', null).lists('open', 1).lists('open', 2),
  },
};

describe('the checker of requests', () => {
  it('has stories for every rule', () => {
    expect(Object.keys(STORIES).sort()).toEqual([...REQUEST_RULES].sort());
  });

  describe.each(Object.entries(STORIES))('%s', (rule, { breaks, keeps }) => {
    it('is broken by what cannot be', () => {
      expect(breaks().verdict()).toBe(rule);
    });

    it('is kept by what can be', () => {
      expect(keeps().verdict()).toBeNull();
    });
  });

  it('lets a request expire by the clock of any server', () => {
    const EXPIRED: Answer = { status: 410, code: 'REQUEST_EXPIRED' };
    expect(new Told().comes('x', EXPIRED).verdict()).not.toBeNull();
    const late = new Told().wait(EXPIRES - EPOCH + MINUTE);
    expect(late.comes('x', EXPIRED).lists('expired', 1).verdict()).toBeNull();
  });
});
