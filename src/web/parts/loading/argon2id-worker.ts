/** The worker for Argon2id, which workers.ts starts: it gets one passphrase with its salt, and posts the 32 bytes. */

import { argon2id } from '../../../core/crypto/argon2id.js';
import type { Argon2idRequest } from './workers.js';

addEventListener('message', ({ data: { passphrase, salt } }: MessageEvent<Argon2idRequest>) => {
  // A rejected promise would fire no error event on the page's side; a reported error does.
  argon2id(passphrase, salt).then((bytes) => postMessage(bytes), reportError);
});
