import { readFile } from 'node:fs/promises';
import * as z from 'zod';

const BOARD = new URL('../../observability/grafana/dashboards/sublet.json', import.meta.url);

const Source = z.object({ type: z.literal('prometheus'), uid: z.string().regex(/^\$\{datasource\}$/) });
export const Board = z.object({
  uid: z.literal('sublet'),
  schemaVersion: z.literal(39),
  templating: z.object({
    list: z.array(z.object({ name: z.string(), type: z.enum(['datasource', 'query']), query: z.string() })),
  }),
  panels: z.array(
    z.object({
      id: z.number(),
      title: z.string(),
      datasource: Source.optional(),
      gridPos: z.object({ x: z.number(), y: z.number(), w: z.number(), h: z.number() }),
      targets: z
        .array(
          z.object({ refId: z.string(), datasource: Source, expr: z.string(), legendFormat: z.string() }),
        )
        .default([]),
    }),
  ),
});
export type Board = z.infer<typeof Board>;

export const readBoard = async (): Promise<Board> => Board.parse(JSON.parse(await readFile(BOARD, 'utf8')));

/** A query as Grafana sends it, with all models and a range that has data in it. */
export const asSent = (expr: string) => expr.replaceAll('$__rate_interval', '5m').replaceAll('$model', '.*');
