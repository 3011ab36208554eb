import type { PlannedFault } from './faults.ts';
import type { Records } from './records.ts';
import type { Shelf } from './shelf.ts';
import type { SignedLinks } from './signed-links.ts';
import type { Tokens } from './tokens.ts';

/** What the two servers share. */
export interface RegistryState {
  cdnOrigin: string;
  shelf: Shelf;
  tokens: Tokens;
  links: SignedLinks;
  records: Records;
  faults: readonly PlannedFault[];
}
