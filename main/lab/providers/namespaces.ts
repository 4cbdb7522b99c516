import { type CimRow, defineClass } from '../cim-class.ts';
import type { SimulatedMachine } from '../simulated-machine.ts';
import type { Provider } from './provider.ts';

/** `__NAMESPACE`: what is directly below a namespace, from where the classes are. It exists in every namespace, the leaves included. */
export function namespaceProviders(others: readonly Provider[]): Provider[] {
  const all = new Map<string, string>();
  for (const { cimClass } of others) {
    const steps = cimClass.namespace.split('/');
    for (let length = 1; length <= steps.length; length++) {
      const namespace = steps.slice(0, length).join('/');
      if (!all.has(namespace.toLowerCase())) all.set(namespace.toLowerCase(), namespace);
    }
  }
  const isThere = (machine: SimulatedMachine, namespace: string): boolean =>
    others.some(({ cimClass, presentOn }) => {
      const own = cimClass.namespace.toLowerCase();
      const within = own === namespace.toLowerCase() || own.startsWith(`${namespace.toLowerCase()}/`);
      return within && presentOn?.(machine) !== false;
    });
  return [...all.values()].map((namespace): Provider => {
    const children = [...all.values()].filter(
      (candidate) =>
        candidate.toLowerCase().startsWith(`${namespace.toLowerCase()}/`) &&
        !candidate.slice(namespace.length + 1).includes('/'),
    );
    return {
      cimClass: defineClass({
        name: '__NAMESPACE',
        namespace,
        keys: ['Name'],
        bases: ['__SystemClass'],
        properties: { Name: 'string' },
      }),
      presentOn: (machine) => isThere(machine, namespace),
      instances: (machine) =>
        children
          .filter((child) => isThere(machine, child))
          .map((child): CimRow => ({ Name: child.slice(namespace.length + 1) })),
    };
  });
}
