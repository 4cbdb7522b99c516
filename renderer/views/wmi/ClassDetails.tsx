import { useState } from 'react';
import type { WmiClass, WmiMethod, WmiProperty, WmiQualifier } from '../../../shared/contract/wmi.ts';
import { Button } from '../../components/Button.tsx';
import { type Column, DataTable, type Sorting } from '../../components/DataTable.tsx';
import { EmptyState } from '../../components/EmptyState.tsx';

const plainQualifiers = new Set([
  'key',
  'read',
  'write',
  'cimtype',
  'subtype',
  'in',
  'out',
  'static',
  'implemented',
  'valuemap',
  'values',
  'dynamic',
]);

/** What is said of something beside its type: `MaxLen (64)`. */
export const qualifierText = (qualifiers: readonly WmiQualifier[]): string =>
  qualifiers
    .filter(({ name }) => !plainQualifiers.has(name.toLowerCase()))
    .map(({ name, values }) => (values.length === 0 || values[0] === 'true' ? name : `${name} (${values.join(', ')})`))
    .join(', ');

export function signature({ name, returnType, parameters }: WmiMethod): string {
  const list = (which: 'isInput' | 'isOutput') =>
    parameters
      .filter((parameter) => parameter[which])
      .map((parameter) => `${parameter.name}: ${parameter.type}${parameter.isOptional ? '?' : ''}`)
      .join(', ');
  const outputs = list('isOutput');
  return `${name}(${list('isInput')})${returnType === null ? '' : `: ${returnType}`}${outputs === '' ? '' : ` → ${outputs}`}`;
}

const propertyId = ({ name }: WmiProperty): string => name;
const columns: readonly Column<WmiProperty>[] = [
  {
    id: 'name',
    title: 'Property',
    width: 180,
    grow: 1,
    sortBy: ({ name }) => name,
    cell: ({ name, isKey }) => <span className={`name t1 ell ${isKey ? 'b6' : ''}`}>{name}</span>,
  },
  {
    id: 'type',
    title: 'Type',
    width: 120,
    plain: true,
    className: 'mono',
    sortBy: ({ type }) => type,
    cell: ({ type, referenceClass }) => (referenceClass === null ? type : `${type} of ${referenceClass}`),
  },
  {
    id: 'key',
    title: 'Key',
    width: 60,
    plain: true,
    sortBy: ({ isKey }) => (isKey ? 0 : 1),
    cell: ({ isKey }) => (isKey ? 'key' : ''),
  },
  {
    id: 'write',
    title: 'Access',
    width: 90,
    plain: true,
    sortBy: ({ isWritable }) => (isWritable ? 0 : 1),
    cell: ({ isWritable }) => (isWritable ? 'read, write' : 'read'),
  },
  { id: 'from', title: 'From', width: 80, plain: true, cell: ({ isInherited }) => (isInherited ? 'base class' : '') },
  {
    id: 'qualifiers',
    title: 'Qualifiers',
    width: 160,
    grow: 2,
    plain: true,
    cell: ({ qualifiers }) => qualifierText(qualifiers),
  },
];
const fewColumns = columns.filter(({ id }) => id !== 'from');
const nothing: ReadonlySet<string> = new Set();

/** A class: what it derives from, its properties, its methods. */
export function ClassDetails(props: {
  declared: WmiClass;
  canChange: boolean;
  /** There is no room for every column. */
  tight: boolean;
  onInvoke: (method: WmiMethod) => void;
  onCreate: () => void;
}) {
  const { declared } = props;
  const [sorting, setSorting] = useState<Sorting>(null);
  const [selected, setSelected] = useState(nothing);
  const facts = [
    declared.isAbstract ? 'abstract' : null,
    declared.isAssociation ? 'association' : null,
    declared.isSingleton ? 'singleton' : null,
    ...declared.derivation.map((base, index) => `${index === 0 ? 'derives from ' : ''}${base}`),
  ].filter((fact) => fact !== null);
  return (
    <div className="wm-class">
      <p className="wm-class-facts t2">
        {declared.source === 'declaration'
          ? facts.join(' · ')
          : declared.source === 'instance'
            ? 'The machine declares no classes: this is what one instance shows. Types are guessed, methods are not known.'
            : 'The machine declares no classes and has no instance of it: these are properties that it usually has.'}
      </p>
      <div className="wm-class-table">
        <DataTable
          label={`Properties of ${declared.name}`}
          rows={declared.properties}
          columns={props.tight ? fewColumns : columns}
          rowId={propertyId}
          sorting={sorting}
          onSorting={setSorting}
          selected={selected}
          onSelect={setSelected}
          selecting="list"
          empty={<EmptyState title="No properties" />}
        />
      </div>
      <section className="wm-methods" aria-label={`Methods of ${declared.name}`}>
        <div className="wm-methods-head">
          <h2 className="h2">Methods</h2>
          <span className="t3 num">{declared.methods.length}</span>
          <span className="grow" />
          {declared.isAbstract || declared.isAssociation ? null : (
            <Button kind="ghost" disabled={!props.canChange} onClick={props.onCreate}>
              New instance…
            </Button>
          )}
        </div>
        {declared.methods.length === 0 ? (
          <p className="t3 wm-none">{declared.source === 'declaration' ? 'None.' : 'Not known.'}</p>
        ) : null}
        <ul>
          {declared.methods.map((method) => (
            <li key={method.name}>
              <code className="mono ell" title={signature(method)}>
                {signature(method)}
              </code>
              {method.isStatic ? (
                <Button kind="ghost" disabled={!props.canChange} onClick={() => props.onInvoke(method)}>
                  Invoke…
                </Button>
              ) : (
                <span className="t3 nowrap">of an instance</span>
              )}
            </li>
          ))}
        </ul>
      </section>
    </div>
  );
}
