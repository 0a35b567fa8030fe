/** What the client finds wrong before it asks the server for a secret. */

import { describe, expect, it } from 'vitest';
import { readSecret } from '../../src/client/read.js';

const link = `https://zephr.example/secret/${'A'.repeat(22)}#v1.${'A'.repeat(43)}`;

describe('a claim', () => {
  it.each(['', 'short', 'x'.repeat(65), `${'x'.repeat(30)}\n`, 'ä'.repeat(30)])(
    'such as %j is refused before anything is sent',
    async (claim) => {
      const fetch = () => {
        throw new Error('nothing may be sent');
      };
      await expect(readSecret(link, { claim, fetch })).rejects.toMatchObject({
        name: 'ValidationError',
        code: 'INVALID_CLAIM',
      });
    },
  );
});
