/** Saving what was revealed on the visitor's device: straight to the disk where the browser lets pages write there. */

/** How long the page keeps the bytes of a download for the browser to copy, in milliseconds. */
const DOWNLOAD_MS = 60_000;

/** The largest file that is put together in memory where the browser cannot write to the disk, in bytes. */
export const MAX_BYTES_IN_MEMORY = 500_000_000;

/** The part of the File System Access API (WICG) that is used here: TypeScript's own library does not declare it. */
interface FilePickers {
  showSaveFilePicker?(options: { suggestedName: string }): Promise<FileSystemFileHandle>;
}

/** Where a file is written to. */
export type Target = FileSystemFileHandle | 'memory';

/**
 * Asks where to save a file of some size. Has to be called while a click is handled.
 * @returns `cancelled` when the visitor has changed their mind, `tooLarge` where this browser cannot take so much.
 */
export async function chooseTarget(name: string, bytes: number): Promise<Target | 'cancelled' | 'tooLarge'> {
  const { showSaveFilePicker } = globalThis as FilePickers;
  if (showSaveFilePicker === undefined) return bytes > MAX_BYTES_IN_MEMORY ? 'tooLarge' : 'memory';
  try {
    return await showSaveFilePicker.call(globalThis, { suggestedName: name });
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') return 'cancelled';
    // Forbidden in a frame, or by an administrator.
    if (error instanceof DOMException) return bytes > MAX_BYTES_IN_MEMORY ? 'tooLarge' : 'memory';
    throw error;
  }
}

/**
 * Writes pieces to a target. Where that fails, no part of the file is left.
 * @throws what the pieces fail with; DOMException when the disk is full.
 */
export async function savePieces(
  pieces: AsyncIterable<Uint8Array<ArrayBuffer>>,
  name: string,
  target: Target,
): Promise<void> {
  if (target === 'memory') {
    const all: Uint8Array<ArrayBuffer>[] = [];
    for await (const piece of pieces) all.push(piece);
    saveBlob(new Blob(all), name);
    return;
  }
  const writable = await target.createWritable();
  try {
    for await (const piece of pieces) await writable.write(piece);
    await writable.close();
  } catch (error) {
    await writable.abort();
    throw error;
  }
}

/** Has the browser download bytes under a name. */
export function saveBlob(content: Blob, name: string): void {
  // A type that the browser saves and never opens by itself.
  const url = URL.createObjectURL(new Blob([content], { type: 'application/octet-stream' }));
  const anchor = document.createElement('a');
  anchor.href = url;
  anchor.download = name;
  anchor.click();
  setTimeout(() => URL.revokeObjectURL(url), DOWNLOAD_MS);
}
