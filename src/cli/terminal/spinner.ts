/** The spinner. Loaded when a person has waited at a terminal for a moment. */

import tty from 'node:tty';
import ora from 'ora';

const STDERR = 2;

/** The width where the terminal does not tell it, as on a serial line. */
const USUAL_COLUMNS = 80;

/**
 * Spins on stderr, which is a terminal.
 * @returns a function that clears the line and shows the cursor again.
 */
export function startSpinner(
  text: string,
  { color, unicode }: { color: boolean; unicode: boolean },
): () => void {
  // Closing this stream leaves descriptor 2 open: libuv works on a copy, and never closes 0, 1 and 2.
  const stream = new tty.WriteStream(STDERR);
  // ora divides by the width, and would clear lines for ever with 0.
  if (!(stream.columns > 0)) stream.columns = USUAL_COLUMNS;
  const spinner = ora({
    text,
    stream,
    color: color ? 'cyan' : false,
    spinner: unicode ? 'dots' : 'line',
    isEnabled: true,
    // ora must not read stdin: a secret may be coming in there.
    discardStdin: false,
  }).start();
  return () => {
    spinner.stop();
    stream.destroy();
  };
}
