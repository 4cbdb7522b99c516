/**
 * Parameters and results of host calls (MS-PSRP 2.2.6; 2.2.3.1 to 2.2.3.3, 2.2.3.25 to 2.2.3.29), both roles. A structure is an object whose fields
 * are extended properties; in lists each may be wrapped once more, with its type beside it, and is read either way.
 */
import { ProtocolError } from '../errors.ts';
import { itemsOf, numberOf, propertyOf, textOf } from './clixml-plain.ts';
import { isPsObject, type PsObject, type PsValue, psObject, psProperties } from './clixml-types.ts';
import { arrayList, type HostCoordinates, type HostSize } from './host-messages.ts';
import { entriesOf, isTrue } from './properties.ts';
import { decryptSecureString, encryptSecureString } from './session-key.ts';

const extended = (values: Readonly<Record<string, PsValue>>): PsObject => psObject({ extended: psProperties(values) });

/** Without the wrapping of T and V (2.2.6.1.3). */
function unwrap(value: PsValue): PsValue {
  const inner = propertyOf(value, 'V');
  return inner !== undefined && propertyOf(value, 'T') !== undefined ? inner : value;
}

/** Throws ProtocolError: a parameter that is not what its method takes. */
function integer(value: PsValue | undefined, what: string): number {
  const number = numberOf(value);
  if (number === null) throw new ProtocolError(`A host call has no ${what}.`);
  return number;
}

export const sizeValue = ({ width, height }: HostSize): PsObject => extended({ width, height });
export function readSize(value: PsValue): HostSize {
  const at = unwrap(value);
  return { width: integer(propertyOf(at, 'width'), 'width'), height: integer(propertyOf(at, 'height'), 'height') };
}

export const coordinatesValue = ({ x, y }: HostCoordinates): PsObject => extended({ x, y });
export function readCoordinates(value: PsValue): HostCoordinates {
  const at = unwrap(value);
  return { x: integer(propertyOf(at, 'x'), 'x'), y: integer(propertyOf(at, 'y'), 'y') };
}

/** All four are -1 where the whole buffer is meant. */
export interface HostRectangle {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}
export const rectangleValue = ({ left, top, right, bottom }: HostRectangle): PsObject =>
  extended({ left, top, right, bottom });
export function readRectangle(value: PsValue): HostRectangle {
  const at = unwrap(value);
  const side = (name: string): number => integer(propertyOf(at, name), name);
  return { left: side('left'), top: side('top'), right: side('right'), bottom: side('bottom') };
}

/** True for a rectangle that stands for the whole buffer. */
export function isWholeBuffer(value: PsValue): boolean {
  return (['left', 'top', 'right', 'bottom'] as const).every(
    (side) => numberOf(propertyOf(unwrap(value), side)) === -1,
  );
}

/** KeyInfo (2.2.3.26). */
export interface HostKey {
  readonly virtualKeyCode: number;
  /** One UTF-16 unit. */
  readonly character: string;
  /** Bits of ControlKeyStates (2.2.3.27). */
  readonly controlKeyState: number;
  readonly keyDown: boolean;
}
export const keyValue = (key: HostKey): PsObject =>
  extended({
    virtualKeyCode: key.virtualKeyCode,
    character: { clixml: 'C', value: key.character },
    controlKeyState: key.controlKeyState,
    keyDown: key.keyDown,
  });
export function readKey(value: PsValue): HostKey {
  return {
    virtualKeyCode: integer(propertyOf(value, 'virtualKeyCode'), 'virtualKeyCode'),
    character: textOf(propertyOf(value, 'character')) ?? '\0',
    controlKeyState: integer(propertyOf(value, 'controlKeyState'), 'controlKeyState'),
    keyDown: isTrue(value, 'keyDown'),
  };
}

/** BufferCell (2.2.3.28). */
export interface HostCell {
  readonly character: string;
  readonly foregroundColor: number;
  readonly backgroundColor: number;
  /** 0 complete, 1 leading, 2 trailing half of a wide character. */
  readonly type: number;
}
export const cellValue = (cell: HostCell): PsObject =>
  extended({
    character: { clixml: 'C', value: cell.character },
    foregroundColor: cell.foregroundColor,
    backgroundColor: cell.backgroundColor,
    bufferCellType: cell.type,
  });
export function readCell(value: PsValue): HostCell {
  const at = unwrap(value);
  return {
    character: textOf(propertyOf(at, 'character')) ?? ' ',
    foregroundColor: numberOf(propertyOf(at, 'foregroundColor')) ?? 0,
    backgroundColor: numberOf(propertyOf(at, 'backgroundColor')) ?? 0,
    type: numberOf(propertyOf(at, 'bufferCellType')) ?? 0,
  };
}

/** Rows of cells, as an array of two dimensions (2.2.6.1.4). */
export function cellsValue(rows: readonly (readonly HostCell[])[]): PsObject {
  return extended({
    mae: arrayList(rows.flat().map(cellValue)),
    mal: arrayList([rows.length, rows[0]?.length ?? 0]),
  });
}
export function readCells(value: PsValue): HostCell[][] {
  const at = unwrap(value);
  const cells = (itemsOf(propertyOf(at, 'mae')) ?? []).map(readCell);
  const [height = 0, width = 0] = (itemsOf(propertyOf(at, 'mal')) ?? []).map((side) => integer(side, 'dimension'));
  if (height < 0 || width < 0 || height * width !== cells.length) {
    throw new ProtocolError('An array of cells has not as many as its dimensions say.');
  }
  return Array.from({ length: height }, (_, row) => cells.slice(row * width, (row + 1) * width));
}

/** One answer of PromptForChoice; `&` stands in front of the letter that picks it. */
export interface HostChoice {
  readonly label: string;
  readonly helpMessage: string;
}
export const choicesValue = (choices: readonly HostChoice[]): PsObject =>
  arrayList(choices.map(({ label, helpMessage }) => extended({ label, helpMessage })));
export function readChoices(value: PsValue): HostChoice[] {
  return (itemsOf(unwrap(value)) ?? []).map((item) => {
    const at = unwrap(item);
    return { label: textOf(propertyOf(at, 'label')) ?? '', helpMessage: textOf(propertyOf(at, 'helpMessage')) ?? '' };
  });
}

/** A list of whole numbers. What is none is left out. */
export function readIntegers(value: PsValue): number[] {
  const numbers = (itemsOf(unwrap(value)) ?? []).map((item) => numberOf(unwrap(item)));
  return numbers.filter((number) => number !== null);
}

/** One field of Prompt. */
export interface HostField {
  readonly name: string;
  readonly label: string;
  /** Short name of its type: `String`, `SecureString`, `PSCredential`, `Int32`, `String[]`. */
  readonly parameterTypeName: string;
  readonly parameterTypeFullName: string;
  readonly helpMessage: string;
  readonly isMandatory: boolean;
  readonly defaultValue: PsValue;
}
export const fieldsValue = (fields: readonly HostField[]): PsObject =>
  arrayList(
    fields.map((field) =>
      extended({
        name: field.name,
        label: field.label,
        parameterTypeName: field.parameterTypeName,
        parameterTypeFullName: field.parameterTypeFullName,
        parameterAssemblyFullName: '',
        helpMessage: field.helpMessage,
        isMandatory: field.isMandatory,
        metadata: arrayList([]),
        modifiedByRemotingProtocol: false,
        isFromRemoteHost: false,
        ...(field.defaultValue === null ? {} : { defaultValue: field.defaultValue }),
      }),
    ),
  );
export function readFields(value: PsValue): HostField[] {
  return (itemsOf(unwrap(value)) ?? []).map((item) => {
    const at = unwrap(item);
    const text = (name: string): string => textOf(propertyOf(at, name)) ?? '';
    return {
      name: text('name'),
      label: text('label'),
      parameterTypeName: text('parameterTypeName'),
      parameterTypeFullName: text('parameterTypeFullName'),
      helpMessage: text('helpMessage'),
      isMandatory: isTrue(at, 'isMandatory'),
      defaultValue: propertyOf(at, 'defaultValue') ?? null,
    };
  });
}

/** What Prompt returns (2.2.6.1.6). */
export function promptResultValue(values: readonly (readonly [name: string, value: PsValue])[]): PsObject {
  return psObject({
    typeNames: ['System.Collections.Hashtable', 'System.Object'],
    container: { kind: 'DCT', entries: values },
  });
}
export function readPromptResult(value: PsValue): Map<string, PsValue> {
  return new Map((entriesOf(value) ?? []).map(([key, answer]) => [textOf(key) ?? '', answer]));
}

/** A SecureString (2.2.5.1.24), encrypted with the key of the session. */
export function secureStringValue(plain: string, sessionKey: Uint8Array): PsValue {
  return { clixml: 'SS', value: Buffer.from(encryptSecureString(plain, sessionKey)).toString('base64') };
}

/** Throws ProtocolError where the value is no SecureString, or of another session. */
export function readSecureString(value: PsValue, sessionKey: Uint8Array): string {
  if (typeof value !== 'object' || value === null || !('clixml' in value) || value.clixml !== 'SS') {
    throw new ProtocolError('A SecureString is something else.');
  }
  return decryptSecureString(Buffer.from(value.value, 'base64'), sessionKey);
}

export interface HostCredential {
  readonly userName: string;
  readonly password: string;
}

/** PSCredential (2.2.3.25). */
export function credentialValue({ userName, password }: HostCredential, sessionKey: Uint8Array): PsObject {
  const type = 'System.Management.Automation.PSCredential';
  return psObject({
    typeNames: [type, 'System.Object'],
    text: type,
    adapted: psProperties({ UserName: userName, Password: secureStringValue(password, sessionKey) }),
  });
}

/** Null where the user gave none. Throws ProtocolError where the password cannot be read. */
export function readCredential(value: PsValue, sessionKey: Uint8Array): HostCredential | null {
  if (!isPsObject(value)) return null;
  return {
    userName: textOf(propertyOf(value, 'UserName')) ?? '',
    password: readSecureString(propertyOf(value, 'Password') ?? null, sessionKey),
  };
}
