/** Waits in words. */

import { expect, test } from 'vitest';
import { inWords } from '../../src/core/waiting-time.js';

const HOUR = 3_600;
const DAY = 24 * HOUR;

test.each([
  [0, 'in 1 second'],
  [0.2, 'in 1 second'],
  [1, 'in 1 second'],
  [2, 'in 2 seconds'],
  [90, 'in 90 seconds'],
  [90.5, 'in 2 minutes'],
  [300, 'in 5 minutes'],
  [301, 'in 6 minutes'],
  [1.5 * HOUR, 'in 90 minutes'],
  [1.5 * HOUR + 1, 'in 2 hours'],
  [14.5 * HOUR, 'in 15 hours'],
  [DAY, 'in 24 hours'],
  [1.5 * DAY, 'in 36 hours'],
  [1.5 * DAY + 1, 'in 2 days'],
  [16.5 * DAY, 'in 17 days'],
  [31 * DAY, 'in 31 days'],
])('%d seconds are %s', (seconds, words) => {
  expect(inWords(seconds)).toBe(words);
});
