import { expect, test } from 'vitest';
import { askBeforeLeaving, startLeaveQuestion } from './leaving.ts';

test('leaving is asked about only while something would end by it', () => {
  const target = new EventTarget();
  startLeaveQuestion(target);
  const isAsked = () => !target.dispatchEvent(new Event('beforeunload', { cancelable: true }));
  let shells = 0;
  let applies = 0;
  askBeforeLeaving(() => shells > 0);
  askBeforeLeaving(() => applies > 0);
  expect(isAsked()).toBe(false);
  shells = 1;
  expect(isAsked()).toBe(true);
  applies = 1;
  shells = 0;
  expect(isAsked()).toBe(true);
  applies = 0;
  expect(isAsked()).toBe(false);
});
