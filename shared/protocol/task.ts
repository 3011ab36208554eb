import type { Demand, Image, Prompt, Sampling } from './prompt.ts';

/** What a model is asked to do. Reading it in full is left to whoever needs it. @throws GatewayError when a field is wrong. */
export type Task =
  | { kind: 'chat'; read(): Prompt }
  | { kind: 'generate'; read(): GeneratePrompt }
  | { kind: 'embed'; read(): EmbedPrompt };

/** A text to go on with, without turns of a conversation. */
export interface GeneratePrompt {
  text: string;
  /** What comes after the gap that the model fills. */
  suffix?: string;
  system?: string;
  images: Image[];
  /** The text is given to the model as it stands, without the model's template. */
  raw: boolean;
  sampling: Sampling;
  outputCap?: number;
  format?: NonNullable<Prompt['format']>;
  thinking?: NonNullable<Prompt['thinking']>;
  contextTokens?: number;
  demands: Demand[];
}

/** Texts to turn into vectors, one each. */
export interface EmbedPrompt {
  texts: string[];
  /** The length of each vector; absent = the model's own. */
  dimensions?: number;
  /** A text that is too long may be cut; else it is an error. */
  truncate: boolean;
  demands: Demand[];
}
