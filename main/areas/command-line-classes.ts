/** What completion knows beside the language: machines and tags of the inventory, classes with properties that answers have shown. */
import type { LineCompletion } from '../../shared/contract/command-lines.ts';
import { complete, type Known } from '../winrm-command/complete.ts';
import { usualClasses } from '../winrm-command/usual-classes.ts';
import type { XmlElement } from '../wsman/index.ts';
import type { KnownMachine } from './command-line-destination.ts';

/** So many classes with their properties are remembered; the one learned longest ago goes first. */
const maxLearned = 200;

export interface ClassMemory {
  /** An instance that a line brought. */
  learn(element: XmlElement): void;
  complete(
    line: string,
    cursor: number,
    machines: readonly KnownMachine[],
    valuesOf: Known['valuesOf'],
  ): LineCompletion;
}

/** Lives as long as the console; holds names only, never values. */
export function createClassMemory(): ClassMemory {
  const learned = new Map<string, readonly string[]>();

  const propertiesOf = (className: string): readonly string[] => {
    const isIt = (name: string) => name.toLowerCase() === className.toLowerCase();
    const seen = [...learned].find(([name]) => isIt(name))?.[1] ?? [];
    return [...new Set([...usualClasses.propertiesOf(className), ...seen])];
  };

  return {
    learn(element) {
      const { local, namespace, children } = element;
      // Instances of classes have the class's own URI as namespace; outputs of methods are none.
      if (children.length === 0 || !namespace.endsWith(`/${local}`)) return;
      learned.delete(local);
      learned.set(local, [...new Set(children.map((child) => child.local))]);
      const [oldest] = learned.keys();
      if (learned.size > maxLearned && oldest !== undefined) learned.delete(oldest);
    },
    complete(line, cursor, machines, valuesOf) {
      const names = machines.map(({ settings }) => settings.name);
      const tags = new Set(machines.flatMap(({ settings }) => settings.tags));
      return complete(line, cursor, {
        machines: names,
        tags: [...tags].sort(),
        classes: [...new Set([...usualClasses.classes, ...learned.keys()])].sort(),
        propertiesOf,
        valuesOf,
      });
    },
  };
}
