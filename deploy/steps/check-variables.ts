import { join } from 'node:path';
import { render } from '../../local/fc/render.ts';
import { tellRoom } from '../connections/room.ts';
import { usesOf } from '../connections/uses.ts';
import { checkEnvironment } from '../environment/check-environment.ts';
import { PROFILES, type Profile } from '../environment/profiles.ts';
import { oversized } from '../environment/variables-size.ts';
import { Refusal } from '../refusal.ts';
import { MIGRATION_FILE } from './migrate-database.ts';

interface Question {
  /** Where s.yaml is. */
  directory: string;
  environment: Record<string, string>;
  profile: Profile;
  migrate: 'inside' | 'here';
  isFirst: boolean;
}

/**
 * Looks at what is to be filled in, and at what comes of it. Gives what is still to be done later, and what the
 * database must have: whether it has, only the database can say. @throws Refusal
 */
export async function checkVariables(question: Question): Promise<string> {
  const { directory, environment, profile, migrate, isFirst } = question;
  const { problems, notes } = checkEnvironment(profile, environment, { isFirst });
  refuseFor(profile, problems);
  // What is not right by itself could not be filled in.
  const filledIn = (file: string) => render(join(directory, file), environment);
  const bundle = await filledIn(PROFILES[profile]);
  const besides = migrate === 'here' ? [] : await filledIn(MIGRATION_FILE);
  refuseFor(profile, oversized([...besides, ...bundle]));
  return [...notes, tellRoom(usesOf(bundle, environment.DATABASE_URL!))].join('\n');
}

function refuseFor(profile: Profile, problems: readonly string[]): void {
  if (problems.length === 0) return;
  const lines = problems.map((each) => `  ${each}\n`).join('');
  throw new Refusal(`it is not right for the profile ${profile}:\n${lines}`);
}
