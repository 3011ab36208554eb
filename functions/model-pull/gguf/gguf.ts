/** What the head of a GGUF file says (reference: ggml/docs/gguf.md). */
export interface Gguf {
  metadata: ReadonlyMap<string, GgufValue>;
  tensorCount: number;
  parameterCount: number;
}

export type GgufScalar = string | number | boolean;
/** `null` is an array that was passed over because it is long: a vocabulary has 100,000 entries. */
export type GgufValue = GgufScalar | GgufScalar[] | null;

export const architectureOf = (gguf: Gguf): string => stringOf(gguf, 'general.architecture') ?? 'unknown';

/** A value of this architecture: `context_length` is `llama.context_length` in a llama's file. */
export const ownValue = (gguf: Gguf, key: string): GgufValue | undefined =>
  gguf.metadata.get(`${architectureOf(gguf)}.${key}`);

export const contextLengthOf = (gguf: Gguf): number | undefined => numberOf(ownValue(gguf, 'context_length'));
export const embeddingLengthOf = (gguf: Gguf): number | undefined =>
  numberOf(ownValue(gguf, 'embedding_length'));

/** The Jinja template that Ollama may take instead of the Go template. */
export const chatTemplateOf = (gguf: Gguf): string => stringOf(gguf, 'tokenizer.chat_template') ?? '';

export const fileTypeOf = (gguf: Gguf): string => {
  const type = numberOf(gguf.metadata.get('general.file_type'));
  return (type !== undefined && FILE_TYPES.get(type)) || 'unknown';
};

/** The numbers of llama.cpp's `llama_ftype` (reference: ollama/fs/gguf/file_type.go); 4 is Ollama's own MXFP4. */
const FILE_TYPES = new Map<number, string>([
  ...numbered(0, 'F32 F16 Q4_0 Q4_1 MXFP4'),
  ...numbered(7, 'Q8_0 Q5_0 Q5_1 Q2_K Q3_K_S Q3_K_M Q3_K_L Q4_K_S Q4_K_M Q5_K_S Q5_K_M Q6_K'),
  ...numbered(
    19,
    'IQ2_XXS IQ2_XS Q2_K_S IQ3_XS IQ3_XXS IQ1_S IQ4_NL IQ3_S IQ3_M IQ2_S IQ2_M IQ4_XS IQ1_M BF16',
  ),
  ...numbered(36, 'TQ1_0 TQ2_0 MXFP4_MOE NVFP4 Q1_0'),
]);

function numbered(first: number, names: string): [number, string][] {
  return names.split(' ').map((name, index) => [first + index, name]);
}

/** `8.0B`, `494.03M`, `120K`, as Ollama writes it (reference: ollama/format/format.go `HumanNumber`). */
export function sizeLabel(count: number): string {
  if (count >= 1e9) return `${rounded(count / 1e9, 1)}B`;
  if (count >= 1e6) return `${rounded(count / 1e6, 2)}M`;
  return count >= 1e3 ? `${(count / 1e3).toFixed(0)}K` : String(count);
}

const rounded = (value: number, digits: number) =>
  Number.isInteger(value) ? String(value) : value.toFixed(digits);

const stringOf = ({ metadata }: Gguf, key: string) => {
  const value = metadata.get(key);
  return typeof value === 'string' ? value : undefined;
};
const numberOf = (value: GgufValue | undefined) => (typeof value === 'number' ? value : undefined);
