/** Files of data that the page fetches when it needs them: by their hashes, so that none is taken that was changed. */

/** A file beside the page's script. The build defines which there are. */
export interface DataFile {
  /** Relative to the page's script. It has a part of the hash, so that a browser may keep the file for ever. */
  readonly path: string;
  /** As Subresource Integrity (W3C) has it. */
  readonly integrity: string;
}

/**
 * Fetches a file. The browser compares its hash before any of it is seen. A copy that was changed may be in the browser's
 * cache, and stay there: then the file is fetched past the cache.
 *
 * @returns `null` when it did not arrive, or was changed on its way.
 */
export async function fetchData(file: DataFile): Promise<Response | null> {
  return (await attempt(file, 'default')) ?? (await attempt(file, 'reload'));
}

async function attempt({ path, integrity }: DataFile, cache: RequestCache): Promise<Response | null> {
  try {
    const answer = await fetch(new URL(path, import.meta.url), { integrity, cache });
    return answer.ok ? answer : null;
  } catch (error) {
    // What the network throws, and what a browser throws for another hash.
    if (error instanceof TypeError) return null;
    throw error;
  }
}
