/** The process that goes on masking what outlives a command (mask-rest.ts). It ends when nobody can write any more. */

import { readFileSync } from 'node:fs';
import { Socket } from 'node:net';
import { Masker, maskedForms } from '../../../../broker/masking/masker.js';
import { concatBytes } from '../../../../core/bytes.js';
import { writerOf } from '../../../terminal/descriptors.js';
import type { MaskingOrder } from './mask-rest.js';

const { secrets, streams }: MaskingOrder = JSON.parse(readFileSync(0, 'utf8'));
// Node's own handler would open the inspector.
process.on('SIGUSR1', () => undefined);
const forms = maskedForms(secrets.map(({ name, value }) => ({ name, value: Uint8Array.from(value) })));

for (const { from, to, position } of streams) {
  const masker = Masker.at(forms, position);
  const writer = writerOf(to, (work) => work);
  const socket = new Socket({ fd: from, readable: true, writable: false });
  void (async () => {
    for await (const chunk of socket as AsyncIterable<Uint8Array>)
      await writer.write(concatBytes(...masker.push(chunk)));
    await writer.write(concatBytes(...masker.end()));
    // Who reads has gone: then who writes is told by the system.
  })().catch(() => socket.destroy());
}
