/** What may be said of a model that is made. */
interface Additions {
  template?: string;
  system?: string;
  parameters?: Record<string, unknown>;
}

export interface PullWish extends Additions {
  model: string;
  /** `registry`, `mirror` or `oss://bucket/key`; absent: as model-pull is set up. */
  source?: string;
}

export interface CreateWish extends Additions {
  model: string;
  from: string;
  license?: string[];
  /** Its answers begin with a thought, whatever the caller wants. */
  think?: 'always';
}
