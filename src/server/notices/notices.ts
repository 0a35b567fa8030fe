/**
 * Notices that something has changed, for requests that wait for it. What a process changes itself it knows at once;
 * of what other processes over the same store change it hears by the store's channel, if that has one. Without one
 * (two processes over one SQLite file), who waits sees it when its time is up.
 */

import type { Channel } from '../store/contracts/channel.js';
import { describeError, type Log } from '../telemetry/log.js';

/** The notices of one process. */
export class Notices {
  readonly #channel: Channel | undefined;
  readonly #log: Log | undefined;
  readonly #watchers = new Map<string, Set<() => void>>();
  readonly #ends = new Set<() => void>();
  /** Changed here, and to be told to other processes. */
  readonly #untold = new Set<string>();
  #telling = false;
  #listening: Promise<void> | undefined;
  #isClosed = false;

  /** @param channel to other processes. Default: there are none. @param log where a broken channel is told. */
  constructor(channel?: Channel, log?: Log) {
    this.#channel = channel;
    this.#log = log;
  }

  /** Whether nobody is to wait any more. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /**
   * Tells everyone who watches `name`, in every process, that it has changed. Call it after the commit.
   * @param name of 22 characters at most, without white space: an id.
   */
  tell(name: string): void {
    for (const wake of this.#watchers.get(name) ?? []) wake();
    if (this.#channel === undefined) return;
    this.#untold.add(name);
    if (!this.#telling) void this.#tellOthers(this.#channel);
  }

  /**
   * Has `wake` called after each change of `name`, and when the notices end. It resolves when no change passes by
   * unnoticed: look at what is watched after that.
   * @returns a function that stops it.
   */
  async watch(name: string, wake: () => void): Promise<() => void> {
    const watchers = this.#watchers.get(name) ?? new Set();
    this.#watchers.set(name, watchers.add(wake));
    if (this.#channel !== undefined) {
      this.#listening ??= this.#listen(this.#channel);
      await this.#listening;
    }
    return () => {
      watchers.delete(wake);
      if (watchers.size === 0 && this.#watchers.get(name) === watchers) this.#watchers.delete(name);
    };
  }

  /** Has `end` called when the notices end. @returns a function that takes that back. */
  onClose(end: () => void): () => void {
    this.#ends.add(end);
    return () => void this.#ends.delete(end);
  }

  /** Ends all waiting, for a server that closes. */
  close(): void {
    this.#isClosed = true;
    for (const end of this.#ends) end();
  }

  async #listen(channel: Channel): Promise<void> {
    const listener = {
      changed: (names: readonly string[]) => {
        for (const name of names) for (const wake of this.#watchers.get(name) ?? []) wake();
      },
      missed: () => {
        for (const watchers of this.#watchers.values()) for (const wake of watchers) wake();
      },
    };
    // Who waits does without notices until the channel stands: it looks when its time is up.
    await channel.listen(listener).catch((error: unknown) => this.#broken(error));
  }

  /** Names gather while others are on their way: a busy server tells many at a time. */
  async #tellOthers(channel: Channel): Promise<void> {
    this.#telling = true;
    while (this.#untold.size > 0) {
      const names = [...this.#untold];
      this.#untold.clear();
      await channel.send(names).catch((error: unknown) => this.#broken(error));
    }
    this.#telling = false;
  }

  #broken(error: unknown): void {
    this.#log?.error('notices lost', describeError(error));
  }
}
