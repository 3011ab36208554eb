import type { ownLimits } from '#shared/ledger/own-limits.ts';
import type { receiptObject } from '../../functions/router/usage/receipt-object.ts';
import type { Tenant } from './tenant.ts';

type Receipt = ReturnType<typeof receiptObject>;
type Limit = Omit<Awaited<ReturnType<typeof ownLimits>>[number], 'resetsAt'> & { resets_at: string | null };

/** What a tenant is told of its limits, read as any client of the SDK would. */
export async function limitsOf({ client }: Pick<Tenant, 'client'>): Promise<Limit[]> {
  const { limits } = await client.get<{ limits: Limit[] }>('/usage');
  return limits;
}

/** The receipt of a call, or what is known of it while it runs. */
export const receiptOf = ({ client }: Pick<Tenant, 'client'>, requestId: string | null | undefined) =>
  client.get<Receipt>(`/usage/${requestId}`);
