/**
 * Test support: a shared library that kills whoever loads it. Its initialiser is one undefined instruction, so that the process ends by
 * SIGILL inside dlopen; what a wrong ABI does, made certain. An ELF file with two program headers and a dynamic section, nothing else.
 */
const MACHINE: Partial<Record<NodeJS.Architecture, { readonly number: number; readonly trap: Uint8Array }>> = {
  // ud2; udf #0
  x64: { number: 62, trap: Uint8Array.of(0x0f, 0x0b) },
  arm64: { number: 183, trap: Uint8Array.of(0, 0, 0, 0) },
};
const Segment = { LOAD: 1, DYNAMIC: 2 } as const;
const Dynamic = { STRTAB: 5, SYMTAB: 6, STRSZ: 10, SYMENT: 11, INIT: 12 } as const;
const HEADER = 64;
const PROGRAM_HEADER = 56;

/** Its bytes, for this computer. Throws on a processor it is not written for. */
export function crashingLibrary(): Uint8Array {
  const machine = MACHINE[process.arch];
  if (!machine) throw new Error(`There is no crashing library for ${process.arch}.`);
  const dynamicAt = HEADER + 2 * PROGRAM_HEADER;
  const dynamic: readonly (readonly [number, number])[] = [
    [Dynamic.STRTAB, 0x200],
    [Dynamic.SYMTAB, 0x220],
    [Dynamic.STRSZ, 1],
    [Dynamic.SYMENT, 24],
    [Dynamic.INIT, 0x300],
    [0, 0],
  ];
  const size = 0x400;
  const file = Buffer.alloc(size);
  // ELF64, little-endian, ET_DYN.
  file.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  file.writeUInt16LE(3, 16);
  file.writeUInt16LE(machine.number, 18);
  file.writeUInt32LE(1, 20);
  file.writeBigUInt64LE(BigInt(HEADER), 32);
  file.writeUInt16LE(HEADER, 52);
  file.writeUInt16LE(PROGRAM_HEADER, 54);
  file.writeUInt16LE(2, 56);
  const writeSegment = (index: number, type: number, flags: number, at: number, length: number, align: number) => {
    const start = HEADER + index * PROGRAM_HEADER;
    file.writeUInt32LE(type, start);
    file.writeUInt32LE(flags, start + 4);
    for (const offset of [8, 16, 24]) file.writeBigUInt64LE(BigInt(at), start + offset);
    for (const offset of [32, 40]) file.writeBigUInt64LE(BigInt(length), start + offset);
    file.writeBigUInt64LE(BigInt(align), start + 48);
  };
  // Readable, writable and executable: the loader relocates the dynamic section in place.
  writeSegment(0, Segment.LOAD, 7, 0, size, 0x10000);
  writeSegment(1, Segment.DYNAMIC, 6, dynamicAt, dynamic.length * 16, 8);
  for (const [index, [tag, value]] of dynamic.entries()) {
    file.writeBigUInt64LE(BigInt(tag), dynamicAt + index * 16);
    file.writeBigUInt64LE(BigInt(value), dynamicAt + index * 16 + 8);
  }
  file.set(machine.trap, 0x300);
  return file;
}
