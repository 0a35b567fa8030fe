/** Waiting that an interrupt ends. */

/**
 * The result of `work`, or the interrupt's error if that comes first. Work that cannot be called off, such as a
 * read that blocks in a thread, goes on unheard: `Terminal.endBy` sees to it that it does not keep the process.
 */
export function orInterrupt<T>(work: Promise<T>, interrupt: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const giveUp = () => reject(interrupt.reason);
    const settle = () => interrupt.removeEventListener('abort', giveUp);
    if (interrupt.aborted) giveUp();
    interrupt.addEventListener('abort', giveUp, { once: true });
    work.finally(settle).then(resolve, reject);
  });
}
