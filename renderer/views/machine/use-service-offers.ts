import { useEffect } from 'react';
import { type Action, offerActions } from '../../stores/actions.ts';
import { actionWords } from './service-words.ts';
import type { ServiceActions } from './use-service-actions.ts';

const verbs = [
  { action: 'start', keys: 'Alt S' },
  { action: 'stop', keys: 'Alt T' },
  { action: 'restart', keys: 'Alt R' },
  { action: 'pause', keys: 'Alt P' },
  { action: 'resume', keys: 'Alt U' },
] as const;

/** The verbs on the selected services, for the palette. They ask as they do from the toolbar. */
export function useServiceOffers(actions: ServiceActions, canChange: boolean): void {
  useEffect(
    () =>
      offerActions(() =>
        canChange
          ? verbs.flatMap(({ action, keys }): readonly Action[] => {
              const services = actions.eligible(action);
              const [only, ...others] = services;
              if (only === undefined) return [];
              const these = others.length === 0 ? only.displayName : `the ${services.length} selected services`;
              return [
                {
                  id: `service-${action}`,
                  name: `${actionWords[action]} ${these}`,
                  words: `service ${only.name}`,
                  keys,
                  icon: 'service',
                  run: () => actions.act(action),
                },
              ];
            })
          : [],
      ),
    [actions, canChange],
  );
}
