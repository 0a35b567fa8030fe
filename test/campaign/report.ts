/** What a campaign says when it is over. */

import type { Campaign } from './campaign.js';
import { type Call, type HistoryEvent, printHistory } from './history.js';
import type { Scene } from './scene.js';

/** Whether it found anything. */
export function isClean({ violation, wrong }: Campaign): boolean {
  return violation === null && wrong.length === 0;
}

/** The counts, and what was found. */
export function report(campaign: Campaign, scene: Scene): string {
  const { trouble, histories, requests, violation, wrong } = campaign;
  const failures = new Map<string, number>();
  for (const { failures: some } of scene.servers)
    for (const [name, count] of some) add(failures, name, count);
  const spoilt = new Map<string, number>();
  for (const { proxy } of scene.servers) for (const [how, count] of proxy.spoilt) add(spoilt, how, count);
  const extra =
    scene.revivals() > 0 ? [`PostgreSQL ended by itself and was started again: ${scene.revivals()}`] : [];
  return [
    `${number(histories.length)} secrets, ${number(requests)} requests`,
    ...table('of those secrets', kinds(campaign)),
    ...table('faults', trouble.counts),
    ...scene.impossible,
    ...extra,
    ...table('client connections spoilt', spoilt),
    ...table('outcomes', outcomes(campaign)),
    ...table('webhooks delivered', deliveries(campaign)),
    ...table('logged by the servers as errors', failures),
    ...wrong.slice(0, 10).map((what) => `wrong: ${what}`),
    ...(violation === null
      ? []
      : [
          '',
          `violation: ${violation.rule}`,
          violation.why,
          ...[violation.history, ...(violation.others ?? [])].map(printHistory),
        ]),
    ...(isClean(campaign) ? ['no violation'] : []),
  ].join('\n');
}

function kinds({ histories, requested }: Campaign): Map<string, number> {
  const counts = new Map<string, number>([['requests for secrets', requested.length]]);
  for (const { terms, events } of histories) {
    if (terms.gate !== undefined) add(counts, `behind a gate (${terms.gate.is})`, 1);
    if (terms.chunks !== undefined) add(counts, 'with files', 1);
    if (terms.answer) add(counts, 'answers to requests', 1);
    for (const event of events) {
      if (event.what !== 'ran') continue;
      const { killed, got } = event.run;
      add(
        counts,
        `runs of zephr get ${killed === null ? 'not killed' : `killed when ${killed}`}: had ${got}`,
        1,
      );
    }
  }
  return counts;
}

function outcomes({ histories }: Campaign): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { events } of histories) {
    const calls = new Map<number, Call['do']>();
    for (const event of events) {
      if (event.what === 'sent') calls.set(event.request, event.call.do);
      const outcome = outcomeOf(event);
      if (outcome !== null && 'request' in event) add(counts, `${calls.get(event.request)}: ${outcome}`, 1);
    }
  }
  return new Map([...counts].sort(([one], [other]) => one.localeCompare(other)));
}

function outcomeOf(event: HistoryEvent): string | null {
  if (event.what === 'lost') return event.unsent ? 'never sent' : 'no answer';
  if (event.what !== 'answered') return null;
  const { status, code } = event.answer;
  return code === undefined ? String(status) : `${status} ${code}`;
}

function deliveries({ histories }: Campaign): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { events } of histories) {
    const seen = new Set<string>();
    for (const event of events) {
      if (event.what !== 'delivered') continue;
      const { event: name, eventId, accepted } = event.delivery;
      add(counts, name + (seen.has(eventId) ? ', again' : '') + (accepted ? '' : ', not taken'), 1);
      seen.add(eventId);
    }
  }
  return counts;
}

function table(title: string, counts: ReadonlyMap<string, number>): string[] {
  if (counts.size === 0) return [];
  return [`${title}:`, ...[...counts].map(([name, count]) => `  ${number(count).padStart(9)}  ${name}`)];
}

function number(count: number): string {
  return count.toLocaleString('en-US');
}

function add(counts: Map<string, number>, name: string, count: number): void {
  counts.set(name, (counts.get(name) ?? 0) + count);
}
