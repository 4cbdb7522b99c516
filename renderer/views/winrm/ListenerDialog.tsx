import { Checkbox, Field, Input, Select } from '@fluentui/react-components';
import { useState } from 'react';
import type { StoreCertificate, WinrmConfiguration, WinrmListener } from '../../../shared/contract/winrm-settings.ts';
import { Button } from '../../components/Button.tsx';
import { Dialog } from '../../components/Dialog.tsx';
import { invalid, SubmitByEnter } from '../../components/form.tsx';
import { Glyph } from '../../components/Glyph.tsx';
import { ProblemBanner } from '../../components/ProblemBanner.tsx';
import { formatDay } from '../../format.ts';
import type { DraftChange } from '../../stores/winrm-draft.ts';
import {
  defaultPort,
  emptyListener,
  formOf,
  type ListenerForm,
  listenerChange,
  listenerProblems,
  sortCertificates,
  withCertificate,
} from './listener-form.ts';
import { shortPrint } from './words.ts';

/** A new listener or an existing one. It drafts the change; nothing is sent before the review. */
export function ListenerDialog(props: {
  machine: string;
  configuration: WinrmConfiguration;
  /** Null: a new one. */
  listener: WinrmListener | null;
  taken: readonly { readonly address: string; readonly transport: string }[];
  onDraft: (change: DraftChange) => void;
  onClose: () => void;
}) {
  const { listener, configuration } = props;
  const [form, setForm] = useState<ListenerForm>(() => (listener === null ? emptyListener : formOf(listener)));
  const [asked, setAsked] = useState(false);
  const problems = listenerProblems(form, configuration.certificates, listener === null ? props.taken : [], listener);
  const shown = asked ? problems : {};
  const change = (part: Partial<ListenerForm>) => setForm((before) => ({ ...before, ...part }));
  const save = () => {
    setAsked(true);
    if (Object.keys(problems).length > 0) return;
    props.onDraft(listenerChange(form, listener));
    props.onClose();
  };
  const https = form.transport === 'HTTPS';
  return (
    <Dialog
      title={
        listener === null
          ? `New listener on ${props.machine}`
          : `Listener ${listener.address} ${listener.transport} of ${props.machine}`
      }
      width={620}
      onClose={props.onClose}
      note="Nothing is sent yet: you see the difference first."
      actions={
        <>
          <Button onClick={props.onClose}>Cancel</Button>
          <Button kind="primary" onClick={save}>
            {listener === null ? 'Add to the changes' : 'Take into the changes'}
          </Button>
        </>
      }
    >
      <form
        className="wr-fields"
        onSubmit={(event) => {
          event.preventDefault();
          save();
        }}
      >
        <SubmitByEnter />
        <Field label="Transport">
          <Select
            value={form.transport}
            disabled={listener !== null}
            data-autofocus={listener === null ? '' : undefined}
            onChange={(_event, data) => change({ transport: data.value === 'HTTPS' ? 'HTTPS' : 'HTTP' })}
          >
            <option>HTTP</option>
            <option>HTTPS</option>
          </Select>
        </Field>
        <Field label="Port" hint={`Empty: ${defaultPort[form.transport]}`} {...invalid(shown.port)}>
          <Input
            value={form.port}
            inputMode="numeric"
            data-autofocus={listener === null ? undefined : ''}
            onChange={(_event, data) => change({ port: data.value })}
          />
        </Field>
        <Field label="Listens on">
          <Select
            value={form.kind}
            disabled={listener !== null}
            onChange={(_event, data) => change({ kind: data.value as ListenerForm['kind'] })}
          >
            <option value="any">every address (*)</option>
            <option value="ip">one IP address</option>
            <option value="mac">one adapter, by its MAC address</option>
          </Select>
        </Field>
        {form.kind === 'any' ? (
          <span />
        ) : (
          <Field label={form.kind === 'ip' ? 'IP address' : 'MAC address'} {...invalid(shown.address)}>
            <Input
              value={form.address}
              disabled={listener !== null}
              spellCheck={false}
              autoComplete="off"
              onChange={(_event, data) => change({ address: data.value })}
            />
          </Field>
        )}
        {form.kind === 'any' && shown.address !== undefined ? <p className="c-crit wide">{shown.address}</p> : null}
        <Field label="URL prefix" {...invalid(shown.urlPrefix)}>
          <Input
            value={form.urlPrefix}
            spellCheck={false}
            onChange={(_event, data) => change({ urlPrefix: data.value })}
          />
        </Field>
        <Field
          label="Host name"
          hint={https ? 'Must be the one the certificate is made out to' : 'Empty: every name'}
          {...invalid(shown.hostname)}
        >
          <Input
            value={form.hostname}
            spellCheck={false}
            autoComplete="off"
            onChange={(_event, data) => change({ hostname: data.value })}
          />
        </Field>
        {https ? (
          <CertificateChoice
            configuration={configuration}
            value={form.certificate}
            problem={shown.certificate}
            onChoose={(thumbprint) =>
              setForm((before) => withCertificate(before, thumbprint, configuration.certificates))
            }
          />
        ) : null}
        <Checkbox
          className="wide"
          checked={form.enabled}
          label="Enabled"
          onChange={(_event, data) => change({ enabled: data.checked === true })}
        />
      </form>
    </Dialog>
  );
}

/** The certificates of the machine's own store. Those that WinRM would refuse are there too, with why. */
function CertificateChoice(props: {
  configuration: WinrmConfiguration;
  value: string;
  problem: string | undefined;
  onChoose: (thumbprint: string) => void;
}) {
  const { certificates, certificatesProblem } = props.configuration;
  const ordered = sortCertificates(certificates);
  return (
    <fieldset
      className="wr-certificates wide"
      aria-describedby={props.problem === undefined ? undefined : 'wr-no-certificate'}
    >
      <legend>
        Certificate <span className="t3">from the machine’s own store (LocalMachine\My)</span>
      </legend>
      {certificatesProblem === null ? null : <ProblemBanner problem={certificatesProblem} />}
      {certificatesProblem === null && certificates.length === 0 ? (
        <p className="t2">The store is empty. Enrol a certificate for server authentication on the machine first.</p>
      ) : null}
      {ordered.length === 0 ? null : (
        <div className="wr-certificate-list">
          <label className="wr-certificate">
            <input type="radio" name="certificate" checked={props.value === ''} onChange={() => props.onChoose('')} />
            <span>The machine looks for one by the host name</span>
          </label>
          {ordered.map((certificate) => (
            <CertificateOption
              key={certificate.thumbprint}
              certificate={certificate}
              checked={certificate.thumbprint.toUpperCase() === props.value.toUpperCase()}
              onChoose={() => props.onChoose(certificate.thumbprint)}
            />
          ))}
        </div>
      )}
      {props.problem === undefined ? null : (
        <p className="c-crit" id="wr-no-certificate" role="alert">
          {props.problem}
        </p>
      )}
    </fieldset>
  );
}

function CertificateOption(props: { certificate: StoreCertificate; checked: boolean; onChoose: () => void }) {
  const { certificate } = props;
  const usable = certificate.unsuitable.length === 0;
  const id = `wr-certificate-${certificate.thumbprint}`;
  return (
    <label className={usable ? 'wr-certificate' : 'wr-certificate unsuitable'} htmlFor={id}>
      <input
        id={id}
        type="radio"
        name="certificate"
        checked={props.checked}
        disabled={!usable && !props.checked}
        onChange={props.onChoose}
      />
      <span className="wr-certificate-words">
        <span className="row g6">
          <Glyph name={usable ? 'healthy' : 'denied'} size={10} label={usable ? 'Usable' : 'Not usable'} />
          <b className="b5 ell">{certificate.hostname ?? certificate.subject}</b>
          <span className="mono t3" title={certificate.thumbprint}>
            {shortPrint(certificate.thumbprint)}
          </span>
        </span>
        <span className="t3 ell">
          {certificate.subject} by {certificate.issuer}, until {formatDay(certificate.validToAt)}
        </span>
        {certificate.unsuitable.map((why) => (
          <span key={why} className="c-crit">
            {why}
          </span>
        ))}
      </span>
    </label>
  );
}
