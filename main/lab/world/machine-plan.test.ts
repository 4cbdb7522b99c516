import { describe, expect, it } from 'vitest';
import { generations, planMachine } from './machine-plan.ts';

const fleet = Array.from({ length: 1000 }, (_, index) => planMachine(index, 7));

describe('planMachine', () => {
  it('gives the same machine for the same seed, another one for another', () => {
    expect(planMachine(17, 7)).toEqual(fleet[17]);
    expect(planMachine(17, 8).serialNumber).not.toBe(fleet[17]!.serialNumber);
  });
  it('gives unique names and addresses, and names that fit NetBIOS', () => {
    expect(new Set(fleet.map(({ name }) => name)).size).toBe(fleet.length);
    expect(new Set(fleet.map(({ address }) => address)).size).toBe(fleet.length);
    for (const { name } of fleet)
      expect(name).toMatch(/^(HQ|BRS|FRA|LON|SIN|LAB)-(DC|SQL|FS|WEB|APP|PRN|BAK|RDS)\d{2,}$/);
    expect(Math.max(...fleet.map(({ name }) => name.length))).toBeLessThanOrEqual(15);
  });
  it('shows every generation among the first ten, with its own stack', () => {
    const first = new Set(fleet.slice(0, 10).map(({ generation }) => generation));
    // Stack 1.1 is there only where a fleet asks for it.
    const usual = Object.values(generations).filter(({ stack }) => stack !== '1.1');
    expect(first.size).toBe(usual.length);
    for (const { generation } of fleet) expect(generation.stack).toBe(generation.build === 7601 ? '2.0' : '3.0');
  });
  it('has faults to find, but not everywhere, and a full disk where it says so', () => {
    const faulty = fleet.filter(({ faults }) => faults.size > 0);
    expect(faulty.length).toBeGreaterThan(100);
    expect(faulty.length).toBeLessThan(400);
    for (const { faults, disks } of fleet) {
      const full = disks.some(({ usedShare }) => usedShare > 0.9);
      expect(full).toBe(faults.has('low-disk'));
    }
  });
  it('tags by environment, site and role', () => {
    expect(new Set(fleet.map(({ tags }) => tags[0]))).toEqual(new Set(['production', 'staging', 'lab']));
    for (const plan of fleet) expect(plan.tags).toContain(plan.role.toLowerCase());
  });
});
