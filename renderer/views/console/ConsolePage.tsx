import { Select } from '@fluentui/react-components';
import { DeleteRegular, HistoryRegular, SaveRegular, SearchRegular } from '@fluentui/react-icons';
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import type { LineFormat } from '../../../shared/contract/command-lines.ts';
import { Button } from '../../components/Button.tsx';
import { Chip } from '../../components/Chip.tsx';
import { Kbd } from '../../components/Kbd.tsx';
import { saveFile } from '../../components/save-file.ts';
import { consoleStore, useConsole } from '../../stores/console.ts';
import { useMachines } from '../../stores/machines.ts';
import { Announcer, ConsoleOutput, type OutputHandle } from './ConsoleOutput.tsx';
import { ConsolePrompt, type PromptHandle } from './ConsolePrompt.tsx';
import { ConsoleQuestion } from './ConsoleQuestion.tsx';
import { announcementOf, itemsOf, textOf, transcriptOf } from './console-items.ts';
import { FindBar } from './FindBar.tsx';
import { PasteDialog } from './PasteDialog.tsx';
import './console.css';

const formats: readonly (readonly [LineFormat, string])[] = [
  ['text', 'Text'],
  ['xml', 'XML'],
  ['pretty', 'Pretty'],
  ['json', 'JSON'],
  ['table', 'Table'],
];

/** Lines of winrm and winrs for one machine, or for all that have a tag. */
export function ConsolePage() {
  const entries = useConsole((state) => state.entries);
  const format = useConsole((state) => state.format);
  const chosen = useConsole((state) => state.machineId);
  const machines = useMachines((state) => state.list);
  const byId = useMachines((state) => state.byId);
  const [pasted, setPasted] = useState<readonly string[] | null>(null);
  const [query, setQuery] = useState<string | null>(null);
  const [place, setPlace] = useState(0);
  const output = useRef<OutputHandle>(null);
  const prompt = useRef<PromptHandle>(null);

  const machine = chosen === null ? undefined : byId.get(chosen);
  const name = machine?.settings.name ?? 'localhost';
  const isLoaded = machines.length > 0;
  useEffect(() => {
    // It was removed from the inventory.
    if (chosen !== null && isLoaded && machine === undefined) consoleStore.choose({ machineId: null });
  }, [chosen, isLoaded, machine]);

  const items = useMemo(() => itemsOf(entries), [entries]);
  const running = entries.find(({ isRunning }) => isRunning) ?? null;
  const found = useMemo(() => {
    const text = query?.toLowerCase() ?? '';
    if (text === '') return [];
    return items.flatMap((item, index) => (textOf(item).toLowerCase().includes(text) ? [index] : []));
  }, [items, query]);
  // The newest first: `place` counts from the end.
  const current = found.length === 0 ? null : (found[(found.length - 1 - place + found.length) % found.length] ?? null);
  useEffect(() => {
    if (current !== null) output.current?.scrollTo(current);
  }, [current]);

  const openFind = useCallback(() => setQuery((before) => before ?? ''), []);
  const closeFind = () => {
    setQuery(null);
    setPlace(0);
    prompt.current?.focus();
  };
  const last = entries.at(-1);
  const said = last === undefined ? '' : last.isRunning ? '' : announcementOf(last);

  const save = () =>
    saveFile(
      `windeck-console-${new Date().toISOString().slice(0, 19).replace(/[:T]/g, '-')}.txt`,
      entries.map((entry) => transcriptOf(entry, true)).join('\n'),
    );

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: keys of the whole view, wherever the focus is in it
    <div
      className="console"
      data-running={running !== null}
      onKeyDown={(event) => {
        if ((event.ctrlKey || event.metaKey) && event.key === 'f') {
          event.preventDefault();
          openFind();
        } else if (event.ctrlKey && event.key === 'c' && running !== null && getSelection()?.isCollapsed !== false) {
          event.preventDefault();
          consoleStore.interrupt();
        }
      }}
    >
      <header className="console-head">
        <h1 className="h1">Console</h1>
        <Select
          className="console-machine"
          aria-label="Machine of the prompt"
          value={machine?.id ?? ''}
          // The focus stays: letters and arrows go through the list.
          onChange={(_event, data) => consoleStore.choose({ machineId: data.value === '' ? null : data.value })}
        >
          <option value="">localhost (this computer)</option>
          {machines.map(({ id, settings }) => (
            <option key={id} value={id}>
              {settings.name}
            </option>
          ))}
        </Select>
        <span className="spacer" />
        {/* biome-ignore lint/a11y/useSemanticElements: a row of switches, no form */}
        <div className="console-formats" role="group" aria-label="Format of results">
          {formats.map(([value, words]) => (
            <Chip
              key={value}
              pressed={format === value}
              onPress={() => {
                consoleStore.choose({ format: value });
                prompt.current?.focus();
              }}
            >
              {words}
            </Chip>
          ))}
        </div>
        <span className="vr" aria-hidden="true" />
        <Button kind="ghost" icon={<HistoryRegular />} onClick={() => prompt.current?.search()} aria-label="History">
          <span className="console-word">History</span>
        </Button>
        <Button
          kind="ghost"
          icon={<SearchRegular />}
          onClick={openFind}
          disabled={entries.length === 0}
          aria-label="Find"
        >
          <span className="console-word">Find</span>
        </Button>
        <Button kind="ghost" icon={<SaveRegular />} onClick={save} disabled={entries.length === 0} aria-label="Save">
          <span className="console-word">Save</span>
        </Button>
        <Button
          kind="ghost"
          icon={<DeleteRegular />}
          onClick={() => {
            consoleStore.clear();
            prompt.current?.focus();
          }}
          disabled={entries.length === 0}
          aria-label="Clear"
        >
          <span className="console-word">Clear</span>
        </Button>
      </header>
      {query === null ? null : (
        <FindBar
          query={query}
          place={found.length === 0 ? 0 : found.length - (((place % found.length) + found.length) % found.length)}
          count={found.length}
          onQuery={(text) => {
            setQuery(text);
            setPlace(0);
          }}
          onStep={(by) => setPlace((before) => before - by)}
          onClose={closeFind}
        />
      )}
      <ConsoleOutput items={items} found={query === null ? null : current} handle={output} />
      {running?.question == null || running.question.form === 'confirm' ? (
        <ConsolePrompt
          prompt={name}
          running={running}
          handle={prompt}
          onPaste={setPasted}
          onFind={openFind}
          onScroll={(pages) => output.current?.scrollBy(pages)}
        />
      ) : null}
      {running?.question == null ? null : <ConsoleQuestion question={running.question} />}
      {/* biome-ignore lint/a11y/noStaticElementInteractions: a click beside the text goes to where one types */}
      {/* biome-ignore lint/a11y/useKeyWithClickEvents: the keyboard is there already */}
      <div className="console-rest" onClick={() => prompt.current?.focus()}>
        {entries.length === 0 ? <Welcome name={name} /> : null}
      </div>
      <footer className="console-foot">
        <span className="ell">
          <code className="mono">-r:NAME</code> a machine · <code className="mono">-r:@TAG</code> all with a tag
        </span>
        <span className="spacer" />
        <Kbd>Tab</Kbd> complete <Kbd>↑</Kbd> history <Kbd>Ctrl R</Kbd> search <Kbd>Ctrl L</Kbd> clear <Kbd>F1</Kbd> help
      </footer>
      <Announcer text={said} />
      {pasted === null ? null : (
        <PasteDialog
          lines={pasted}
          prompt={name}
          onRun={() => {
            setPasted(null);
            consoleStore.run(...pasted);
          }}
          onFirst={() => {
            setPasted(null);
            prompt.current?.put(pasted[0] ?? '');
          }}
          onClose={() => setPasted(null)}
        />
      )}
    </div>
  );
}

const examples = [
  'winrm get wmicimv2/Win32_OperatingSystem',
  'winrm enumerate wmicimv2/Win32_Service -r:@TAG',
  'winrs ipconfig /all',
];

const Welcome = ({ name }: { name: string }) => (
  <div className="console-welcome">
    <p>
      Lines of <code className="mono">winrm</code> and <code className="mono">winrs</code>, as Windows takes them. A
      line that names no machine goes to <b>{name}</b>; machines of the inventory are called by their names and sign in
      with their credential sets.
    </p>
    <ul>
      {examples.map((line) => (
        <li key={line}>
          <code className="mono">{line}</code>
        </li>
      ))}
    </ul>
  </div>
);
