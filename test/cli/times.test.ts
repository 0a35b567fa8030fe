/** Times as people read them: relative, by the local clock, and true where the clock of this machine is wrong. */

import { afterEach, describe, expect, it } from 'vitest';
import { clockTime, durationInWords, timeInWords } from '../../src/cli/terminal/times.js';
import { withServerClock } from '../../src/net/server-clock.js';
import { httpHost } from '../support/hosts.js';
import { openSession } from '../support/session.js';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

describe('a duration', () => {
  it.each([
    [0, '0 seconds'],
    [SECOND, '1 second'],
    [59.4 * SECOND, '59 seconds'],
    [MINUTE, '1 minute'],
    [119 * SECOND, '119 seconds'],
    [5 * MINUTE - 20, '5 minutes'],
    [HOUR - 20, '1 hour'],
    [90 * MINUTE, '1 hour 30 minutes'],
    [DAY - 20, '1 day'],
    [DAY + 5 * MINUTE, '1 day'],
    [DAY + 3 * HOUR, '1 day 3 hours'],
    [30 * DAY - 20, '30 days'],
  ])('of %i ms is %s', (milliseconds, words) => expect(durationInWords(milliseconds)).toBe(words));
});

describe('a point of time', () => {
  const zone = process.env.TZ;
  afterEach(() => {
    if (zone === undefined) delete process.env.TZ;
    else process.env.TZ = zone;
  });

  it.each([
    ['UTC', '22:40', 'in 1 hour, at 22:40', '30 minutes ago, at 21:10'],
    ['Europe/Berlin', '23:40', 'in 1 hour, at 23:40', '30 minutes ago, at 22:10'],
    ['America/New_York', '17:40', 'in 1 hour, at 17:40', '30 minutes ago, at 16:10'],
    ['Pacific/Kiritimati', '12:40', 'in 1 hour, at 12:40', '30 minutes ago, at 11:10'],
    ['Asia/Kolkata', '04:10', 'in 1 hour, at 04:10', '30 minutes ago, at 02:40'],
  ])('is told by the clock of %s', (timeZone, clock, ahead, ago) => {
    process.env.TZ = timeZone;
    const now = Date.parse('2026-01-02T21:40:00Z');
    expect(clockTime(now + HOUR, now)).toBe(clock);
    expect(timeInWords(now + HOUR, now)).toBe(ahead);
    expect(timeInWords(now - 30 * MINUTE, now)).toBe(ago);
  });

  it('has its date on another day, and two digits for each number', () => {
    process.env.TZ = 'UTC';
    const now = Date.parse('2026-01-02T23:59:00Z');
    expect(timeInWords(now + 2 * MINUTE, now)).toBe('in 2 minutes, at 2026-01-03 00:01');
    expect(timeInWords(now - 23 * HOUR, now)).toBe('23 hours ago, at 00:59');
  });
});

describe('the clock of a server', () => {
  async function clockOf(date: string | null) {
    const { fetch, clock } = withServerClock(async (_url: string, _init: undefined) => ({
      headers: { get: (name: string) => (name === 'date' ? date : null) },
    }));
    await fetch('', undefined);
    return clock;
  }

  it.each([
    ['an hour ahead', HOUR],
    ['two days behind', -2 * DAY],
  ])('that is %s tells how far away its times are', async (_, ahead) => {
    const clock = await clockOf(new Date(Date.now() + ahead).toUTCString());
    const inFiveMinutes = Date.now() + ahead + 5 * MINUTE;
    expect(clock.toLocal(inFiveMinutes) - Date.now()).toBeGreaterThan(5 * MINUTE - 2 * SECOND);
    expect(clock.toLocal(inFiveMinutes) - Date.now()).toBeLessThan(5 * MINUTE + 2 * SECOND);
  });

  it.each([[null], ['no date'], ['']])('is this machine’s where the reply says %j', async (date) => {
    const now = Date.now();
    expect((await clockOf(date)).toLocal(now)).toBe(now);
  });

  it('is this machine’s but for more than two seconds', async () => {
    const now = Date.now();
    expect((await clockOf(new Date(now).toUTCString())).toLocal(now)).toBe(now);
  });
});

describe('an expiry', () => {
  /** A server whose clock is so many milliseconds ahead, or behind. */
  const serverAhead = (ahead: number) =>
    httpHost((request, response) => {
      request.resume();
      const now = Date.now() + ahead;
      const expires_at = new Date(now + HOUR).toISOString();
      const status = {
        state: 'waiting',
        created_at: new Date(now).toISOString(),
        expires_at,
        views: 1,
        views_left: 1,
      };
      response.writeHead(request.method === 'POST' ? 201 : 200, { Date: new Date(now).toUTCString() });
      response.end(JSON.stringify({ ...status, id: 'A'.repeat(22), version: 2 }));
    });

  it.each([
    ['right', 0],
    ['three days ahead', 3 * DAY],
    ['a year behind', -365 * DAY],
  ])('is an hour away where the clock of the server is %s', async (_, ahead) => {
    const { sh } = openSession({ ZEPHR_SERVER: await serverAhead(ahead), TZ: 'Asia/Tokyo' });
    const at = (time: number) => {
      const japan = new Date(time + 9 * HOUR).toISOString();
      return japan.slice(11, 16);
    };
    const before = Date.now();
    const { stdout, stderr } = await sh('echo x | zephr | tee link; zephr status < link');
    const after = Date.now();
    const shown = /^the link can be read once; it expires in 1 hour, at (?:\S+ )?(\d\d:\d\d)\n$/.exec(
      stderr,
    )?.[1];
    expect([at(before + HOUR - 2 * SECOND), at(after + HOUR + 2 * SECOND)]).toContain(shown);
    expect(stdout).toMatch(/\nwaiting, expires in 1 hour, at (\S+ )?\d\d:\d\d\n$/);
  });
});
