import { Input, Select } from '@fluentui/react-components';
import { AddRegular, DismissRegular } from '@fluentui/react-icons';
import { useId, useMemo, useState } from 'react';
import type { Assignments, CredentialSet } from '../../../shared/contract/credentials.ts';
import { Button, IconButton } from '../../components/Button.tsx';
import { SubmitByEnter } from '../../components/form.tsx';
import { Tag } from '../../components/Tag.tsx';
import { sortSets } from '../../credential-words.ts';
import { listNames, plural } from '../../format.ts';
import { changeAssignments, useCredentials } from '../../stores/credentials.ts';
import { openDialog } from '../../stores/dialogs.ts';
import { useMachineFilter } from '../../stores/machine-filter.ts';
import { useMachines } from '../../stores/machines.ts';
import { attempt } from '../../stores/notices.ts';
import { openMachines } from '../../stores/router.ts';

const none = '';

/** Everybody's set, those of tags, and the machines that have their own: from the weakest rule to the strongest. */
export function Inheritance() {
  const { sets: unsorted, assignments } = useCredentials();
  const sets = sortSets(unsorted);
  const machines = useMachines((state) => state.list);
  const tagId = useId();
  const known = useId();
  const [tag, setTag] = useState('');
  const [credentialId, setCredentialId] = useState(none);

  const count = useMemo(() => {
    const byTag = new Map<string, number>();
    let global = 0;
    for (const { credential } of machines) {
      if (credential.source === 'global') global += 1;
      else if (credential.source === 'tag' && credential.tag !== null)
        byTag.set(credential.tag, (byTag.get(credential.tag) ?? 0) + 1);
    }
    return { global, byTag };
  }, [machines]);
  const own = machines.filter((machine) => machine.settings.credentialId !== null);
  const tags = [...new Set(machines.flatMap((machine) => machine.settings.tags))]
    .sort((a, b) => a.localeCompare(b, 'en', { numeric: true }))
    .filter((each) => !assignments.tags.some((rule) => rule.tag === each));

  const assign = (change: (before: Assignments) => Assignments, words: string) =>
    void attempt(() => changeAssignments(change), words);
  const nameOf = (id: string) => sets.find((set) => set.id === id)?.name ?? '';
  const chosen = credentialId === none ? (sets[0]?.id ?? none) : credentialId;
  const add = () => {
    const name = tag.trim();
    if (name === '' || chosen === none) return;
    setTag('');
    assign(
      (before) => ({
        ...before,
        tags: [...before.tags.filter((rule) => rule.tag !== name), { tag: name, credentialId: chosen }],
      }),
      `Machines with the tag ${name} sign in with ${nameOf(chosen)}.`,
    );
  };
  return (
    <section aria-label="Who signs in with which">
      <h2>Who signs in with which</h2>
      <p className="t3 s12 credential-text">
        A machine’s own set counts first, then that of the first of its tags that has one, in the order of its tags,
        then the global one.
      </p>
      <div className="rule-list">
        <div className="rule">
          <span id={`${tagId}-global`} className="b5">
            Every machine
          </span>
          <Choice
            labelledBy={`${tagId}-global`}
            sets={sets}
            value={assignments.global ?? none}
            noneLabel="No global set"
            onChange={(id) =>
              assign(
                (before) => ({ ...before, global: id === none ? null : id }),
                id === none ? 'There is no global credential set now.' : `${nameOf(id)} is the global credential set.`,
              )
            }
          />
          <span className="t3">{count.global === 0 ? 'not used' : `for ${plural(count.global, 'machine')}`}</span>
          <span />
        </div>
        {assignments.tags.map((rule) => (
          <div key={rule.tag} className="rule">
            <span className="row g6 ell">
              <span className="t2">Tag</span> <Tag name={rule.tag} />
            </span>
            <Choice
              label={`Credential of the tag ${rule.tag}`}
              sets={sets}
              value={rule.credentialId}
              onChange={(id) =>
                assign(
                  (before) => ({
                    ...before,
                    tags: before.tags.map((each) =>
                      each.tag === rule.tag ? { tag: rule.tag, credentialId: id } : each,
                    ),
                  }),
                  `Machines with the tag ${rule.tag} sign in with ${nameOf(id)}.`,
                )
              }
            />
            <span className="t3">
              {count.byTag.has(rule.tag) ? `for ${plural(count.byTag.get(rule.tag) ?? 0, 'machine')}` : 'not used'}
            </span>
            <IconButton
              name={`No set for the tag ${rule.tag}`}
              icon={<DismissRegular fontSize={14} />}
              onClick={() =>
                assign(
                  (before) => ({ ...before, tags: before.tags.filter((each) => each.tag !== rule.tag) }),
                  `The tag ${rule.tag} has no credential set now.`,
                )
              }
            />
          </div>
        ))}
        <form
          className="rule"
          onSubmit={(event) => {
            event.preventDefault();
            add();
          }}
        >
          <Input
            value={tag}
            aria-label="Tag that gets a set"
            placeholder="tag"
            autoComplete="off"
            spellCheck={false}
            maxLength={64}
            input={{ list: known }}
            onChange={(_event, data) => setTag(data.value)}
          />
          <datalist id={known}>
            {tags.map((each) => (
              <option key={each} value={each} />
            ))}
          </datalist>
          <Choice label="Credential for that tag" sets={sets} value={chosen} onChange={setCredentialId} />
          <span>
            <Button kind="ghost" icon={<AddRegular />} onClick={add} disabled={tag.trim() === ''}>
              Add
            </Button>
          </span>
          <SubmitByEnter />
        </form>
        {own.length === 0 ? null : (
          <div className="rule own">
            <span className="b5">Own sets</span>
            <span className="t2 ell" title={own.map((machine) => machine.settings.name).join(', ')}>
              {plural(own.length, 'machine')}:{' '}
              {listNames(
                own.map((machine) => machine.settings.name),
                4,
              )}
            </span>
            <span className="row g4 rule-verbs">
              <Button
                kind="ghost"
                onClick={() => {
                  useMachineFilter.setState({ group: 'all', text: 'credential:own' });
                  openMachines();
                }}
              >
                Show
              </Button>
              <Button
                kind="ghost"
                onClick={() => openDialog({ kind: 'assign-credential', machineIds: own.map((machine) => machine.id) })}
              >
                Change…
              </Button>
            </span>
          </div>
        )}
      </div>
    </section>
  );
}

function Choice(props: {
  label?: string;
  labelledBy?: string;
  sets: readonly CredentialSet[];
  value: string;
  noneLabel?: string;
  onChange: (id: string) => void;
}) {
  return (
    <Select
      aria-label={props.label}
      aria-labelledby={props.labelledBy}
      value={props.value}
      onChange={(_event, data) => props.onChange(data.value)}
    >
      {props.noneLabel === undefined ? null : <option value={none}>{props.noneLabel}</option>}
      {props.sets.map((set) => (
        <option key={set.id} value={set.id}>
          {set.name}
        </option>
      ))}
    </Select>
  );
}
