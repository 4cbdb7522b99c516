import type { Vault } from '../../../shared/contract/credentials.ts';
import { Button } from '../../components/Button.tsx';
import { Glyph } from '../../components/Glyph.tsx';
import { openDialog } from '../../stores/dialogs.ts';

/** Where secrets go on this computer, and what that means. */
export function VaultLine({ vault }: { vault: Vault }) {
  if (vault.kind === 'keychain') {
    return (
      <p className="vault-line">
        <Glyph name="healthy" label="" />
        <span>This computer’s keychain keeps them, for you alone.</span>
      </p>
    );
  }
  if (vault.kind === 'sealed-file') {
    return vault.locked ? (
      <div className="vault-line">
        <Glyph name="denied" label="" />
        <span>
          <b className="b6">The sealed file is locked.</b> Its passphrase is asked for once per run; until then nothing
          in it can be used.
        </span>
        <Button onClick={() => openDialog({ kind: 'unlock-vault' })}>Unlock…</Button>
      </div>
    ) : (
      <p className="vault-line">
        <Glyph name="healthy" label="" />
        <span>
          A file in the data folder keeps them, sealed with your passphrase. It is unlocked until this console ends.
        </span>
      </p>
    );
  }
  return (
    <div className="vault-line">
      <Glyph name="warning" label="" />
      <span>
        <b className="b6">No keychain answers on this computer.</b> Passwords last until this console ends; at the next
        start each is asked for again. With a passphrase they are sealed in a file instead, and you are asked once per
        run.
      </span>
      <Button onClick={() => openDialog({ kind: 'create-vault' })}>Set a passphrase…</Button>
    </div>
  );
}
