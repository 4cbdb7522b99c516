import { describe, expect, it } from 'vitest';
import type { SensorThresholds } from '../../shared/contract/hardware.ts';
import { recordFields, stateOf, toSensor } from './hardware-model.ts';

const none: SensorThresholds = { nonCritical: null, critical: null, fatal: null };
const limits = (nonCritical: number | null, critical: number | null, fatal: number | null): SensorThresholds => ({
  nonCritical,
  critical,
  fatal,
});

describe('the state of a sensor', () => {
  it('is that of the worst threshold it has reached, on either side', () => {
    const lower = limits(10, 5, 1);
    const upper = limits(80, 90, 95);
    const at = (reading: number) => stateOf(reading, lower, upper, 'Normal', 5);
    expect([50, 80, 79, 90, 95, 10, 11, 5, 1].map(at)).toEqual([
      'normal',
      'non-critical',
      'normal',
      'critical',
      'fatal',
      'non-critical',
      'normal',
      'critical',
      'fatal',
    ]);
  });

  it('without thresholds or number it is what the sensor says, then its health', () => {
    expect(stateOf(null, none, none, 'Upper Non-Critical', 5)).toBe('non-critical');
    expect(stateOf(null, none, none, 'Lower Critical', 5)).toBe('critical');
    expect(stateOf(null, none, none, 'Non-recoverable', 5)).toBe('fatal');
    expect(stateOf(null, none, none, 'Power Supply Failure detected', 5)).toBe('critical');
    expect(stateOf(null, none, none, 'Fully Redundant', 25)).toBe('critical');
    expect(stateOf(3, none, none, null, 5)).toBe('normal');
    expect(stateOf(null, none, none, null, null)).toBe('unknown');
  });
});

it('readings are scaled without tails; units in signs', () => {
  const row = (change: object) =>
    toSensor(
      {
        DeviceID: '1',
        ElementName: '',
        Name: 'PS1 Current',
        Caption: null,
        SensorType: 4,
        OtherSensorTypeDescription: null,
        CurrentState: null,
        HealthState: null,
        CurrentReading: 64,
        BaseUnits: 6,
        UnitModifier: -2,
        RateUnits: null,
        MinReadable: 0,
        MaxReadable: 2000,
        LowerThresholdNonCritical: null,
        LowerThresholdCritical: null,
        LowerThresholdFatal: null,
        UpperThresholdNonCritical: 1000,
        UpperThresholdCritical: 1200,
        UpperThresholdFatal: null,
        ...change,
      },
      false,
    );
  expect(row({})).toMatchObject({ name: 'PS1 Current', reading: 0.64, unit: 'A', decimals: 2, maxReadable: 20 });
  expect(row({}).upper).toEqual({ nonCritical: 10, critical: 12, fatal: null });
  expect(row({ UnitModifier: 3 })).toMatchObject({ reading: 64_000, decimals: 0 });
  expect(row({ BaseUnits: 66, RateUnits: 3 }).unit).toBe('Pa/s');
  expect(row({ BaseUnits: 65 }).unit).toBe('%');
  expect(row({ BaseUnits: 999, SensorType: 99, CurrentReading: null })).toMatchObject({
    unit: '',
    type: 'Other',
    reading: null,
  });
});

it('records are taken apart by what their format says', () => {
  const fields = recordFields(
    '*string CIM_Sensor.DeviceID*uint8[2] IPMI_RecordID*boolean IPMI_AssertionEvent*',
    '*5.0.32*1 0*TRUE*',
  );
  expect([...fields]).toEqual([
    ['cim_sensor.deviceid', '5.0.32'],
    ['ipmi_recordid', '1 0'],
    ['ipmi_assertionevent', 'TRUE'],
  ]);
  expect(recordFields(null, '*a*').size).toBe(0);
  expect(recordFields('text', 'text').size).toBe(0);
});
