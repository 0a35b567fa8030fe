/**
 * What the processes over one store tell each other: that something has changed, by its name. Nothing is kept. A notice
 * can get lost with a connection or a process, so it only spares those who wait the time until they look again anyway.
 */

/** Between the processes over one store. */
export interface Channel {
  /**
   * Passes all notices of other processes on, until the store is closed. Call it once.
   * @returns when this process is listening: no notice that is sent afterwards passes it by unnoticed.
   * @throws StoreError if it cannot listen now. It goes on trying, and says with `missed` when it does.
   */
  listen(listener: ChannelListener): Promise<void>;

  /**
   * Tells the other processes. Where this fails, they learn of it later by themselves.
   * @param names without white space, at most {@link MAX_NAME_LENGTH} characters each.
   * @throws StoreError.
   */
  send(names: readonly string[]): Promise<void>;
}

/** Who is told. */
export interface ChannelListener {
  /** Other processes changed what goes by these names. */
  readonly changed: (names: readonly string[]) => void;
  /** Anything may have changed meanwhile: for a while this process did not listen. */
  readonly missed: () => void;
}

/** As long as the ids of everything that a store keeps. */
export const MAX_NAME_LENGTH = 22;
