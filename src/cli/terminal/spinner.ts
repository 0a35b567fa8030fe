/** The spinner. Loaded when somebody waits at a terminal, and only then. */

import tty from 'node:tty';
import ora from 'ora';

const STDERR = 2;

/** Width of a terminal that does not say, such as a serial line. */
const USUAL_COLUMNS = 80;

/**
 * Spins on stderr, which is a terminal.
 * @returns a function that clears the line and gives the cursor back.
 */
export function startSpinner(
  text: string,
  { colour, unicode }: { colour: boolean; unicode: boolean },
): () => void {
  // Closing it leaves descriptor 2 open: libuv works on a copy, and never closes the standard three.
  const stream = new tty.WriteStream(STDERR);
  // ora divides by it, and with 0 would clear lines for ever.
  if (!(stream.columns > 0)) stream.columns = USUAL_COLUMNS;
  const spinner = ora({
    text,
    stream,
    color: colour ? 'cyan' : false,
    spinner: unicode ? 'dots' : 'line',
    isEnabled: true,
    // stdin is not its business: a secret may be on its way in.
    discardStdin: false,
  }).start();
  return () => {
    spinner.stop();
    stream.destroy();
  };
}
