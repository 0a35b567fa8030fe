/** The checker, on histories made by hand: each rule refuses what breaks it, and none refuses what can be. */

import { describe, expect, it } from 'vitest';
import { RULES } from './checker.js';
import type { Answer, Call, Gate, Terms } from './history.js';
import { EPOCH, EXPIRES, MINUTE, read, Story, TERMS } from './story.js';

const READ = 'SECRET_ALREADY_CONSUMED';
const REVOKED = 'SECRET_REVOKED';
const EXPIRED = 'SECRET_EXPIRED';

const ack = (claim: string): Call => ({ do: 'acknowledge', claim });
const revoke: Call = { do: 'revoke', proof: 'right' };
const status: Call = { do: 'status', proof: 'right' };
const done: Answer = { status: 204 };
/** The only view, taken for a claim just after the create. */
const TAKEN: Answer = { status: 200, purgeAt: EPOCH + 15 + MINUTE, viewsLeft: 0, bytes: 'right' };
const story = (terms: Partial<Terms> = {}) => new Story({ ...TERMS, ...terms }).create();
const state = (is: string, viewsLeft: number): Answer => ({
  status: 200,
  state: is,
  viewsLeft,
  expiresAt: EXPIRES,
});

/** By rule: what breaks it first, and what comes close but can be. `ended` stories are over. */
const STORIES: Readonly<Record<string, { breaks: () => Story; keeps: () => Story; ended?: true }>> = {
  'an answer is one of those in the protocol': {
    breaks: () => story().ask(read('c'), { status: 500, code: 'INTERNAL_ERROR' }),
    keeps: () => story().ask(read('c'), { status: 503, code: 'STORE_UNAVAILABLE' }),
  },
  'a full store refuses creates only': {
    breaks: () => story().ask(read('c'), { status: 507, code: 'STORE_FULL' }),
    keeps: () => story().ask({ do: 'create', body: 'own' }, { status: 507, code: 'STORE_FULL' }),
  },
  'what is delivered are the bytes that were created': {
    breaks: () =>
      story().ask(read('c'), { status: 200, purgeAt: EPOCH + MINUTE + 10, viewsLeft: 0, bytes: 'wrong' }),
    keeps: () => story().takes('c'),
  },
  'the same create makes one secret': {
    breaks: () => story().ask({ do: 'create', body: 'own' }, { status: 201, id: 'y', expiresAt: EXPIRES }),
    keeps: () => story().wait(500).create(),
  },
  'an idempotency key stands for one body': {
    breaks: () => story().ask({ do: 'create', body: 'other' }, { status: 201, id: 'y', expiresAt: EXPIRES }),
    keeps: () =>
      story().ask({ do: 'create', body: 'other' }, { status: 409, code: 'IDEMPOTENCY_KEY_REUSED' }),
  },
  'only the right key opens': {
    breaks: () =>
      story().ask(read('c', 'wrong'), { status: 200, purgeAt: EPOCH + MINUTE + 10, bytes: 'right' }),
    keeps: () => story().ask(read('c', 'wrong'), { status: 403, code: 'WRONG_KEY' }).takes('c'),
  },
  'the right key is not called wrong': {
    breaks: () => story().ask(read('c'), { status: 403, code: 'WRONG_KEY' }),
    keeps: () => story().ask(read(null, 'none'), { status: 403, code: 'PROOF_REQUIRED' }),
  },
  'a secret is known until a day after its expiry': {
    breaks: () =>
      story()
        .wait(60 * MINUTE)
        .ask(read('c'), { status: 404, code: 'SECRET_NOT_FOUND' }),
    keeps: () =>
      story()
        .wait(25 * 60 * MINUTE)
        .ask(read('c'), { status: 404, code: 'SECRET_NOT_FOUND' }),
  },
  'a status tells what can be': {
    breaks: () => story({ views: 2 }).takes('c', 1).ask(status, state('waiting', 2)),
    keeps: () =>
      story({ views: 2 }).ask(read('c')).ask(status, state('waiting', 1)).ask(status, state('waiting', 2)),
  },
  'delivered to at most as many as there are views': {
    breaks: () => story().takes('c').takes('d'),
    // The claim whose reply was lost asks again; both of the two views are then taken.
    keeps: () => story({ views: 2 }).ask(read('c')).takes('c', 1).takes('d', 0).refused('e', READ),
  },
  'a revocation denies somebody a view': {
    breaks: () => overlapping(1),
    keeps: () => overlapping(2),
  },
  'nothing is readable after a revocation': {
    breaks: () => story({ views: 2 }).takes('c', 1).ask(revoke, done).takes('c', 1),
    keeps: () => story({ views: 2 }).ask(revoke).takes('c', 1),
  },
  'nothing is readable after its acknowledgement': {
    breaks: () => story().ask(read('c'), TAKEN).ask(ack('c'), done).ask(read('c'), TAKEN),
    keeps: () => story().ask(ack('c'), done).takes('c'),
  },
  'a view is taken before the expiry': {
    breaks: () =>
      story()
        .wait(60 * MINUTE)
        .takes('c'),
    keeps: () =>
      story()
        .wait(60 * MINUTE - 2)
        .takes('c'),
  },
  'a view is taken when it is asked for': {
    breaks: () =>
      story().ask(read('c'), { status: 200, purgeAt: EPOCH + 2 * MINUTE, viewsLeft: 0, bytes: 'right' }),
    // By a clock that is ahead.
    keeps: () =>
      story()
        .step(MINUTE)
        .ask(read('c'), { status: 200, purgeAt: EPOCH + 2 * MINUTE + 15, viewsLeft: 0, bytes: 'right' }),
  },
  'a claim has one lease, which ends': {
    breaks: () => repeatedAfter(MINUTE),
    keeps: () => repeatedAfter(MINUTE - 20),
  },
  'the views that are left go down by one each': {
    breaks: () => story({ views: 3 }).takes('c', 2).takes('d', 2),
    keeps: () => story({ views: 3 }).ask(read('c')).takes('d', 2).takes('e', 0),
  },
  'a claim reads again until its lease ends': {
    breaks: () => story().takes('c').refused('c', READ),
    keeps: () => story().takes('c').ask(ack('c')).refused('c', READ),
  },
  'it is called read only when all views were taken': {
    breaks: () => story({ views: 2 }).takes('c', 1).refused('d', READ),
    keeps: () => story({ views: 2 }).takes('c', 1).ask(read(null)).refused('d', READ),
  },
  'it is called expired only after the expiry': {
    breaks: () => story().refused('c', EXPIRED),
    // The other server's clock is ahead, and it cleans up.
    keeps: () =>
      story()
        .step(2 * 60 * MINUTE, 'b')
        .refused('c', EXPIRED),
  },
  'it is called revoked only after a revocation': {
    breaks: () => story().refused('c', REVOKED),
    keeps: () => story().ask(revoke).refused('c', REVOKED),
  },
  'a refusal tells why': {
    breaks: () =>
      story()
        .takes(null)
        .wait(60 * MINUTE)
        .refused('d', EXPIRED),
    keeps: () =>
      story({ views: 2 })
        .takes(null, 1)
        .wait(60 * MINUTE)
        .refused('d', EXPIRED),
  },
  'a revocation comes before the end': {
    breaks: () =>
      story()
        .wait(60 * MINUTE)
        .ask(revoke, done),
    keeps: () =>
      story()
        .ask(revoke)
        .wait(60 * MINUTE)
        .ask(revoke, done),
  },
  'nothing is delivered once somebody was told that it is revoked': {
    breaks: () => story({ views: 2 }).ask(revoke).refused('c', REVOKED).takes('d', 1),
    keeps: () => story({ views: 2 }).takes('d', 1).ask(revoke).refused('c', REVOKED),
  },
  'nobody else gets a view once somebody was told that all are taken': {
    breaks: () => story().ask(read('c')).refused('d', READ).takes('e'),
    keeps: () => story().ask(read('c')).refused('d', READ).takes('c'),
  },
  'a gate lets in only who passes it': {
    breaks: () => gated({ is: 'address' }).comes({ from: 'elsewhere' }),
    // A claim that has its view is not asked again.
    keeps: () => gated({ is: 'address' }).comes({ from: 'home' }),
  },
  'a gate refuses only who does not pass it': {
    breaks: () => gated({ is: 'code' }).ask(SEND, SENT).comes({ code: 'sent' }, 'WRONG_CODE'),
    // Another code may have taken its place.
    keeps: () => gated({ is: 'code' }).ask(SEND, SENT).ask(SEND).comes({ code: 'sent' }, 'WRONG_CODE'),
  },
  'a code is judged five times': {
    breaks: () => guessed(6),
    keeps: () => guessed(5).ask(SEND, SENT).comes({ code: 'wrong' }, 'WRONG_CODE'),
  },
  'a code ends with five wrong ones': {
    breaks: () => guessed(5).comes({ code: 'sent' }),
    keeps: () => guessed(4).comes({ code: 'sent' }),
  },
  'chunks go only to who has a view': {
    breaks: () => withFiles().comes({}).ask(fetchOf('d'), { status: 200 }),
    // Its read was lost, and may have taken the view.
    keeps: () => withFiles().ask(read('d')).ask(fetchOf('d'), { status: 200 }),
  },
  'no chunk is readable after the end': {
    breaks: () => withFiles().comes({}).ask(ack('c'), done).ask(fetchOf('c'), { status: 200 }),
    keeps: () => withFiles().comes({}).ask(ack('c')).ask(fetchOf('c'), { status: 200 }),
  },
  'chunks are there until the lease ends': {
    breaks: () =>
      withFiles()
        .comes({})
        .wait(9 * MINUTE)
        .ask(fetchOf('c'), { status: 410, code: READ }),
    keeps: () =>
      withFiles()
        .comes({})
        .wait(10 * MINUTE)
        .ask(fetchOf('c'), { status: 410, code: READ }),
  },
  'an upload keeps what it was said to keep': {
    breaks: () => uploaded(done),
    keeps: () => uploaded(undefined),
  },
  'a command hands on the secret or nothing else': {
    breaks: () => story().takes('c').ran({ got: 'something else', code: null }),
    keeps: () => story().takes('c').ran({ got: 'part', code: null, killed: 'answered' }),
  },
  'a command that ends well has handed the secret on': {
    breaks: () => story().takes('c').ran({ got: 'nothing' }),
    keeps: () => story().takes('c').ran({ got: 'nothing', code: 8 }),
  },
  'a command acknowledges only what it has handed on': {
    breaks: () =>
      story()
        .takes('c')
        .ran({ got: 'part', code: null, acknowledged: ['c'] }),
    keeps: () =>
      story()
        .takes('c')
        .ran({ code: null, killed: 'acknowledging', acknowledged: ['c'] }),
  },
  'a command reads again under the claim that it had': {
    breaks: () =>
      killed()
        .refused('d', READ)
        .ran({ claims: ['d'], got: 'nothing', code: 6 }, 11),
    // On another machine, and where the lease ended while it asked.
    keeps: () =>
      killed()
        .refused('e', READ)
        .ran({ machine: 'n', claims: ['e'], got: 'nothing', code: 6 }, 11)
        .wait(MINUTE)
        .refused('d', READ)
        .ran({ claims: ['d'], got: 'nothing', code: 6 }, MINUTE),
  },
  'a command calls gone only what a server called gone': {
    breaks: () => killed().ran({ got: 'nothing', code: 6 }),
    keeps: () => killed().wait(MINUTE).refused('c', READ).ran({ got: 'nothing', code: 6 }),
  },
  'who asks gets an answer in the end': {
    breaks: () => story({ callback: false }).ask(read('c')).ask(read('c')),
    keeps: () => story({ callback: false }).ask(read('c')).takes('c'),
    ended: true,
  },
  'a delivery is whole, signed, and about its secret': {
    breaks: () => story().takes('c').told('secret.consumed').told('secret.expired', { secretId: 'y' }),
    keeps: () => story().takes('c').told('secret.consumed'),
    ended: true,
  },
  'an event is the same each time it is delivered': {
    breaks: () => story().takes('c').told('secret.consumed').told('secret.consumed', { eventId: 'other' }),
    keeps: () => story().takes('c').told('secret.consumed', { accepted: false }).told('secret.consumed'),
    ended: true,
  },
  'no event tells what did not happen': {
    breaks: () => story().takes('c').told('secret.consumed').told('secret.revoked'),
    keeps: () =>
      story({ views: 2 }).takes('c', 1).told('secret.consumed').ask(revoke, done).told('secret.revoked'),
    ended: true,
  },
  'an event tells when it happened': {
    breaks: () =>
      story()
        .takes('c')
        .told('secret.consumed', { occurredAt: EPOCH + 5 }),
    // Whose read that was nobody can tell: the reply was lost.
    keeps: () =>
      story({ views: 2 })
        .ask(read('c'))
        .takes('d', 0)
        .told('secret.consumed', { occurredAt: EPOCH + 15 }),
    ended: true,
  },
  'each event is delivered at least once': {
    breaks: () => story().takes('c').told('secret.consumed', { accepted: false }),
    keeps: () =>
      story()
        .wait(60 * MINUTE)
        .refused('c', EXPIRED)
        .told('secret.expired'),
    ended: true,
  },
};

const SEND: Call = { do: 'send code', proof: 'right' };
const SENT: Answer = { status: 202 };
const fetchOf = (claim: string): Call => ({ do: 'fetch', claim, proof: 'right', index: 0 });
const gated = (gate: Gate) => story({ gate });
const withFiles = () => story({ chunks: 2 });

/** So many wrong codes, where one was sent. */
function guessed(times: number): Story {
  const guesses = gated({ is: 'code' }).ask(SEND, SENT);
  for (let tries = 0; tries < times; tries++) guesses.comes({ code: 'wrong' }, 'WRONG_CODE');
  return guesses;
}

/** A create that does not find its two chunks, the second of which was answered so. */
function uploaded(second: Answer | undefined): Story {
  const put = (index: number): Call => ({ do: 'put', index });
  return new Story({ ...TERMS, chunks: 2 })
    .ask(put(0), done)
    .ask(put(1), second)
    .ask({ do: 'create', body: 'own' }, { status: 409, code: 'UPLOAD_INCOMPLETE' });
}

/** A command that had its view, and was killed before it had the answer. */
function killed(): Story {
  return story().takes('c').ran({ killed: 'taken', code: null, got: 'nothing' }, 11);
}

/** A revocation and a read at the same time, which both succeed: one view is not enough for that. */
function overlapping(views: number): Story {
  const both = story({ views });
  const [reads, revokes] = [both.sends(read('c')), both.sends(revoke)];
  return both
    .wait(10)
    .answers(reads, { ...TAKEN, viewsLeft: views - 1 })
    .answers(revokes, done);
}

/** A claim that reads again so many milliseconds after it had its view. */
function repeatedAfter(ms: number): Story {
  return story().ask(read('c'), TAKEN).wait(ms).ask(read('c'), TAKEN);
}

describe('the checker', () => {
  it('has stories for every rule', () => {
    expect(Object.keys(STORIES).sort()).toEqual([...RULES].sort());
  });

  describe.each(Object.entries(STORIES))('%s', (rule, { breaks, keeps, ended = false }) => {
    it('is broken by what cannot be', () => {
      expect(breaks().verdict(ended)).toBe(rule);
    });

    it('is kept by what can be', () => {
      expect(keeps().verdict(ended)).toBeNull();
    });
  });

  it('finds nothing wrong with a request that reached nobody', () => {
    const unsent = story();
    unsent.loses(unsent.sends(read('c')), true).takes('d');
    expect(unsent.verdict()).toBeNull();
    expect(unsent.refused('e', READ).verdict()).toBeNull();
    const alone = story();
    alone.loses(alone.sends(read('c')), true);
    expect(alone.refused('e', READ).verdict()).toBe('it is called read only when all views were taken');
  });

  it('lets a lost claim have taken its view at any time, but only one', () => {
    const lost = story({ views: 2 }).ask(read('c')).ask(read('c')).takes('d', 1);
    expect(lost.refused('e', READ).verdict()).toBeNull();
    const one = story({ views: 3 }).ask(read('c')).ask(read('c')).takes('d', 1);
    expect(one.refused('e', READ).verdict()).toBe('it is called read only when all views were taken');
  });

  it('measures by the clock of the server that was asked', () => {
    const ahead = story().step(2 * 60 * MINUTE, 'b');
    expect(ahead.takes('c').verdict()).toBeNull();
    const back = story()
      .wait(60 * MINUTE)
      .step(-MINUTE);
    const purgeAt = EPOCH + 60 * MINUTE + 15;
    back.ask(read('c'), { status: 200, purgeAt, viewsLeft: 0, bytes: 'right' });
    expect(back.verdict()).toBeNull();
  });
});
