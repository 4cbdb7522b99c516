import { DocumentRegular } from '@fluentui/react-icons';
import { useEffect, useMemo, useRef, useState } from 'react';
import type { ImportPreview, ImportRow } from '../../../shared/contract/machines.ts';
import type { Problem } from '../../../shared/contract/problem.ts';
import { Button } from '../../components/Button.tsx';
import { type Column, DataTable, type Sorting } from '../../components/DataTable.tsx';
import { Dialog } from '../../components/Dialog.tsx';
import { Glyph, type GlyphName } from '../../components/Glyph.tsx';
import { ProblemBanner } from '../../components/ProblemBanner.tsx';
import type { SecretHandle } from '../../components/SecretField.tsx';
import { formatCount, missing, plural } from '../../format.ts';
import { importMachines, previewImport } from '../../stores/machines.ts';
import { notify } from '../../stores/notices.ts';
import { problemOf } from '../../stores/problem-of.ts';
import { CredentialField, firstChoice, saveTyped } from './CredentialField.tsx';
import type { CredentialChoice } from './machine-draft.ts';
import './machine-dialog.css';

/** What the contract takes; a longer text is refused here in words. */
const maxLength = 5_000_000;

const verdicts: Readonly<
  Record<ImportRow['verdict'], { readonly glyph: GlyphName; readonly words: string; readonly rank: number }>
> = {
  invalid: { glyph: 'warning', words: 'Not usable', rank: 0 },
  duplicate: { glyph: 'skipped', words: 'Twice in this text', rank: 1 },
  known: { glyph: 'skipped', words: 'Known already', rank: 2 },
  new: { glyph: 'healthy', words: 'New', rank: 3 },
};

const columns: readonly Column<ImportRow>[] = [
  {
    id: 'line',
    title: 'Line',
    width: 64,
    align: 'right',
    cell: (row) => <span className="t3">{row.line}</span>,
    sortBy: (row) => row.line,
  },
  {
    id: 'name',
    title: 'Name',
    width: 130,
    grow: 0.6,
    className: 'name-cell name',
    cell: (row) => <span className="ell">{row.settings?.name ?? missing}</span>,
    sortBy: (row) => row.settings?.name ?? null,
  },
  {
    id: 'address',
    title: 'Address',
    width: 160,
    grow: 0.7,
    cell: (row) => (
      <span className="ell">
        {row.settings === null
          ? missing
          : `${row.settings.transport}://${hostOf(row.settings.address)}:${row.settings.port}`}
      </span>
    ),
  },
  {
    id: 'tags',
    title: 'Tags',
    width: 110,
    cell: (row) => <span className="ell">{row.settings?.tags.join(', ') || missing}</span>,
  },
  {
    id: 'verdict',
    title: 'Verdict',
    width: 230,
    grow: 2,
    cell: (row) => (
      <span className="verdict" title={row.note}>
        <Glyph name={verdicts[row.verdict].glyph} label="" />
        <span className="ell">
          {verdicts[row.verdict].words}
          {row.note === '' ? '' : `: ${row.note}`}
        </span>
      </span>
    ),
    sortBy: (row) => verdicts[row.verdict].rank,
  },
];
const hostOf = (address: string): string => (address.includes(':') ? `[${address}]` : address);
const rowId = (row: ImportRow): string => String(row.line);
const rank = (row: ImportRow): number => verdicts[row.verdict].rank;
const nobody: ReadonlySet<string> = new Set();

/** Many machines at once from a list or a CSV. Everything is seen before anything is written. */
export function ImportDialog({ onClose }: { onClose: () => void }) {
  const [text, setText] = useState('');
  const [fileName, setFileName] = useState('');
  const [preview, setPreview] = useState<ImportPreview | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [busy, setBusy] = useState(false);
  const [over, setOver] = useState(false);
  const [sorting, setSorting] = useState<Sorting>(null);
  const [credential, setCredential] = useState<CredentialChoice>(firstChoice);
  const password = useRef<SecretHandle>(null);
  const file = useRef<HTMLInputElement>(null);

  useEffect(() => {
    if (text.trim() === '') {
      setPreview(null);
      setProblem(null);
      return;
    }
    const abort = new AbortController();
    const timer = setTimeout(async () => {
      try {
        const next = await previewImport(text, 'auto', abort.signal);
        if (abort.signal.aborted) return;
        setPreview(next);
        setProblem(null);
      } catch (error) {
        if (!abort.signal.aborted) setProblem(problemOf(error));
      }
    }, 250);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [text]);

  const counts = useMemo(() => {
    const found = { new: 0, known: 0, duplicate: 0, invalid: 0 };
    for (const row of preview?.rows ?? []) found[row.verdict] += 1;
    return found;
  }, [preview]);

  const take = async (chosen: File | undefined) => {
    if (chosen === undefined) return;
    if (chosen.size > maxLength) {
      setProblem({
        code: 'invalid-input',
        message: `${chosen.name} is too large.`,
        advice: ['An inventory of up to 5 MB can be imported at once.'],
        retryable: false,
      });
      return;
    }
    setText(await chosen.text());
    setFileName(chosen.name);
  };

  const nameless = credential.kind === 'new' && credential.userName.trim() === '';
  const run = async () => {
    setBusy(true);
    try {
      let credentialId = credential.kind === 'saved' ? credential.id : null;
      if (credential.kind === 'new') {
        const choice = await saveTyped(credential.userName, password.current);
        credentialId = choice.kind === 'saved' ? choice.id : null;
        setCredential(choice);
      }
      const { added } = await importMachines(text, preview?.format ?? 'auto', credentialId);
      notify({ kind: 'done', words: `Added ${plural(added, 'machine')}.` });
      onClose();
    } catch (error) {
      setProblem(problemOf(error));
      setBusy(false);
    }
  };

  const summary = [
    counts.new > 0 ? `${formatCount(counts.new)} new` : '',
    counts.known > 0 ? `${formatCount(counts.known)} known already` : '',
    counts.duplicate > 0 ? `${formatCount(counts.duplicate)} twice` : '',
    counts.invalid > 0 ? `${formatCount(counts.invalid)} not usable` : '',
  ].filter((part) => part !== '');
  return (
    <Dialog
      title="Import machines"
      width={860}
      busy={busy}
      onClose={onClose}
      note={
        preview === null ? undefined : (
          <span role="status">
            {preview.format === 'csv' ? 'CSV' : 'Plain list'}: {summary.join(', ') || 'nothing in it'}
          </span>
        )
      }
      actions={
        <>
          <Button onClick={onClose} disabled={busy}>
            Cancel
          </Button>
          <Button kind="primary" onClick={() => void run()} disabled={busy || counts.new === 0 || nameless}>
            {counts.new > 0 ? `Import ${plural(counts.new, 'machine')}` : 'Import'}
          </Button>
        </>
      }
    >
      {/* biome-ignore lint/a11y/noStaticElementInteractions: dropping a file is a second way; the button beside it is the first */}
      <div
        className={over ? 'import-drop over' : 'import-drop'}
        onDragOver={(event) => {
          event.preventDefault();
          setOver(true);
        }}
        onDragLeave={() => setOver(false)}
        onDrop={(event) => {
          event.preventDefault();
          setOver(false);
          void take(event.dataTransfer.files[0]);
        }}
      >
        <div className="row g8" style={{ marginBottom: 8 }}>
          <span className="t2 grow">
            One machine per line, or a CSV with a heading line. Paste it, drop a file here, or choose one.
          </span>
          <input
            ref={file}
            type="file"
            hidden
            accept=".csv,.txt,.lst,text/csv,text/plain"
            onChange={(event) => {
              void take(event.target.files?.[0]);
              event.target.value = '';
            }}
          />
          {fileName === '' ? null : <span className="t3 ell">{fileName}</span>}
          <Button icon={<DocumentRegular />} onClick={() => file.current?.click()}>
            Choose a file…
          </Button>
        </div>
        <textarea
          className={preview === null ? 'import-text' : 'import-text small'}
          aria-label="Machines to import"
          value={text}
          spellCheck={false}
          placeholder={
            'hq-dc01.corp.example\nhq-sql01:5986\nhttps://10.0.0.7:5986\n\nor\n\nname,address,transport,port,tags\nHQ-FS01,10.0.2.31,https,5986,production;files'
          }
          onChange={(event) => {
            setText(event.target.value.slice(0, maxLength));
            setFileName('');
          }}
        />
      </div>
      {preview === null ? null : (
        <div className="import-preview">
          <DataTable
            label="What would be imported"
            rows={preview.rows}
            columns={columns}
            rowId={rowId}
            rank={sorting === null ? rank : undefined}
            sorting={sorting}
            onSorting={setSorting}
            selected={nobody}
            onSelect={() => {}}
            selecting="list"
            empty={<p className="empty-state">There is no machine in this text.</p>}
          />
        </div>
      )}
      {counts.new > 0 ? (
        <div className="import-form">
          <CredentialField value={credential} onChange={setCredential} tags={null} password={password} />
        </div>
      ) : null}
      {problem === null ? null : (
        <div className="form-problem">
          <ProblemBanner problem={problem} />
        </div>
      )}
    </Dialog>
  );
}
