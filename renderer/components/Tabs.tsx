/** The rooms of a page. One tab stop; the arrows move between them, and down goes on into the room. */
export function Tabs<Id extends string>(props: {
  label: string;
  tabs: readonly { readonly id: Id; readonly name: string }[];
  current: Id;
  /** Tabs are `<prefix>-tab-<id>`, the room is `<prefix>-room`. */
  prefix: string;
  onOpen: (id: Id) => void;
  /** Arrow down. */
  onLeave?: () => void;
}) {
  const { tabs, current, prefix, onOpen } = props;
  return (
    <div className="tabs" role="tablist" aria-label={props.label}>
      {tabs.map(({ id, name }) => (
        <button
          key={id}
          id={`${prefix}-tab-${id}`}
          type="button"
          role="tab"
          aria-selected={id === current}
          aria-controls={`${prefix}-room`}
          tabIndex={id === current ? 0 : -1}
          onClick={() => onOpen(id)}
          onKeyDown={(event) => {
            if (event.key === 'ArrowDown' && props.onLeave !== undefined) {
              event.preventDefault();
              props.onLeave();
              return;
            }
            if (event.key !== 'ArrowLeft' && event.key !== 'ArrowRight') return;
            event.preventDefault();
            const other =
              event.currentTarget[event.key === 'ArrowLeft' ? 'previousElementSibling' : 'nextElementSibling'];
            if (other instanceof HTMLElement) {
              other.focus();
              other.click();
            }
          }}
        >
          {name}
        </button>
      ))}
    </div>
  );
}
