import { type Receipt, readReceipt } from '#shared/reports/receipt.ts';
import { showKind } from '#shared/tenancy/limit-wish.ts';
import { showYuan } from '#shared/tenancy/yuan.ts';
import { act } from '../act.ts';
import { command } from '../group.ts';
import { card, table } from '../table.ts';
import { localTime, named, ofMetric } from '../words.ts';

export const receiptCommand = () =>
  command('receipt', 'The record of one call.', 'usage receipt req_0198f2c0a1b27c3d8e4f5a6b7c8d9e0f')
    .argument('<request id>', 'as in the answer’s x-request-id, or as a UUID')
    .action(
      act<object, [string]>(async ({ db, words: [requestId] }) => {
        const receipt = await readReceipt(db, requestId);
        return { json: { receipt }, text: `${receiptCard(receipt)}${lineTable(receipt)}` };
      }),
    );

const receiptCard = (receipt: Receipt) =>
  card([
    ['request', receipt.requestId],
    ['consumer', named(receipt.consumer)],
    ['key', named(receipt.key)],
    ['model', receipt.model],
    ['upstream', receipt.upstream],
    ['outcome', `${receipt.outcome}${receipt.final ? '' : ', not final yet'}`],
    ['reason', receipt.reason],
    ['prompt', `${receipt.prompt} tokens`],
    ['output', `${receipt.output} tokens (${receipt.source})`],
    ['cost', `${showYuan(receipt.cost)} yuan (price ${receipt.priceVersion})`],
    ['uncharged', receipt.uncharged],
    ['admitted', `${localTime(receipt.admittedAt, receipt.timeZone)} ${receipt.timeZone}`],
    ['first token', inMs(receipt.firstTokenMs)],
    ['all of it', inMs(receipt.totalMs)],
    ['end user', receipt.endUser],
    ['tag', receipt.tag],
  ]);

const inMs = (ms: number | null) => (ms === null ? null : `${ms} ms`);

const lineTable = ({ lines, timeZone }: Receipt) =>
  lines.length === 0
    ? '\nIt was under no limit.\n'
    : `\n${table(
        ['LIMIT', 'OF', 'TAKEN', 'IN THE WINDOW OF'],
        lines.map((line) => [
          showKind(line),
          `${line.owner.kind} ${named(line.owner)}`,
          ofMetric(line, line.amount),
          line.window === 'minute' || line.window === 'open' ? '' : localTime(line.startsAt, timeZone),
        ]),
      )}`;
