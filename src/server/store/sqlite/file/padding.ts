/**
 * Where a blob lies in SQLite's file: on pages of its own.
 *
 * `secure_delete` overwrites what is deleted, but SQLite also moves rows between the pages of a table's tree when
 * these fill and empty, and leaves what it moved where it was, in a page's unused middle. Such a copy outlives its
 * row. Overflow pages, in contrast, never move and are overwritten whole when they are freed. So each row starts
 * with padding that fills its part of the tree and leaves the blob to the overflow pages.
 * (SQLite's "Database File Format", section 1.6, has the arithmetic below for table leaf cells.)
 */

/** Bytes of an overflow page that name the next one. */
const OVERFLOW_POINTER = 4;

/** Size of a page in new files, in bytes: small, because every secret takes whole pages. */
export const PAGE_SIZE = 1024;

/**
 * Bytes of padding before a blob of `length` bytes, so that none of it lies in the tree. The row's header, which stands
 * before the padding, counts as 0 bytes: it only takes room in the tree.
 */
export function paddingFor(length: number, pageSize: number): number {
  const overflow = pageSize - OVERFLOW_POINTER;
  // A long row keeps this many bytes in the tree, and as many more as would not fill a last overflow page.
  const kept = Math.floor(((pageSize - 12) * 32) / 255) - 23;
  return kept + Math.ceil(length / overflow) * overflow - length;
}
