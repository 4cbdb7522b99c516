import type { Problem } from '../../../shared/contract/problem.ts';

/** What the wire said, for who looks closer. */
export function evidenceOf(problem: Problem): readonly string[] {
  const { evidence = [], fault, technical } = problem;
  const number = fault?.wsmanCode ?? null;
  return [
    ...evidence,
    ...(number === null
      ? []
      : [
          `Fault ${number} (0x${number.toString(16).toUpperCase().padStart(8, '0')})${fault?.wsmanCodeName ? ` ${fault.wsmanCodeName}` : ''}`,
        ]),
    ...(fault?.message ? [`Said: ${fault.message.trim().replace(/\s+/g, ' ').slice(0, 300)}`] : []),
    ...(number === null && technical !== undefined ? [technical] : []),
  ];
}
