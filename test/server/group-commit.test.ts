/** Writes that share a transaction: what they may rely on. */

import { describe, expect, test } from 'vitest';
import { GroupCommit } from '../../src/server/store/sqlite/file/group-commit.js';

/** A database of words that commits or forgets, and says what it did. */
function words(commitFails: () => boolean = () => false) {
  const log: string[] = [];
  let committed: readonly string[] = [];
  let pending: string[] = [];
  const writes = new GroupCommit((work) => {
    pending = [...committed];
    work();
    if (commitFails()) throw new Error('disk full');
    committed = pending;
    log.push('commit');
  });
  const add = (word: string) =>
    writes.run(() => {
      if (word === 'bad') throw new Error('bad word');
      pending.push(word);
      return `${word}!`;
    });
  return { writes, add, log, committed: () => committed };
}

describe('group commit', () => {
  test('writes that arrive together share one transaction, in order', async () => {
    const { add, log, committed } = words();
    expect(await Promise.all([add('one'), add('two'), add('three')])).toEqual(['one!', 'two!', 'three!']);
    expect(committed()).toEqual(['one', 'two', 'three']);
    expect(log).toEqual(['commit']);
  });

  test('nobody is told before the commit', async () => {
    const { add, log } = words();
    await Promise.all([
      add('one').then(() => log.push('told one')),
      add('two').then(() => log.push('told two')),
    ]);
    expect(log).toEqual(['commit', 'told one', 'told two']);
  });

  test('a write that throws is refused alone, and its neighbours are kept once', async () => {
    const { add, committed } = words();
    const results = await Promise.allSettled([add('one'), add('bad'), add('two')]);
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(committed()).toEqual(['one', 'two']);
  });

  test('when a shared commit fails, each write gets a commit of its own', async () => {
    let failures = 1;
    const { add, committed, log } = words(() => failures-- > 0);
    expect(await Promise.all([add('one'), add('two')])).toEqual(['one!', 'two!']);
    expect(committed()).toEqual(['one', 'two']);
    expect(log).toEqual(['commit', 'commit']);
  });

  test('when no commit works, every write is refused and nothing is kept', async () => {
    const { add, committed } = words(() => true);
    const results = await Promise.allSettled([add('one'), add('two')]);
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(committed()).toEqual([]);
  });

  test('when a transaction cannot begin, that is tried once and refused to all', async () => {
    let tries = 0;
    const writes = new GroupCommit(() => {
      tries += 1;
      throw new Error('database is locked');
    });
    const results = await Promise.allSettled([writes.run(() => 1), writes.run(() => 2)]);
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(tries).toBe(1);
  });

  test('what arrives after a failure is not affected', async () => {
    const { add, committed } = words();
    await expect(add('bad')).rejects.toThrow('bad word');
    await expect(add('one')).resolves.toBe('one!');
    expect(committed()).toEqual(['one']);
  });

  test('a flush commits what waits, at once', () => {
    const { writes, add, committed } = words();
    void add('one');
    writes.flush();
    expect(committed()).toEqual(['one']);
  });
});
