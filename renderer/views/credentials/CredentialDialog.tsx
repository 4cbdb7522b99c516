import { Field, Input, Radio, RadioGroup } from '@fluentui/react-components';
import { useRef, useState } from 'react';
import type { CredentialSet, NewCredential } from '../../../shared/contract/credentials.ts';
import { Button } from '../../components/Button.tsx';
import { Dialog } from '../../components/Dialog.tsx';
import { invalid, SubmitByEnter } from '../../components/form.tsx';
import { Banner, ProblemBanner } from '../../components/ProblemBanner.tsx';
import { SecretField, type SecretHandle } from '../../components/SecretField.tsx';
import { freeName, kindWords, secretWord } from '../../credential-words.ts';
import { saveCredential, useCredentials } from '../../stores/credentials.ts';
import { notify } from '../../stores/notices.ts';
import { useAttempt } from '../../stores/use-attempt.ts';
import { CertificateFacts } from './CertificateFacts.tsx';
import { type CertificateFiles, CertificateFilesField, noFiles } from './CertificateFilesField.tsx';
import { readCertificateFile, sizeProblem } from './certificate-file.ts';
import { RefusalWords } from './RefusalWords.tsx';
import { keepingHint } from './vault-words.ts';
import './credentials.css';

type Kind = CredentialSet['kind'];
const kinds: readonly Kind[] = ['password', 'signed-in-user', 'certificate'];

/** A new set, or the name and the secret of one. Secrets are in their fields and files, and nowhere else on this side. */
export function CredentialDialog({
  set,
  onClose,
  onSaved,
  initialKind = 'password',
}: {
  set: CredentialSet | null;
  onClose: () => void;
  onSaved?: (set: CredentialSet) => void;
  /** Of a new set, before the user says otherwise. */
  initialKind?: Kind;
}) {
  const [kind, setKind] = useState<Kind>(set?.kind ?? initialKind);
  const [name, setName] = useState(set?.name ?? '');
  const [userName, setUserName] = useState(set?.userName ?? '');
  const [files, setFiles] = useState<CertificateFiles>(noFiles);
  const [checked, setChecked] = useState(false);
  const { busy, problem, attempt, forget } = useAttempt();
  const [read, setRead] = useState<CredentialSet | null>(null);
  const password = useRef<SecretHandle>(null);
  const passphrase = useRef<SecretHandle>(null);
  const keyText = useRef<SecretHandle>(null);

  const { sets, vault } = useCredentials();
  const others = sets.filter((each) => each.id !== set?.id);
  const defaultName = freeName(
    others,
    { password: userName.trim(), 'signed-in-user': 'Signed-in user', certificate: files.baseName }[kind],
  );
  const finalName = name.trim() === '' ? defaultName : name.trim();
  const nameProblem = freeName(others, finalName) === finalName ? undefined : 'Another set has this name.';
  const userProblem = kind === 'password' && userName.trim() === '' ? 'Type a user name.' : undefined;
  const fileProblem =
    kind === 'certificate'
      ? files.certificates === null
        ? set === null
          ? 'Choose a file.'
          : undefined
        : (sizeProblem(files.format, files.certificates) ?? undefined)
      : undefined;
  const keyProblem =
    kind === 'certificate' && files.key !== null ? (sizeProblem('key', files.key) ?? undefined) : undefined;
  const sound =
    userProblem === undefined && fileProblem === undefined && keyProblem === undefined && nameProblem === undefined;

  const clear = () => {
    for (const secret of [password, passphrase, keyText]) secret.current?.clear();
  };

  /** Puts the secret together and hands it over, in one go: what is returned here must not be kept. */
  const credential = async (): Promise<NewCredential> => {
    if (kind === 'signed-in-user') return { kind };
    if (kind === 'password') {
      return { kind, userName: userName.trim(), password: password.current?.read() || null };
    }
    const { certificates, format, key } = files;
    if (certificates === null) return { kind, file: null };
    return {
      kind,
      file: await readCertificateFile({
        format,
        certificates,
        key,
        keyText: keyText.current?.read() ?? '',
        passphrase: passphrase.current?.read() ?? '',
      }),
    };
  };

  const save = async () => {
    setChecked(true);
    if (!sound || busy) return;
    const succeeded = await attempt(async () => {
      const saved = await saveCredential({ id: set?.id ?? null, name: finalName, credential: await credential() });
      clear();
      onSaved?.(saved);
      notify({
        kind: 'done',
        words: set?.refusal ? `Saved ${saved.name}. Machines that refused it are asked again.` : `Saved ${saved.name}.`,
      });
      // What was read of a certificate is shown before it is used.
      if (kind === 'certificate' && saved.certificate !== null && files.certificates !== null) {
        setFiles(noFiles);
        setRead(saved);
      } else onClose();
    });
    if (!succeeded) clear();
  };

  if (read?.certificate) {
    return (
      <Dialog
        title={`${read.name} was read`}
        width={560}
        onClose={onClose}
        actions={
          <Button kind="primary" onClick={onClose} autoFocus>
            Close
          </Button>
        }
      >
        <CertificateFacts certificate={read.certificate} />
        <p className="t2 s12 credential-text">
          The machine decides which account this certificate stands for: WinRM must have client certificates switched on
          and a mapping for it.
        </p>
      </Dialog>
    );
  }
  const replaces = set !== null;
  return (
    <Dialog
      title={set === null ? 'New credential set' : `Credential set ${set.name}`}
      width={520}
      busy={busy}
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose} disabled={busy}>
            Cancel
          </Button>
          <Button kind="primary" onClick={() => void save()} disabled={busy}>
            {set === null ? 'Save credential set' : 'Save changes'}
          </Button>
        </>
      }
    >
      <form
        className="col g12 credential-form"
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        {set?.refusal ? (
          <Banner tint="crit" glyph="denied">
            <RefusalWords set={set} />
          </Banner>
        ) : null}
        {replaces ? null : (
          <RadioGroup
            layout="horizontal"
            aria-label="Kind"
            value={kind}
            onChange={(_event, data) => {
              setKind(data.value as Kind);
              setChecked(false);
              forget();
            }}
          >
            {kinds.map((each) => (
              <Radio key={each} value={each} label={kindWords[each]} />
            ))}
          </RadioGroup>
        )}
        {kind === 'password' ? (
          <>
            <Field label="User" {...invalid(checked ? userProblem : undefined)}>
              <Input
                value={userName}
                placeholder="DOMAIN\user, user@domain or .\user"
                autoComplete="off"
                spellCheck={false}
                maxLength={256}
                input={{ 'data-autofocus': replaces ? undefined : '' } as object}
                onChange={(_event, data) => setUserName(data.value)}
              />
            </Field>
            <SecretField
              label={replaces ? 'New password' : 'Password'}
              secret={password}
              autoFocus={replaces}
              hint={`${replaces ? 'Empty: it stays as it is. ' : ''}${keepingHint(vault)}`}
            />
          </>
        ) : kind === 'signed-in-user' ? (
          <p className="t2 credential-text">
            No password: uses your Kerberos tickets or your Windows sign-in. On Linux and macOS these are the tickets of
            your session (<span className="mono">klist</span> shows them); on Windows, whoever is signed in. Nothing is
            stored.
          </p>
        ) : (
          <CertificateFilesField
            files={files}
            onChange={setFiles}
            problem={checked ? fileProblem : undefined}
            keyProblem={checked ? keyProblem : undefined}
            replaces={replaces}
            passphrase={passphrase}
            keyText={keyText}
            keeping={keepingHint(vault)}
          />
        )}
        <Field
          label="Name of the set"
          hint="Shown wherever it is used."
          {...invalid(checked ? nameProblem : undefined)}
        >
          <Input
            value={name}
            placeholder={defaultName === '' ? 'Domain administrators' : defaultName}
            autoComplete="off"
            spellCheck={false}
            maxLength={100}
            onChange={(_event, data) => setName(data.value)}
          />
        </Field>
        {problem === null ? null : <ProblemBanner problem={problem} />}
        {set !== null && set.kept === 'missing' ? (
          <p className="t3 s12">Its {secretWord(set.kind)} is not there: it was kept for an earlier run only.</p>
        ) : null}
        <SubmitByEnter />
      </form>
    </Dialog>
  );
}
