import * as z from 'zod';
import {
  Completed,
  count,
  Incomplete,
  InProgress,
  id,
  OutputItem,
  OutputText,
  SummaryText,
} from './openai-responses.ts';

const place = { sequence_number: count, item_id: id, output_index: count };
const inText = { ...place, content_index: z.literal(0) };
const inSummary = { ...place, summary_index: z.literal(0) };
const aResponse = { sequence_number: count };
const anItem = { sequence_number: count, output_index: count, item: OutputItem };
const noLogprobs = z.tuple([]);

/** An event of a response's stream (OpenAI's API reference). */
export const ResponseEvent = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('response.created'), ...aResponse, response: InProgress }),
  z.strictObject({ type: z.literal('response.in_progress'), ...aResponse, response: InProgress }),
  z.strictObject({ type: z.literal('response.completed'), ...aResponse, response: Completed }),
  z.strictObject({ type: z.literal('response.incomplete'), ...aResponse, response: Incomplete }),
  z.strictObject({ type: z.literal('response.output_item.added'), ...anItem }),
  z.strictObject({ type: z.literal('response.output_item.done'), ...anItem }),
  z.strictObject({ type: z.literal('response.content_part.added'), ...inText, part: OutputText }),
  z.strictObject({ type: z.literal('response.content_part.done'), ...inText, part: OutputText }),
  z.strictObject({
    type: z.literal('response.output_text.delta'),
    ...inText,
    delta: z.string(),
    logprobs: noLogprobs,
  }),
  z.strictObject({
    type: z.literal('response.output_text.done'),
    ...inText,
    text: z.string(),
    logprobs: noLogprobs,
  }),
  z.strictObject({
    type: z.literal('response.reasoning_summary_part.added'),
    ...inSummary,
    part: SummaryText,
  }),
  z.strictObject({
    type: z.literal('response.reasoning_summary_part.done'),
    ...inSummary,
    part: SummaryText,
  }),
  z.strictObject({
    type: z.literal('response.reasoning_summary_text.delta'),
    ...inSummary,
    delta: z.string(),
  }),
  z.strictObject({ type: z.literal('response.reasoning_summary_text.done'), ...inSummary, text: z.string() }),
  z.strictObject({ type: z.literal('response.function_call_arguments.delta'), ...place, delta: z.string() }),
  z.strictObject({
    type: z.literal('response.function_call_arguments.done'),
    ...place,
    name: id,
    arguments: z.string(),
  }),
]);
