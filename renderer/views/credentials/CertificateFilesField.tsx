import { Field } from '@fluentui/react-components';
import { CertificateRegular, KeyRegular } from '@fluentui/react-icons';
import { type Ref, useRef, useState } from 'react';
import { Button } from '../../components/Button.tsx';
import { invalid } from '../../components/form.tsx';
import { SecretField, type SecretHandle } from '../../components/SecretField.tsx';
import { type CertificateFormat, formatOfName } from './certificate-file.ts';

/** Which files were chosen; what is in them is read when it is sent. */
export interface CertificateFiles {
  readonly format: CertificateFormat;
  readonly certificates: File | null;
  readonly key: File | null;
  /** The certificate's file name without its ending. */
  readonly baseName: string;
}
export const noFiles: CertificateFiles = { format: 'pem', certificates: null, key: null, baseName: '' };

/** A PFX has everything in it; PEM may have the key in a file of its own, or pasted. */
export function CertificateFilesField(props: {
  files: CertificateFiles;
  onChange: (files: CertificateFiles) => void;
  problem: string | undefined;
  keyProblem: string | undefined;
  replaces: boolean;
  passphrase: Ref<SecretHandle>;
  keyText: Ref<SecretHandle>;
  keeping: string;
}) {
  const { files, onChange } = props;
  const [pasting, paste] = useState(false);
  const isPem = files.certificates !== null && files.format === 'pem';
  return (
    <>
      <FileField
        label={props.replaces ? 'New certificate' : 'Certificate'}
        icon={<CertificateRegular />}
        accept=".pem,.crt,.cer,.cert,.pfx,.p12"
        file={files.certificates}
        none="PEM or PFX"
        hint={props.replaces ? 'None chosen: it stays as it is.' : undefined}
        problem={props.problem}
        onChoose={(file) =>
          onChange({
            ...files,
            certificates: file,
            format: formatOfName(file.name) ?? 'pem',
            key: formatOfName(file.name) === 'pfx' ? null : files.key,
            baseName: file.name.replace(/\.[^.]+$/, ''),
          })
        }
      />
      {isPem ? (
        <>
          {pasting ? (
            <SecretField label="Key text" secret={props.keyText} multiline placeholder="-----BEGIN PRIVATE KEY-----" />
          ) : (
            <FileField
              label="Key"
              icon={<KeyRegular />}
              accept=".pem,.key"
              file={files.key}
              none="in the same file"
              problem={props.keyProblem}
              onChoose={(key) => onChange({ ...files, key })}
            />
          )}
          <div>
            <Button
              kind="ghost"
              className="credential-switch"
              onClick={() => {
                onChange({ ...files, key: null });
                paste(!pasting);
              }}
            >
              {pasting ? 'Choose a key file instead' : 'Paste the key instead'}
            </Button>
          </div>
        </>
      ) : null}
      {files.certificates === null ? null : (
        <SecretField
          label={files.format === 'pfx' ? 'Passphrase of the PFX' : 'Passphrase of the key'}
          secret={props.passphrase}
          hint={`Empty where there is none. ${props.keeping}`}
        />
      )}
    </>
  );
}

/** A button that opens the file chooser, with the name of what was chosen. */
function FileField(props: {
  label: string;
  icon: React.JSX.Element;
  accept: string;
  file: File | null;
  none: string;
  hint?: string | undefined;
  problem: string | undefined;
  onChoose: (file: File) => void;
}) {
  const input = useRef<HTMLInputElement>(null);
  return (
    <Field label={props.label} {...(props.hint === undefined ? {} : { hint: props.hint })} {...invalid(props.problem)}>
      {(field) => (
        <div className="row g8">
          <input
            ref={input}
            type="file"
            hidden
            accept={props.accept}
            onChange={(event) => {
              const file = event.target.files?.[0];
              // The form keeps the handle; the same file chosen again counts as new.
              event.target.value = '';
              if (file !== undefined) props.onChoose(file);
            }}
          />
          <Button
            id={field.id}
            aria-describedby={field['aria-describedby']}
            aria-label={`Choose the file: ${props.label.toLowerCase()}`}
            icon={props.icon}
            onClick={() => input.current?.click()}
          >
            Choose a file…
          </Button>
          <span className={props.file === null ? 't3 s12 ell' : 's12 ell'}>{props.file?.name ?? props.none}</span>
        </div>
      )}
    </Field>
  );
}
