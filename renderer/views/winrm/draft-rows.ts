import type { CertificateMapping, WinrmConfiguration, WinrmListener } from '../../../shared/contract/winrm-settings.ts';
import { changeKey, type Draft } from '../../stores/winrm-draft.ts';
import { defaultPort } from './listener-form.ts';

/** What the machine has, as it would be with what is drafted for it; or what is only drafted. */
export interface DraftRow<Item> {
  readonly item: Item;
  readonly drafted: 'created' | 'edited' | 'deleted' | null;
}

const byKey = (draft: Draft) => new Map(draft.map((change) => [changeKey(change), change]));

export function listenerRows(configuration: WinrmConfiguration, draft: Draft): readonly DraftRow<WinrmListener>[] {
  const changes = byKey(draft);
  const rows = configuration.listeners.map((listener): DraftRow<WinrmListener> => {
    const { address, transport } = listener;
    const change = changes.get(changeKey({ kind: 'delete-listener', address, transport }));
    if (change?.kind === 'delete-listener') return { item: listener, drafted: 'deleted' };
    if (change?.kind !== 'edit-listener') return { item: listener, drafted: null };
    // Null leaves a value as it is.
    const edited: WinrmListener = {
      ...listener,
      port: change.port ?? listener.port,
      hostname: change.hostname ?? listener.hostname,
      enabled: change.enabled,
      urlPrefix: change.urlPrefix,
      thumbprint: change.thumbprint ?? listener.thumbprint,
    };
    return { item: edited, drafted: 'edited' };
  });
  const created = draft.flatMap((change): DraftRow<WinrmListener>[] =>
    change.kind !== 'create-listener'
      ? []
      : [
          {
            item: {
              address: change.address,
              transport: change.transport,
              port: change.port ?? defaultPort[change.transport],
              hostname: change.hostname ?? '',
              enabled: change.enabled,
              urlPrefix: change.urlPrefix,
              thumbprint: change.thumbprint ?? '',
              listeningOn: [],
              source: null,
              carriesThisConnection: false,
            },
            drafted: 'created',
          },
        ],
  );
  return [...rows, ...created];
}

/** A mapping has no name; this is what tells it from the others. */
export const mappingKey = ({ issuer, subject, uri }: { issuer: string; subject: string; uri: string }): string =>
  changeKey({ kind: 'delete-mapping', issuer, subject, uri });

export function mappingRows(configuration: WinrmConfiguration, draft: Draft): readonly DraftRow<CertificateMapping>[] {
  const changes = byKey(draft);
  const rows = configuration.mappings.map((mapping): DraftRow<CertificateMapping> => {
    const change = changes.get(mappingKey(mapping));
    if (change?.kind === 'delete-mapping') return { item: mapping, drafted: 'deleted' };
    if (change?.kind !== 'edit-mapping') return { item: mapping, drafted: null };
    return { item: { ...mapping, userName: change.userName, enabled: change.enabled }, drafted: 'edited' };
  });
  const created = draft.flatMap((change): DraftRow<CertificateMapping>[] =>
    change.kind === 'create-mapping' ? [{ item: { ...change, source: null }, drafted: 'created' }] : [],
  );
  return [...rows, ...created];
}
