/** Faults planted into the product itself: they prove that the checker finds what it is there for. */

import { LEASE_MS } from '../../src/core/protocol/limits.js';
import type { ChunkOutcome } from '../../src/server/store/contracts/chunks.js';
import { STRANGER } from '../../src/server/store/contracts/gates.js';
import { stateOf } from '../../src/server/store/contracts/lifecycle.js';
import type { AnswerOutcome, RequestStore } from '../../src/server/store/contracts/requests.js';
import type { NewSecret, SecretStore } from '../../src/server/store/contracts/secrets.js';
import type { Store } from '../../src/server/store/contracts/store.js';
import { overridden } from '../support/overridden.js';
import type { Mix } from './plan.js';
import { HOME } from './wire.js';

/** A fault, and how rare it is: one in so many. */
export interface Plant {
  readonly name: PlantName;
  readonly oneIn: number;
}

export type PlantName = keyof typeof PLANTS;

/** What a planted server is told of its fault, JSON. */
export const PLANT_VARIABLE = 'ZEPHR_CAMPAIGN_PLANT';

/** Says that it is time, once in so many calls on average. */
type Chance = () => boolean;

/** Each fault as a store that is wrong. */
export const PLANTS = {
  /** Hands a secret out and forgets that it did. */
  'forgotten-read': (store: Store, chance: Chance): Store => {
    const made = new Map<string, NewSecret>();
    return withSecrets(store, {
      async create(secret) {
        const outcome = await store.secrets.create(secret);
        if (outcome.outcome === 'created') made.set(secret.id, secret);
        return outcome;
      },
      async consume(id, claim, shown, now, ...rest) {
        const secret = made.get(id);
        const record = secret !== undefined && chance() ? await store.secrets.status(id, shown, now) : null;
        if (!secret || record?.outcome !== 'found' || stateOf(record, now) !== 'waiting') {
          return store.secrets.consume(id, claim, shown, now, ...rest);
        }
        const purgeAt = claim === null ? now : now + LEASE_MS;
        const { version, blob, hint } = secret;
        return {
          outcome: 'consumed',
          version,
          blob,
          hint,
          viewsLeft: record.viewsLeft - 1,
          purgeAt,
          chunks: null,
        };
      },
    });
  },

  /** Says that a secret is kept before it is, and then is not. */
  'lost-create': (store: Store, chance: Chance): Store =>
    withSecrets(store, {
      async create(secret) {
        if (!chance()) return store.secrets.create(secret);
        const { id, version, views, expiresAt } = secret;
        return { outcome: 'created', id, version, views, expiresAt };
      },
    }),

  /** Lets somebody read who comes too late. */
  'late-read': (store: Store, chance: Chance): Store =>
    withSecrets(store, {
      consume: (id, claim, shown, now, ...rest) =>
        store.secrets.consume(id, claim, shown, chance() ? now - 30 * 60_000 : now, ...rest),
    }),

  /** Loses an event before it is delivered. */
  'lost-event': (store: Store, chance: Chance): Store => {
    const { outbox } = store;
    return overridden(store, {
      outbox: overridden(outbox, {
        async leaseEvents(now, limit, leaseMs, except) {
          const leased = await outbox.leaseEvents(now, limit, leaseMs, except);
          const lost = leased.filter(() => chance());
          await Promise.all(lost.map(({ id }) => outbox.markDelivered(id)));
          return leased.filter((event) => !lost.includes(event));
        },
      }),
    });
  },

  /** Forgets that a claim has a view, so that who was killed, or lost the answer, has lost the secret. */
  'forgotten-claim': (store: Store, chance: Chance): Store => {
    const given = new Set<string>();
    return withSecrets(store, {
      async consume(id, claim, ...rest) {
        const name = `${id} ${claim}`;
        if (given.has(name) && chance()) return { outcome: 'gone', state: 'read' };
        const outcome = await store.secrets.consume(id, claim, ...rest);
        if (outcome.outcome === 'consumed') given.add(name);
        return outcome;
      },
    });
  },

  /** Says that an acknowledgement was taken, and goes on giving the secret to its claim. */
  'forgotten-acknowledgement': (store: Store, chance: Chance): Store =>
    withSecrets(store, {
      acknowledge: async (id, claim, now) => (chance() ? true : store.secrets.acknowledge(id, claim, now)),
    }),

  /** Lets somebody in whom a gate has refused. */
  'open-gate': (store: Store, chance: Chance): Store =>
    withSecrets(store, {
      async consume(id, claim, shown, now, takesChunks, visitor = STRANGER) {
        const outcome = await store.secrets.consume(id, claim, shown, now, takesChunks, visitor);
        const isRefused = outcome.outcome === 'address not allowed' || outcome.outcome === 'too early';
        if (!isRefused || !chance()) return outcome;
        const later = outcome.outcome === 'too early' ? now + outcome.waitMs : now;
        return store.secrets.consume(id, claim, shown, later, takesChunks, { ...visitor, address: HOME });
      },
    }),

  /** Counts no wrong code, so that all of them can be tried. */
  'endless-code': (store: Store, chance: Chance): Store => {
    const codes = new Map<string, string>();
    return withSecrets(store, {
      sendCode(id, shown, visitor, code, now) {
        codes.set(id, code.mac);
        return store.secrets.sendCode(id, shown, visitor, code, now);
      },
      async consume(id, claim, shown, now, takesChunks, visitor = STRANGER) {
        const mac = codes.get(id);
        const isWrong = mac !== undefined && visitor.codeMac !== null && visitor.codeMac !== mac;
        if (isWrong && chance()) return { outcome: 'wrong code' };
        return store.secrets.consume(id, claim, shown, now, takesChunks, visitor);
      },
    });
  },

  /** Says that a chunk is kept before it is, and then is not. */
  'lost-chunk': (store: Store, chance: Chance): Store => {
    const { chunks } = store;
    return overridden(store, {
      chunks: overridden(chunks, {
        putChunk: async (id, index, bytes, now) =>
          chance() ? 'kept' : chunks.putChunk(id, index, bytes, now),
      }),
    });
  },

  /** Gives one chunk for another. */
  'mixed-chunks': (store: Store, chance: Chance): Store => {
    const { chunks } = store;
    return overridden(store, {
      chunks: overridden(chunks, {
        fetchChunk: (id, claim, index, shown, now) =>
          chunks.fetchChunk(id, claim, chance() ? 0 : index, shown, now),
      }),
    });
  },

  /** Gives chunks to a claim whose view has ended. */
  'late-chunk': (store: Store, chance: Chance): Store => {
    const { chunks } = store;
    const given = new Map<string, ChunkOutcome>();
    return overridden(store, {
      chunks: overridden(chunks, {
        async fetchChunk(id, claim, index, shown, now) {
          const name = `${id} ${claim} ${index}`;
          const outcome = await chunks.fetchChunk(id, claim, index, shown, now);
          if (outcome.outcome === 'chunk')
            given.set(name, { ...outcome, bytes: Uint8Array.from(outcome.bytes) });
          return (outcome.outcome === 'gone' && chance() ? given.get(name) : undefined) ?? outcome;
        },
      }),
    });
  },

  /** Takes an answer more than a request has room for. */
  'one-answer-more': (store: Store, chance: Chance): Store =>
    withRequests(store, {
      async answer(id, answer, proofHash) {
        const outcome = await store.requests.answer(id, answer, proofHash);
        if (outcome.outcome !== 'closed' || outcome.state !== 'answered' || !chance()) return outcome;
        return store.secrets.create(answer.secret) as Promise<AnswerOutcome>;
      },
    }),

  /** Says that an answer is kept before it is, and then is not. */
  'lost-answer': (store: Store, chance: Chance): Store =>
    withRequests(store, {
      async answer(id, answer, proofHash) {
        if (!chance()) return store.requests.answer(id, answer, proofHash);
        const { secret } = answer;
        const expiresAt = secret.createdAt + 60_000;
        return { outcome: 'created', id: secret.id, version: 2, views: secret.views, expiresAt };
      },
    }),
};

/** Which lives come near a plant; any, where none is named. */
export const KINDS: Readonly<Partial<Record<PlantName, keyof Mix>>> = {
  'open-gate': 'gated',
  'endless-code': 'gated',
  'lost-chunk': 'files',
  'mixed-chunks': 'files',
  'late-chunk': 'files',
  'one-answer-more': 'request',
  'lost-answer': 'request',
};

/** `store` with some verbs of its requests replaced. */
function withRequests(store: Store, verbs: Partial<RequestStore>): Store {
  return overridden(store, { requests: overridden(store.requests, verbs) });
}

/** `store` with some verbs of its secrets replaced. */
function withSecrets(store: Store, verbs: Partial<SecretStore>): Store {
  return overridden(store, { secrets: overridden(store.secrets, verbs) });
}
