/**
 * XML laid out in lines for reading, in pieces that can be coloured. Works on the text, tag by tag: what is shown may be cut, broken, or no XML
 * at all, and comes from strangers. Nothing is dropped but white space between elements.
 */

/** `mark`: angle brackets and slashes. `value`: of an attribute, with its quotation marks. `note`: comments, instructions. */
export type XmlPieceKind = 'mark' | 'element' | 'attribute' | 'value' | 'text' | 'note';
export type XmlPiece = readonly [kind: XmlPieceKind, text: string];

export interface XmlLine {
  /** Steps to the right. */
  readonly depth: number;
  readonly pieces: readonly XmlPiece[];
}

/** What is nested deeper is set no further to the right. */
const deepest = 40;
const mostLines = 200_000;

interface Token {
  readonly kind: 'open' | 'close' | 'empty' | 'text' | 'note';
  readonly text: string;
}

export function layOutXml(xml: string): readonly XmlLine[] {
  const lines: XmlLine[] = [];
  const tokens = tokensOf(xml);
  let depth = 0;
  const put = (pieces: readonly XmlPiece[]) => lines.push({ depth: Math.min(depth, deepest), pieces });
  for (let i = 0; i < tokens.length && lines.length < mostLines; i++) {
    const token = tokens[i]!;
    const next = tokens[i + 1];
    const afterNext = tokens[i + 2];
    if (token.kind === 'open' && next?.kind === 'close') {
      put([...piecesOfTag(token.text), ...piecesOfTag(next.text)]);
      i += 1;
    } else if (token.kind === 'open' && next?.kind === 'text' && afterNext?.kind === 'close') {
      put([...piecesOfTag(token.text), ['text', next.text.trim()], ...piecesOfTag(afterNext.text)]);
      i += 2;
    } else if (token.kind === 'close') {
      depth = Math.max(0, depth - 1);
      put(piecesOfTag(token.text));
    } else if (token.kind === 'text') {
      put([['text', token.text.trim()]]);
    } else if (token.kind === 'note') {
      put([['note', token.text]]);
    } else {
      put(piecesOfTag(token.text));
      if (token.kind === 'open') depth++;
    }
  }
  return lines;
}

/** The lines as one text, two blanks a step. */
export function xmlText(lines: readonly XmlLine[]): string {
  return lines.map(({ depth, pieces }) => '  '.repeat(depth) + pieces.map(([, text]) => text).join('')).join('\n');
}

function tokensOf(xml: string): readonly Token[] {
  const tokens: Token[] = [];
  for (let at = 0; at < xml.length; ) {
    if (xml[at] !== '<') {
      const open = xml.indexOf('<', at);
      const end = open < 0 ? xml.length : open;
      const text = xml.slice(at, end);
      if (text.trim() !== '') tokens.push({ kind: 'text', text });
      at = end;
      continue;
    }
    const end = endOfMarkup(xml, at);
    const text = xml.slice(at, end);
    tokens.push({ kind: kindOf(text), text });
    at = end;
  }
  return tokens;
}

function kindOf(markup: string): Token['kind'] {
  if (markup.startsWith('<![CDATA[')) return 'text';
  if (markup.startsWith('<!') || markup.startsWith('<?')) return 'note';
  if (markup.startsWith('</')) return 'close';
  if (!/^<[^\s<>/]/.test(markup)) return 'text';
  return markup.endsWith('/>') ? 'empty' : 'open';
}

const sections = [
  ['<!--', '-->'],
  ['<![CDATA[', ']]>'],
  ['<?', '?>'],
] as const;

function endOfMarkup(xml: string, at: number): number {
  for (const [start, close] of sections) {
    if (!xml.startsWith(start, at)) continue;
    const end = xml.indexOf(close, at + start.length);
    return end < 0 ? xml.length : end + close.length;
  }
  let quote = '';
  for (let p = at + 1; p < xml.length; p++) {
    const c = xml[p]!;
    if (c === '<') return p;
    if (quote !== '') quote = c === quote ? '' : quote;
    else if (c === '"' || c === "'") quote = c;
    else if (c === '>') return p + 1;
  }
  return xml.length;
}

function piecesOfTag(tag: string): readonly XmlPiece[] {
  const [, open = '<', name = '', rest = ''] = /^(<\/?)([^\s<>/]*)(.*)$/s.exec(tag) ?? [];
  const pieces: XmlPiece[] = [
    ['mark', open],
    ['element', name],
  ];
  const close = /\s*\/?>?$/.exec(rest)?.[0] ?? '';
  const attributes = rest.slice(0, rest.length - close.length);
  for (const [whole, blank = '', attribute = '', value] of attributes.matchAll(
    /(\s*)([^\s="']+)(?:\s*=\s*("[^"]*"?|'[^']*'?))?|\s+|./gs,
  )) {
    if (attribute === '') {
      pieces.push(['attribute', /^\s+$/.test(whole) ? ' ' : whole]);
      continue;
    }
    pieces.push(['attribute', `${blank === '' ? '' : ' '}${attribute}`]);
    if (value !== undefined) pieces.push(['mark', '='], ['value', value]);
  }
  pieces.push(['mark', close.trim()]);
  return pieces.filter(([, text]) => text !== '');
}
