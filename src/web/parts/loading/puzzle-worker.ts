/** The worker for puzzles, which workers.ts starts: it gets one puzzle, and posts its number. */

import { findNumber, type Puzzle } from '../../../client/gates/find-number.js';

addEventListener('message', ({ data }: MessageEvent<Puzzle>) => {
  // A rejected promise would fire no error event on the page's side; a reported error does.
  findNumber(data, undefined).then((number) => postMessage(number), reportError);
});
