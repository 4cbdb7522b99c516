import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ProtocolError } from '../errors.ts';
import { loadFixture } from '../fixtures/load.ts';
import { deserializeClixml, serializeClixml } from './clixml.ts';
import { isPsObject, type PsValue, psEnum, psObject } from './clixml-types.ts';
import {
  type HostInfo,
  type HostMethod,
  hostCallValue,
  hostInfoValue,
  hostMethods,
  hostResponseValue,
  isAnswered,
  readHostCall,
  readHostInfo,
  readHostResponse,
} from './host-messages.ts';
import * as host from './host-values.ts';
import { messageTypes, pipelineStates, runspacePoolStates } from './message.ts';
import * as m from './messages.ts';
import * as p from './pipeline-messages.ts';
import { createSessionKey } from './session-key.ts';

const recorded = JSON.parse(loadFixture('pypsrp/psrp-messages.json')) as { type: string; data: string; from: string }[];
const ofType = (type: keyof typeof messageTypes): PsValue[] =>
  recorded.filter((r) => Number.parseInt(r.type, 16) === messageTypes[type]).map((r) => deserializeClixml(r.data));
/** Through the text of a message and back. */
const wire = (value: PsValue): PsValue => deserializeClixml(serializeClixml(value));

const int = fc.integer({ min: 0, max: 500 });
const text = fc.string();
const callId = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
const anyValue: fc.Arbitrary<PsValue> = fc.oneof(fc.constant(null), fc.boolean(), fc.integer(), callId, text);
const size = fc.record({ width: int, height: int });
const point = fc.record({ x: int, y: int });
const window = fc.record({
  foregroundColor: int,
  backgroundColor: int,
  cursorPosition: point,
  windowPosition: point,
  cursorSize: int,
  bufferSize: size,
  windowSize: size,
  maxWindowSize: size,
  maxPhysicalWindowSize: size,
  windowTitle: text,
});
const hostInfo: fc.Arbitrary<HostInfo> = fc.record({
  isHostNull: fc.boolean(),
  isHostUiNull: fc.boolean(),
  isHostRawUiNull: fc.boolean(),
  useRunspaceHost: fc.boolean(),
  window: fc.option(window),
});
const command = fc.record({
  text,
  isScript: fc.boolean(),
  parameters: fc.array(fc.record({ name: fc.option(text), value: anyValue }), { maxLength: 3 }),
  useLocalScope: fc.option(fc.boolean()),
  merge: fc.subarray(['error', 'warning', 'verbose', 'debug', 'information'] as const),
  mergePrevious: fc.boolean(),
});
const pipeline = fc.record({
  statements: fc.array(fc.array(command, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 3 }),
  noInput: fc.boolean(),
  addToHistory: fc.boolean(),
  isNested: fc.boolean(),
  hostInfo,
});

/** What is written is read as it was. */
function comesBack<T>(values: fc.Arbitrary<T>, write: (value: T) => PsValue, read: (value: PsValue) => T): void {
  fc.assert(
    fc.property(values, (value) => {
      expect(read(wire(write(value)))).toEqual(value);
    }),
  );
}

describe('what is written is read as it was', () => {
  test('messages of a pool', () => {
    const version = fc.constantFrom('2.1', '2.3', '1.1.0.1', '5.1.14393.2248');
    const counts = fc.record({ minRunspaces: int, maxRunspaces: int });
    comesBack(
      fc.record({ protocolVersion: version, psVersion: version, serializationVersion: version }),
      m.sessionCapabilityValue,
      m.readSessionCapability,
    );
    comesBack(
      fc.record({ minRunspaces: int, maxRunspaces: int, hostInfo, applicationArguments: anyValue }),
      m.initRunspacePoolValue,
      m.readInitRunspacePool,
    );
    comesBack(fc.option(counts), m.connectRunspacePoolValue, m.readConnectRunspacePool);
    comesBack(counts, m.runspacePoolInitDataValue, m.readRunspacePoolInitData);
    comesBack(fc.base64String(), m.publicKeyValue, m.readPublicKeyMessage);
    comesBack(fc.base64String(), m.encryptedSessionKeyValue, m.readEncryptedSessionKey);
    const response = fc.oneof(fc.boolean(), callId);
    comesBack(fc.record({ callId, response }), m.runspaceAvailabilityValue, m.readRunspaceAvailability);
    const state = fc.constantFrom(...runspacePoolStates);
    comesBack(
      fc.record({ state, error: fc.constantFrom(null, psObject({ text: 'why' })) }),
      m.runspacePoolStateValue,
      m.readRunspacePoolState,
    );
    comesBack(anyValue, m.applicationPrivateDataValue, m.readApplicationPrivateData);
    for (const type of ['SET_MAX_RUNSPACES', 'SET_MIN_RUNSPACES'] as const) {
      comesBack(
        fc.record({ callId, count: int }),
        (v) => m.poolRequestValue(type, v),
        (v) => m.readPoolRequest(type, v) as never,
      );
    }
    for (const type of ['GET_AVAILABLE_RUNSPACES', 'RESET_RUNSPACE_STATE'] as const) {
      const none = fc.constant(null);
      comesBack(
        fc.record({ callId, count: none }),
        (v) => m.poolRequestValue(type, v),
        (v) => m.readPoolRequest(type, v) as never,
      );
    }
    comesBack(
      fc.record({
        eventId: int,
        sourceId: text,
        timeGenerated: fc.constant('2009-06-17T10:57:23.1578277-07:00'),
        sender: anyValue,
        sourceArgs: anyValue,
        messageData: anyValue,
        computerName: fc.option(text),
        runspaceId: fc.uuid(),
      }),
      m.userEventValue,
      m.readUserEvent,
    );
    const strings = fc.option(fc.array(text));
    comesBack(
      fc.record({
        names: strings,
        commandTypes: int,
        namespaces: strings,
        argumentList: fc.option(fc.array(anyValue)),
      }),
      m.commandMetadataRequestValue,
      m.readCommandMetadataRequest,
    );
  });

  test('messages of a pipeline', () => {
    comesBack(
      pipeline,
      (v) => p.createPipelineValue(v, '2.3'),
      (v) => p.readCreatePipeline(v) as never,
    );
    const state = fc.constantFrom(...pipelineStates);
    comesBack(
      fc.record({ state, error: fc.constantFrom(null, psObject({ text: 'why' })) }),
      p.pipelineStateValue,
      p.readPipelineState as never,
    );
  });

  test('messages between server and host', () => {
    comesBack(hostInfo, hostInfoValue, readHostInfo);
    const method = fc.constantFrom(...(Object.keys(hostMethods) as HostMethod[]));
    comesBack(fc.record({ callId, method, parameters: fc.array(anyValue) }), hostCallValue, readHostCall as never);
    const result = fc.oneof(
      fc.record({ value: anyValue }),
      fc.record({ error: fc.constant(psObject({ text: 'no' })) }),
    );
    comesBack(fc.record({ callId, method, result }), hostResponseValue, readHostResponse as never);
  });

  test('values of host calls', () => {
    comesBack(size, host.sizeValue, host.readSize);
    comesBack(point, host.coordinatesValue, host.readCoordinates);
    comesBack(fc.record({ left: int, top: int, right: int, bottom: int }), host.rectangleValue, host.readRectangle);
    const character = fc.string({ unit: 'binary-ascii', minLength: 1, maxLength: 1 });
    comesBack(
      fc.record({ virtualKeyCode: int, character, controlKeyState: int, keyDown: fc.boolean() }),
      host.keyValue,
      host.readKey,
    );
    const cell = fc.record({ character, foregroundColor: int, backgroundColor: int, type: int });
    const rows = fc
      .integer({ min: 1, max: 4 })
      .chain((width) =>
        fc.array(fc.array(cell, { minLength: width, maxLength: width }), { minLength: 1, maxLength: 3 }),
      );
    comesBack(rows, host.cellsValue, host.readCells);
    comesBack(fc.array(fc.record({ label: text, helpMessage: text })), host.choicesValue, host.readChoices);
    const field = fc.record({
      name: text,
      label: text,
      parameterTypeName: text,
      parameterTypeFullName: text,
      helpMessage: text,
      isMandatory: fc.boolean(),
      defaultValue: fc.option(text),
    });
    comesBack(fc.array(field), host.fieldsValue, host.readFields);
    const key = createSessionKey();
    comesBack(
      text,
      (v) => host.secureStringValue(v, key),
      (v) => host.readSecureString(v, key),
    );
    comesBack(
      fc.record({ userName: text, password: text }),
      (v) => host.credentialValue(v, key),
      (v) => host.readCredential(v, key) as never,
    );
    const answers = fc.dictionary(text, anyValue).map((all) => new Map(Object.entries(all)));
    comesBack(answers, (v) => host.promptResultValue([...v]), host.readPromptResult);
  });
});

describe('what Windows and its clients have sent', () => {
  test('every recorded message about a pool or its pipelines is read, and written again the same', () => {
    const again: [keyof typeof messageTypes, (value: PsValue) => PsValue][] = [
      ['SESSION_CAPABILITY', (v) => m.sessionCapabilityValue(m.readSessionCapability(v))],
      ['INIT_RUNSPACEPOOL', (v) => m.initRunspacePoolValue(m.readInitRunspacePool(v))],
      ['CONNECT_RUNSPACEPOOL', (v) => m.connectRunspacePoolValue(m.readConnectRunspacePool(v))],
      ['RUNSPACEPOOL_INIT_DATA', (v) => m.runspacePoolInitDataValue(m.readRunspacePoolInitData(v))],
      ['RUNSPACEPOOL_STATE', (v) => m.runspacePoolStateValue(m.readRunspacePoolState(v))],
      ['APPLICATION_PRIVATE_DATA', (v) => m.applicationPrivateDataValue(m.readApplicationPrivateData(v))],
      ['PUBLIC_KEY', (v) => m.publicKeyValue(m.readPublicKeyMessage(v))],
      ['ENCRYPTED_SESSION_KEY', (v) => m.encryptedSessionKeyValue(m.readEncryptedSessionKey(v))],
      ['CREATE_PIPELINE', (v) => p.createPipelineValue(p.readCreatePipeline(v), '2.3')],
      ['PIPELINE_STATE', (v) => p.pipelineStateValue(p.readPipelineState(v))],
      ['PIPELINE_HOST_CALL', (v) => hostCallValue(readHostCall(v))],
    ];
    for (const [type, write] of again) {
      const values = ofType(type);
      expect([type, values.length > 0]).toEqual([type, true]);
      for (const value of values) expect(wire(write(value))).toEqual(value);
    }
  });

  test('protocol 2.1 and 2.2 leave out what their time did not know', () => {
    const simple = p.readCreatePipeline(ofType('CREATE_PIPELINE')[0]!);
    const one = { ...simple, statements: [[p.psCommand('hostname', { merge: ['error', 'information'] })]] };
    const written = (version: string): string => serializeClixml(p.createPipelineValue(one, version));
    expect(written('2.3')).toContain('N="MergeInformation"');
    expect(written('2.2')).not.toContain('N="MergeInformation"');
    expect(written('2.2')).toContain('N="MergeError"');
    expect(written('2.1')).not.toMatch(/MergeError|MergeWarning|ExtraCmds/);
    expect(p.readCreatePipeline(deserializeClixml(written('2.1'))).statements[0]![0]!.merge).toEqual(['error']);
    expect(() =>
      p.createPipelineValue({ ...one, statements: [one.statements[0]!, one.statements[0]!] }, '2.1'),
    ).toThrow(RangeError);
  });

  test('which methods are answered', () => {
    expect(isAnswered('PromptForChoice')).toBe(true);
    expect(isAnswered('Write2')).toBe(false);
    expect(Object.keys(hostMethods)).toHaveLength(56);
    expect(new Set(Object.values(hostMethods)).size).toBe(56);
  });
});

test('messages of any other content are refused, never taken apart wrongly', () => {
  const readers: ((value: PsValue) => unknown)[] = [
    m.readSessionCapability,
    m.readInitRunspacePool,
    m.readRunspacePoolInitData,
    m.readRunspacePoolState,
    m.readRunspaceAvailability,
    m.readPublicKeyMessage,
    m.readEncryptedSessionKey,
    m.readApplicationPrivateData,
    m.readUserEvent,
    (v) => m.readPoolRequest('SET_MAX_RUNSPACES', v),
    p.readCreatePipeline,
    p.readPipelineState,
    readHostCall,
    readHostResponse,
    readHostInfo,
  ];
  const odd = [null, '', 5, 7n, psEnum('T', 'x', 3), new Uint8Array(2)];
  for (const read of readers)
    for (const value of odd) {
      // An object without what is looked for is one all the same, where nothing must be there.
      if ((read === m.readApplicationPrivateData || read === readHostInfo) && isPsObject(value)) continue;
      expect(() => read(value)).toThrow(ProtocolError);
    }
  const state = (number: number): PsValue => psObject({ extended: [{ name: 'RunspaceState', value: number }] });
  expect(() => m.readRunspacePoolState(state(99))).toThrow(/unknown state 99/);
  expect(() => host.readCells(psObject({ extended: [{ name: 'mae', value: null }] }))).not.toThrow();
});
