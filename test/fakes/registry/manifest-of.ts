import { LAYER_PREFIX, MANIFEST_TYPE } from '#shared/protocol/registry/manifest.ts';
import type { Content } from './content.ts';

export interface ManifestBlob {
  mediaType: string;
  digest: string;
  size: number;
}

export interface ManifestJson {
  schemaVersion: number;
  mediaType: string;
  config: ManifestBlob;
  layers: ManifestBlob[];
}

/** A layer by the last word of its media type: `model`, `template`, `params`, … */
export interface Layer {
  kind: string;
  content: Content;
}

export interface ModelParts {
  layers: readonly Layer[];
  config: Content;
}

const CONFIG_TYPE = 'application/vnd.docker.container.image.v1+json';

export const manifestOf = ({ layers, config }: ModelParts): ManifestJson => ({
  schemaVersion: 2,
  mediaType: MANIFEST_TYPE,
  config: { mediaType: CONFIG_TYPE, digest: config.digest, size: config.size },
  layers: layers.map(({ kind, content: { digest, size } }) => ({
    mediaType: LAYER_PREFIX + kind,
    digest,
    size,
  })),
});
