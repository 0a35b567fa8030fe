/** The token of a proxy: whoever carries it is let in, and nobody behind the proxy gets it. */

import { expect, it } from 'vitest';
import { makeToken, withoutToken } from '../../../src/broker/proxy/admission.js';

const TOKEN = makeToken();
const basic = (pair: string) => `Basic ${Buffer.from(pair).toString('base64')}`;

it.each(['X-Zephr-Token', 'Proxy-Authorization', 'Authorization', 'X-API-Key'])(
  'a token in %s is passed on to nobody, alone, as a bearer or as a password',
  (name) => {
    for (const value of [TOKEN, `Bearer ${TOKEN}`, `bearer  ${TOKEN}`, basic(`x:${TOKEN}`)])
      expect(withoutToken([[name, value]], TOKEN)).toEqual([]);
  },
);

it('what is not the token stays, in the same headers too', () => {
  const others = [
    ['Authorization', `Bearer ${makeToken()}`],
    ['X-API-Key', 'sk_live_4711'],
    ['Authorization', basic('me:hunter2')],
    ['Cookie', 'a=b'],
  ] as const;
  expect(withoutToken(others, TOKEN)).toEqual(others);
});
