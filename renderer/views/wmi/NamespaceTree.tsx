import type { KeyboardEvent } from 'react';
import { type MachineWmi, wmiStore } from '../../stores/wmi.ts';

interface Line {
  readonly namespace: string;
  readonly depth: number;
  readonly isOpen: boolean;
  /** Null: not known yet. */
  readonly isLeaf: boolean | null;
  readonly note: string | null;
}

/** What is to be seen of the tree, top to bottom. */
function linesOf(view: MachineWmi): readonly Line[] {
  const lines: Line[] = [];
  const add = (namespace: string, depth: number): void => {
    const below = view.children[namespace];
    const isOpen = view.expanded.has(namespace);
    lines.push({
      namespace,
      depth,
      isOpen,
      isLeaf: below?.value == null ? null : below.value.length === 0,
      note: below?.reading ? 'being read' : below?.problem ? below.problem.message : null,
    });
    if (isOpen) for (const child of below?.value ?? []) add(child, depth + 1);
  };
  add('root', 0);
  return lines;
}

/** Namespaces, read as they are opened. */
export function NamespaceTree({
  machineId,
  view,
  onToClasses,
}: {
  machineId: string;
  view: MachineWmi;
  onToClasses: () => void;
}) {
  const lines = linesOf(view);
  const press = (event: KeyboardEvent, line: Line, index: number): void => {
    const items = [
      ...(event.currentTarget.closest('[role="tree"]')?.querySelectorAll<HTMLElement>('[role="treeitem"]') ?? []),
    ];
    const go = (to: number): void => items[to]?.focus();
    switch (event.key) {
      case 'ArrowDown':
        go(index + 1);
        break;
      case 'ArrowUp':
        go(Math.max(0, index - 1));
        break;
      case 'ArrowRight':
        if (line.isOpen) go(index + 1);
        else wmiStore.toggleNamespace(machineId, line.namespace, true);
        break;
      case 'ArrowLeft':
        if (line.isOpen && line.isLeaf === false) wmiStore.toggleNamespace(machineId, line.namespace, false);
        else
          go(
            lines.findIndex(({ namespace }) => namespace === line.namespace.slice(0, line.namespace.lastIndexOf('/'))),
          );
        break;
      case 'Enter':
      case ' ':
        wmiStore.openNamespace(machineId, line.namespace);
        if (event.key === 'Enter') onToClasses();
        break;
      default:
        return;
    }
    event.preventDefault();
    event.stopPropagation();
  };
  const current = lines.some(({ namespace }) => namespace === view.namespace) ? view.namespace : 'root';
  return (
    <div className="wm-tree" role="tree" aria-label="Namespaces">
      {lines.map((line, index) => (
        <div
          key={line.namespace}
          role="treeitem"
          aria-level={line.depth + 1}
          aria-expanded={line.isLeaf === true ? undefined : line.isOpen}
          aria-selected={line.namespace === view.namespace}
          tabIndex={line.namespace === current ? 0 : -1}
          className="wm-branch"
          style={{ paddingLeft: 8 + line.depth * 14 }}
          title={line.note ?? line.namespace}
          onKeyDown={(event) => press(event, line, index)}
          onClick={() => {
            wmiStore.openNamespace(machineId, line.namespace);
            if (!line.isOpen) wmiStore.toggleNamespace(machineId, line.namespace, true);
          }}
        >
          <button
            type="button"
            className="wm-twig"
            tabIndex={-1}
            aria-hidden="true"
            onClick={(event) => {
              event.stopPropagation();
              wmiStore.toggleNamespace(machineId, line.namespace, !line.isOpen);
            }}
          >
            {line.isLeaf === true ? '' : line.isOpen ? '▾' : '▸'}
          </button>
          <span className="ell">{line.namespace.slice(line.namespace.lastIndexOf('/') + 1)}</span>
          {line.note === null ? null : <span className="t3 ell wm-note">{line.note}</span>}
        </div>
      ))}
    </div>
  );
}
