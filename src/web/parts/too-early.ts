/** When a secret can be read that its sender lets nobody read yet (core/protocol/PROTOCOL.md section 9). */

import type { RetrieveSecretOptions } from '../../client/read.js';
import { secretStatus } from '../../client/status.js';
import { ApiError, ZephrError } from '../../core/errors.js';
import type { Link } from '../../core/link.js';
import { serverNow } from './page-fetch.js';
import { formatAhead } from './times.js';

/**
 * The time for the text of the outcome `tooEarly`, such as `today at 23:40, in 1 hour`; empty for other errors.
 * @param error of the read. @param options of it: the secret is asked for its time, which may be too far for the error.
 */
export async function readableAhead(
  error: unknown,
  link: Link,
  options: RetrieveSecretOptions,
): Promise<string> {
  if (!(error instanceof ApiError && error.code === 'TOO_EARLY')) return '';
  try {
    const { notBefore } = await secretStatus(link, options);
    if (notBefore !== undefined) return formatAhead(notBefore);
  } catch (failure) {
    if (!(failure instanceof ZephrError)) throw failure;
  }
  return formatAhead(serverNow() + (error.retryAfter ?? 0) * 1_000);
}
