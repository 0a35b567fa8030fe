/** The worker behind argon2id.ts: one passphrase in, its 32 bytes out. */

import { argon2id } from '../../core/crypto/argon2id.js';
import type { Argon2idRequest } from './argon2id.js';

addEventListener('message', ({ data: { passphrase, salt } }: MessageEvent<Argon2idRequest>) => {
  // What is reported here is an error event there; what is only rejected is not.
  argon2id(passphrase, salt).then((bytes) => postMessage(bytes), reportError);
});
