export interface Card {
  memoryGb: number;
  /** Least and most GB of memory, by CPUs. */
  beside: Readonly<Record<number, readonly [number, number]>>;
}

/** Whole cards, one for an instance (reference: fc-docs 01/06); those that the document gives no companions for are left out. */
export const CARDS: Readonly<Record<string, Card>> = {
  'fc.gpu.tesla.1': { memoryGb: 16, beside: { 4: [4, 16], 8: [8, 32], 16: [16, 64] } },
  'fc.gpu.ampere.1': { memoryGb: 24, beside: { 8: [8, 32], 16: [16, 32] } },
  'fc.gpu.ada.1': { memoryGb: 48, beside: { 4: [16, 32], 8: [32, 64], 16: [64, 120] } },
};

/** Whether FC sells so much beside the card: GB of memory in steps of 4. */
export function standsBeside({ beside }: Card, cpu: number, memoryMb: number): boolean {
  const [least, most] = beside[cpu] ?? [Infinity, 0];
  const gigabytes = memoryMb / 1024;
  return gigabytes >= least && gigabytes <= most && gigabytes % 4 === 0;
}
