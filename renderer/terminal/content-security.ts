/**
 * xterm under our content security policy. It writes its rules into style elements of its own, which need the nonce of this load, and colours
 * of single cells into `style` attributes, which the policy refuses; it has an option for neither.
 */

const nonceOfPage = (): string => document.querySelector<HTMLMetaElement>('meta[name="csp-nonce"]')?.content ?? '';

function createElement(tag: string, options?: ElementCreationOptions): HTMLElement {
  const made = Document.prototype.createElement.call(document, tag, options);
  if (tag === 'style') made.nonce = nonceOfPage();
  // The same declarations by way of the object model, which the policy lets pass.
  else if (tag === 'span') made.setAttribute = setAttribute;
  return made;
}

function setAttribute(this: HTMLElement, name: string, value: string): void {
  if (name === 'style') this.style.cssText = value;
  else Element.prototype.setAttribute.call(this, name, value);
}

/** The document as the terminal is to see it. */
export function documentForTerminal(): Document {
  return new Proxy(document, {
    get(target, key) {
      if (key === 'createElement') return createElement;
      const value: unknown = Reflect.get(target, key);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

/**
 * Its rows take the page's document whatever they are told. Reached by names of xterm's own: where they have changed, the refusals are in the
 * page's console, and every end-to-end test of a shell fails by them.
 */
export function lendDocumentToRows(terminal: object): void {
  const { _core: core } = terminal as {
    _core?: { _renderService?: { _renderer?: { value?: { _rowFactory?: { _document?: Document } } } } };
  };
  const rows = core?._renderService?._renderer?.value?._rowFactory;
  if (rows !== undefined) rows._document = documentForTerminal();
}

/** For the parts of xterm that take the page's document whatever they are told: style elements made meanwhile have the nonce. */
export function withNonce(work: () => void): void {
  document.createElement = createElement as typeof document.createElement;
  try {
    work();
  } finally {
    // The prototype's own is seen again.
    delete (document as { createElement?: unknown }).createElement;
  }
}
