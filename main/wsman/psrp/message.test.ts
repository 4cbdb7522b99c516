import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ProtocolError } from '../errors.ts';
import {
  decodeMessage,
  encodeMessage,
  guidFromBytes,
  guidToBytes,
  type MessageType,
  messageTypes,
  nilGuid,
} from './message.ts';

const guid = fc.uuid().map((text) => text.toUpperCase());
const types = Object.keys(messageTypes) as MessageType[];
const message = fc.record({
  destination: fc.constantFrom('client' as const, 'server' as const),
  type: fc.constantFrom(...types),
  runspacePoolId: guid,
  pipelineId: fc.option(guid.filter((text) => text !== nilGuid)),
  // Lone surrogates cannot be written in UTF-8; CLIXML has its own way for them. A mark in front would be taken for the encoding's.
  data: fc.string({ unit: 'grapheme' }).map((text) => text.replace(/^\ufeff/, '')),
});

test('every message comes back as it was', () => {
  fc.assert(
    fc.property(message, (m) => {
      expect(decodeMessage(encodeMessage(m))).toEqual(m);
    }),
  );
});

test('octets of any kind are a message or a ProtocolError', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 120 }), (bytes) => {
      try {
        decodeMessage(bytes);
      } catch (error) {
        expect(error).toBeInstanceOf(ProtocolError);
      }
    }),
  );
});

test('header as Windows writes it: little-endian, GUIDs in the order of .NET, byte order mark dropped', () => {
  const bytes = encodeMessage({
    destination: 'client',
    type: 'PIPELINE_STATE',
    runspacePoolId: '00112233-4455-6677-8899-AABBCCDDEEFF',
    pipelineId: null,
    data: '\ufeff<S />',
  });
  expect(Buffer.from(bytes.subarray(0, 40)).toString('hex')).toBe(
    `010000000610040033221100554477668899aabbccddeeff${'00'.repeat(16)}`,
  );
  expect(decodeMessage(bytes).data).toBe('<S />');
});

test('what is wrong is said', () => {
  const bytes = encodeMessage({
    destination: 'server',
    type: 'PIPELINE_INPUT',
    runspacePoolId: nilGuid,
    pipelineId: null,
    data: 'a',
  });
  const changed = (at: number, value: number): Uint8Array => Uint8Array.from(bytes, (b, i) => (i === at ? value : b));
  expect(() => decodeMessage(bytes.subarray(0, 39))).toThrow(/shorter than its header/);
  expect(() => decodeMessage(changed(0, 3))).toThrow(/neither client nor server/);
  expect(() => decodeMessage(changed(4, 0x77))).toThrow(/unknown type 0x41077/);
  expect(() => decodeMessage(changed(40, 0xff))).toThrow(/no UTF-8/);
});

test('GUIDs both ways', () => {
  fc.assert(
    fc.property(guid, (text) => {
      expect(guidFromBytes(guidToBytes(text))).toBe(text);
    }),
  );
  expect(() => guidToBytes('no')).toThrow(TypeError);
});
