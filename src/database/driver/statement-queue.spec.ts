import { setImmediate as endOfTurn } from 'node:timers/promises';
import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { WaitOver } from '../retry.js';
import { StatementQueue } from './statement-queue.js';

describe('callers of one database', () => {
  afterEach(() => {
    jest.useRealTimers();
  });

  test('have it one at a time, in the order in which they asked', async () => {
    const queue = new StatementQueue();
    const steps: string[] = [];
    const use = (name: string) =>
      queue.during(async () => {
        steps.push(`${name} in`);
        await endOfTurn();
        steps.push(`${name} out`);
      });
    const all = ['a', 'b', 'c'].map(use);
    expect([queue.isTaken(), queue.waiting]).toEqual([true, 2]);
    await Promise.all(all);

    expect(steps).toEqual(['a in', 'a out', 'b in', 'b out', 'c in', 'c out']);
    expect([queue.isTaken(), queue.waiting]).toEqual([false, 0]);
  });

  test('are not overtaken by who comes at the moment when one leaves', async () => {
    const queue = new StatementQueue();
    const order: string[] = [];
    const enter = async (name: string) => {
      const leave = await queue.enter();
      order.push(name);
      return leave;
    };
    const leaveFirst = await enter('first');
    const waited = enter('waited');
    leaveFirst();
    const late = enter('late');
    (await waited)();
    (await late)();

    expect(order).toEqual(['first', 'waited', 'late']);
  });

  test('do not come in twice when one leaves twice', async () => {
    const queue = new StatementQueue();
    const leave = await queue.enter();
    const second = queue.enter();
    let isThirdIn = false;
    const third = queue.enter().then((leaveThird) => {
      isThirdIn = true;
      return leaveThird;
    });
    leave();
    leave();
    const leaveSecond = await second;
    await endOfTurn();
    expect(isThirdIn).toBe(false);

    leaveSecond();
    (await third)();
    expect(queue.isTaken()).toBe(false);
  });

  test('go on after one that failed', async () => {
    const queue = new StatementQueue();
    const failed = queue.during(async () => Promise.reject(new Error('no')));
    const next = queue.during(async () => 'done');

    await expect(failed).rejects.toThrow('no');
    expect(await next).toBe('done');
  });

  test('give their place back when they have waited too long, and the others keep theirs', async () => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask'] });
    const queue = new StatementQueue();
    const leave = await queue.enter();
    const tooLong = expect(queue.enter()).rejects.toThrow(WaitOver);
    await jest.advanceTimersByTimeAsync(5000);
    const patient = queue.enter();
    await jest.advanceTimersByTimeAsync(5000);
    await tooLong;
    expect(queue.waiting).toBe(1);

    leave();
    (await patient)();
    expect([queue.isTaken(), queue.waiting, jest.getTimerCount()]).toEqual([false, 0, 0]);
  });
});
