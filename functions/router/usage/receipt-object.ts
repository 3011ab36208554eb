import type { OwnReceipt } from '#shared/ledger/own-receipt.ts';

/** A receipt as its consumer sees it, in the words of `docs/api.md`. */
export const receiptObject = (receipt: OwnReceipt) => ({
  object: 'receipt',
  id: receipt.requestId,
  model: receipt.model,
  status: receipt.status,
  final: receipt.final,
  source: receipt.source,
  tokens: {
    prompt: {
      estimated: receipt.promptEstimated,
      held: receipt.promptHeld,
      reported: receipt.promptReported,
      charged: receipt.promptCharged,
    },
    output: {
      held: receipt.outputHeld,
      reported: receipt.outputReported,
      counted: receipt.outputCounted,
      charged: receipt.outputCharged,
    },
  },
  uncharged: receipt.uncharged,
  cost_micro_yuan: receipt.cost,
  price: priceOf(receipt),
  attempts: receipt.attempts.map(({ upstreamId, failure }) => ({
    upstream: opaque(upstreamId),
    ...(failure !== null && { failure }),
  })),
  upstream: opaque(receipt.upstreamId),
  reason: receipt.reason,
  user: receipt.endUser,
  tag: receipt.tag,
  admitted_at: receipt.admittedAt,
  closed_at: receipt.closedAt,
  first_token_ms: receipt.firstTokenMs,
  total_ms: receipt.totalMs,
});

const priceOf = ({ priceVersion, priceInput, priceOutput }: OwnReceipt) =>
  priceVersion === null ? null : { version: priceVersion, input: priceInput, output: priceOutput };

/** As `x-gateway-backend` shows it. */
const opaque = (upstreamId: number | null) => (upstreamId === null ? null : `u${upstreamId}`);
