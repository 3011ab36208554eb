/** What can be deployed, each by its file beside s.yaml: docs/deploy.md says which is for whom. */
export const PROFILES = { small: 's-small.yaml', gpu: 's.yaml', gpus: 's-gpus.yaml' } as const;
export type Profile = keyof typeof PROFILES;

/** The image of LobeChat, by its major version; `none`: it is not deployed. */
export type LobeChat = '1' | '2' | 'none';

/** What of the bundle is deployed, which decides what must be known. */
export interface Choice {
  profile: Profile;
  lobechat: LobeChat;
}
