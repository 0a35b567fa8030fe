/** What a create with files leaves to the process that goes on with it, as the command keeps it on a disk. */

import { type BrokenOffCreate, type CreateJournal, SourceChanged } from '../../src/client/files/journal.js';

/** Outlives the processes of one create. */
export class MemoryJournal {
  #kept: BrokenOffCreate | null = null;
  readonly #digests = new Map<string, string>();

  /** The journal as a new process finds it. */
  process(): CreateJournal {
    const keep = (create: BrokenOffCreate) => {
      this.#kept = create;
    };
    const kept = () => this.#kept;
    const digests = this.#digests;
    return {
      earlier: this.#kept,
      async begin(create) {
        digests.clear();
        keep(create);
      },
      async noteBody(body) {
        const create = kept();
        if (create !== null) keep({ ...create, body });
      },
      async noteChunk(place, digest) {
        const name = JSON.stringify(place);
        const text = Buffer.from(digest).toString('base64url');
        if ((digests.get(name) ?? text) !== text) throw new SourceChanged();
        digests.set(name, text);
      },
    };
  }
}
