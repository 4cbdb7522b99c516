import { DismissRegular } from '@fluentui/react-icons';

export function Tag({ name, onRemove }: { name: string; onRemove?: () => void }) {
  if (onRemove === undefined) return <span className="tag">{name}</span>;
  return (
    <span className="tag removable">
      {name}
      <button type="button" aria-label={`Remove the tag ${name}`} onClick={onRemove}>
        <DismissRegular fontSize={11} />
      </button>
    </span>
  );
}
