/** Ids for new secrets (PROTOCOL.md section 1). */

import { encodeBase64url } from '../core/base64url.js';
import type { RandomBytes } from '../core/bytes.js';

const ID_BYTES = 16;

/** Ids that one call of the generator serves: it takes about as long for 4,096 bytes as for 16. */
const IDS_AT_ONCE = 256;

/** Makes ids: each call gives 22 characters of base64url that were never given before. */
export function idMaker(random: RandomBytes): () => string {
  let bytes = random(0);
  let used = 0;
  return () => {
    if (used === bytes.length) {
      bytes = random(ID_BYTES * IDS_AT_ONCE);
      used = 0;
    }
    used += ID_BYTES;
    return encodeBase64url(bytes.subarray(used - ID_BYTES, used));
  };
}
