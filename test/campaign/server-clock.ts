/**
 * Runs inside a server, before anything else of it: gives it a clock of the campaign's, which runs faster and can be
 * stepped. All that zephr decides by time it decides by `Date.now`, or by
 * PostgreSQL's clock, which `setClock` of `postgres-under-test.ts` sets. Timers run as ever, and so does what waits for
 * the network or a disk.
 */

/** What a server is told of its clock: in the environment when it starts, and in messages later. */
export interface ClockSettings {
  /** When the campaign began, by the system's monotonic clock in nanoseconds. */
  readonly began: string;
  readonly rate: number;
  readonly epoch: number;
  readonly offset: number;
}

/** The variable with the settings, JSON. */
export const CLOCK_VARIABLE = 'ZEPHR_CAMPAIGN_CLOCK';

const text = process.env[CLOCK_VARIABLE];
if (text !== undefined) {
  const { began, rate, epoch, offset: first } = JSON.parse(text) as ClockSettings;
  let offset = first;
  const start = BigInt(began);
  Date.now = () => Math.floor(epoch + (Number(process.hrtime.bigint() - start) / 1e6) * rate + offset);
  // The monotonic clock runs as fast, and is never stepped.
  const elapsed = performance.now.bind(performance);
  performance.now = () => elapsed() * rate;
  process.on('message', (message: { readonly offset: number }) => {
    offset = message.offset;
    process.send?.({ offset });
  });
  // The channel must not keep a server alive that is done; but one whose campaign is gone has nothing left to do.
  process.on('disconnect', () => process.exit(70));
  process.channel?.unref();
}
